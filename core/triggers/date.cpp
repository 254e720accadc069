#include "core/triggers/date.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/text.hpp"

namespace uvsched {
namespace {

class DateTrigger final : public Trigger {
public:
    explicit DateTrigger(DateOptions options) : options_(std::move(options)) {}

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::date; }

    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const override {
        const Instant time = options_.run_at.value_or(anchor);
        return time > after && within(time) ? std::optional(time) : std::nullopt;
    }

    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const override {
        const Instant time = options_.run_at.value_or(anchor);
        return time < before && within(time) ? std::optional(time) : std::nullopt;
    }

    [[nodiscard]] std::optional<Instant> explicit_date() const override {
        return options_.run_at && within(*options_.run_at) ? options_.run_at : std::nullopt;
    }
    [[nodiscard]] std::optional<TimeZone> zone() const override { return zone_named(options_.timezone); }
    [[nodiscard]] Micros jitter() const noexcept override { return options_.jitter; }
    [[nodiscard]] std::optional<Instant> end_at() const noexcept override { return options_.end_at; }

    [[nodiscard]] nlohmann::json to_json() const override {
        nlohmann::json out = {{"type", "date"}};
        if (options_.run_at) out["run_at"] = format_utc(*options_.run_at);
        put_common(out, {.timezone = options_.timezone,
                         .zone = {},
                         .jitter = options_.jitter,
                         .start_at = options_.start_at,
                         .end_at = options_.end_at});
        return out;
    }

    [[nodiscard]] std::string describe() const override {
        const std::string when = options_.run_at ? "once at " + format_utc(*options_.run_at) : "once, when added";
        return when + window_text(options_.start_at, options_.end_at) + jitter_text(options_.jitter) +
               zone_text(options_.timezone);
    }

private:
    [[nodiscard]] bool within(Instant time) const {
        return time < kHorizon && time >= options_.start_at.value_or(kEarliest) &&
               time <= options_.end_at.value_or(kLatest);
    }

    DateOptions options_;
};

}  // namespace

TriggerPtr make_date_trigger(const DateOptions& options) {
    check_jitter(options.jitter);
    check_window(options.start_at, options.end_at);
    if (options.run_at && (*options.run_at < 0 || *options.run_at >= kHorizon)) {
        fail(Code::invalid, "run_at: " + format_utc(*options.run_at) + " is not in the years 1970 to 2199");
    }
    return std::make_shared<DateTrigger>(options);
}

}  // namespace uvsched
