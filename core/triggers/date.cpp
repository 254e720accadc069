#include "core/triggers/date.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.hpp"
#include "core/triggers/span_json.hpp"
#include "core/triggers/text.hpp"

namespace uvsched {
namespace {

class DateTrigger final : public Trigger {
public:
    explicit DateTrigger(DateOptions options) : options_(std::move(options)) {}

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::date; }

    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const override {
        const Instant time = options_.run_at.value_or(anchor);
        return time > after && time < kHorizon ? std::optional(time) : std::nullopt;
    }

    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const override {
        const Instant time = options_.run_at.value_or(anchor);
        return time < before && time < kHorizon ? std::optional(time) : std::nullopt;
    }

    [[nodiscard]] std::optional<Instant> explicit_date() const override { return options_.run_at; }
    [[nodiscard]] Micros jitter() const noexcept override { return options_.jitter; }

    [[nodiscard]] nlohmann::json to_json() const override {
        nlohmann::json out = {{"type", "date"}};
        if (options_.run_at) out["run_at"] = format_utc(*options_.run_at);
        if (!options_.timezone.empty()) out["timezone"] = options_.timezone;
        if (options_.jitter != 0) out["jitter"] = seconds_json(options_.jitter);
        return out;
    }

    [[nodiscard]] std::string describe() const override {
        const std::string when = options_.run_at ? "once at " + format_utc(*options_.run_at) : "once, when added";
        return when + jitter_text(options_.jitter) + zone_text(options_.timezone);
    }

private:
    DateOptions options_;
};

}  // namespace

TriggerPtr make_date_trigger(const DateOptions& options) {
    check_jitter(options.jitter);
    if (options.run_at && (*options.run_at < 0 || *options.run_at >= kHorizon)) {
        fail(Code::invalid, "run_at: " + format_utc(*options.run_at) + " does not lie in 1970 to 2199");
    }
    return std::make_shared<DateTrigger>(options);
}

}  // namespace uvsched
