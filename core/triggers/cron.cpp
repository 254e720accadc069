#include "core/triggers/cron.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/name.hpp"
#include "core/base/quote.hpp"
#include "core/triggers/cron/keywords.hpp"
#include "core/triggers/cron/letters.hpp"
#include "core/triggers/cron/parser.hpp"
#include "core/triggers/cron/reboot.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/text.hpp"

namespace uvsched {
namespace {

const char* keyword_name(std::size_t i) { return kCronKeywordFields[i].name; }

class CronTrigger final : public Trigger {
public:
    // `options` are canonical; no fields: an `H` is not settled yet.
    CronTrigger(CronOptions options, const std::optional<CronFields>& fields) : options_(std::move(options)) {
        if (fields) schedule_.emplace(*fields, options_.zone, options_.gap, options_.overlap);
    }

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::cron; }

    [[nodiscard]] std::optional<Instant> next(Instant after, Instant) const override {
        if (options_.start_at) after = std::max(after, saturating_sub(*options_.start_at, 1));
        const auto time = schedule().next(after);
        return time && time <= options_.end_at.value_or(kLatest) ? time : std::nullopt;
    }

    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant) const override {
        if (options_.end_at) before = std::min(before, saturating_add(*options_.end_at, 1));
        const auto time = schedule().previous(before);
        return time && time >= options_.start_at.value_or(kEarliest) ? time : std::nullopt;
    }

    [[nodiscard]] Why why(Instant time, Instant) const override { return schedule().why(time); }

    [[nodiscard]] TriggerPtr with_key(const std::string& key) const override {
        if (schedule_ || key.empty()) return nullptr;
        CronOptions options = options_;
        options.key = key;
        return make_cron_trigger(options);
    }

    [[nodiscard]] std::optional<TimeZone> zone() const override { return options_.zone; }
    [[nodiscard]] Micros jitter() const noexcept override { return options_.jitter; }
    [[nodiscard]] std::optional<Instant> end_at() const noexcept override { return options_.end_at; }

    [[nodiscard]] nlohmann::json to_json() const override {
        nlohmann::json out = {{"type", "cron"}};
        if (options_.expression) out["expression"] = *options_.expression;
        for_each_keyword([&](const char* name, const std::string& text) { out[name] = text; });
        if (options_.gap == CronGap::skip) out["gap"] = "skip";
        if (options_.overlap == CronOverlap::both) out["overlap"] = "both";
        put_common(out, {.timezone = options_.zone.name(),
                         .jitter = options_.jitter,
                         .start_at = options_.start_at,
                         .end_at = options_.end_at});
        if (!options_.key.empty()) out["key"] = options_.key;
        return out;
    }

    [[nodiscard]] std::string describe() const override {
        std::string out = "cron " + options_.expression.value_or("");
        for_each_keyword([&](const char* name, const std::string& text) {
            const bool plain = std::none_of(text.begin(), text.end(), is_blank);
            out += (out.back() == ' ' ? "" : " ") + std::string(name) + "=" + (plain ? text : in_quotes(text));
        });
        out += " " + options_.zone.name() + window_text(options_.start_at, options_.end_at);
        if (options_.gap == CronGap::skip) out += ", gaps skipped";
        if (options_.overlap == CronOverlap::both) out += ", both passes of overlaps";
        out += jitter_text(options_.jitter);
        return options_.key.empty() ? out : out + ", key " + in_quotes(options_.key);
    }

private:
    template <class Call>
    void for_each_keyword(Call call) const {
        if (!options_.keywords) return;
        const auto texts = keyword_texts(*options_.keywords);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (*texts[i]) call(keyword_name(i), **texts[i]);
        }
    }

    [[nodiscard]] const CronSchedule& schedule() const {
        if (schedule_) return *schedule_;
        fail(Code::invalid,
             "key: missing; the H in " + in_quotes(*options_.expression) + " needs a key, such as the task's id");
    }

    CronOptions options_;
    std::optional<CronSchedule> schedule_;
};

void trim(std::optional<std::string>& text) {
    if (!text) return;
    while (!text->empty() && is_blank(text->back())) text->pop_back();
    text->erase(text->begin(), std::find_if_not(text->begin(), text->end(), is_blank));
}

// `options` are checked, but for the rule itself.
TriggerPtr from_keywords(CronOptions options) {
    if (!options.keywords) options.keywords.emplace();
    const CronFields fields = parse_keywords(*options.keywords);
    CronKeywords& texts = *options.keywords;
    for (auto* text : {&texts.year, &texts.month, &texts.day, &texts.week, &texts.day_of_week, &texts.hour,
                       &texts.minute, &texts.second}) {
        trim(*text);
    }
    options.key.clear();
    return std::make_shared<CronTrigger>(std::move(options), fields);
}

TriggerPtr from_expression(CronOptions options) {
    if (options.keywords) {
        const auto texts = keyword_texts(*options.keywords);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (!*texts[i]) continue;
            fail(Code::invalid,
                 "expression: given together with " + std::string(keyword_name(i)) + "; give only one of the two");
        }
        options.keywords.reset();
    }
    CronRule rule = parse_cron(*options.expression, options.key);
    if (rule.reboot) return make_reboot_trigger(options);
    options.expression = std::move(rule.text);
    if (!rule.hashed) options.key.clear();
    if (rule.hashed && options.key.empty()) {
        return std::make_shared<CronTrigger>(std::move(options), std::nullopt);
    }
    return std::make_shared<CronTrigger>(std::move(options), rule.fields);
}

}  // namespace

TriggerPtr make_cron_trigger(const CronOptions& options) {
    check_jitter(options.jitter);
    check_utf8("key", options.key);
    check_window(options.start_at, options.end_at);
    return options.expression ? from_expression(options) : from_keywords(options);
}

}  // namespace uvsched
