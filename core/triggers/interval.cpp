#include "core/triggers/interval.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/json/span.hpp"
#include "core/time/span_text.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/text.hpp"

namespace uvsched {
namespace {

// How far apart two instants are, where to >= from; the whole int64 line fits.
std::uint64_t distance(Instant from, Instant to) {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

class IntervalTrigger final : public Trigger {
public:
    explicit IntervalTrigger(const IntervalOptions& options)
        : options_(options), last_(std::min(options.end_at.value_or(kLatest), kHorizon - 1)) {}

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::interval; }

    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const override {
        const auto first = first_time(anchor);
        if (!first || after >= last_) return std::nullopt;
        if (after < *first) return first;
        const std::uint64_t gap = period() - distance(*first, after) % period();
        if (gap > distance(after, last_)) return std::nullopt;
        return after + static_cast<Micros>(gap);
    }

    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const override {
        const auto first = first_time(anchor);
        if (!first || before <= *first) return std::nullopt;
        const Instant limit = std::min(before - 1, last_);
        return limit - static_cast<Micros>(distance(*first, limit) % period());
    }

    [[nodiscard]] Count count(Instant first, Instant last, Instant anchor, std::int64_t limit) const override {
        const auto grid = first_time(anchor);
        if (!grid) return {};
        const Instant from = std::max(first, *grid);
        const Instant to = std::min(last, last_);
        if (from > to) return {};
        // Times up to `to` less times before `from`, both counted from the first of the grid.
        const std::uint64_t before = from == *grid ? 0 : distance(*grid, from - 1) / period() + 1;
        const std::uint64_t number = distance(*grid, to) / period() + 1 - before;
        const bool exact = number <= static_cast<std::uint64_t>(std::max<std::int64_t>(limit, 0));
        return {exact ? static_cast<std::int64_t>(number) : std::max<std::int64_t>(limit, 0), exact};
    }

    [[nodiscard]] bool elapsed() const noexcept override { return !options_.start_at; }
    [[nodiscard]] std::optional<TimeZone> zone() const override { return zone_named(options_.timezone); }
    [[nodiscard]] Micros jitter() const noexcept override { return options_.jitter; }
    [[nodiscard]] std::optional<Instant> end_at() const noexcept override { return options_.end_at; }
    [[nodiscard]] Micros plain_period() const noexcept override {
        return options_.end_at || options_.jitter != 0 || options_.period >= kHorizon ? 0 : options_.period;
    }

    [[nodiscard]] nlohmann::json to_json() const override {
        nlohmann::json out = {{"type", "interval"}};
        put_span(out, options_.period);
        put_common(out, {.timezone = options_.timezone,
                         .zone = {},
                         .jitter = options_.jitter,
                         .start_at = options_.start_at,
                         .end_at = options_.end_at});
        return out;
    }

    [[nodiscard]] std::string describe() const override {
        return "interval of " + span_text(options_.period) + window_text(options_.start_at, options_.end_at) +
               jitter_text(options_.jitter) + zone_text(options_.timezone);
    }

private:
    [[nodiscard]] std::uint64_t period() const { return static_cast<std::uint64_t>(options_.period); }

    // start_at itself, else one period after the anchor; nullopt if that is beyond the last possible time.
    [[nodiscard]] std::optional<Instant> first_time(Instant anchor) const {
        const Instant first = options_.start_at ? *options_.start_at : saturating_add(anchor, options_.period);
        return first <= last_ ? std::optional(first) : std::nullopt;
    }

    IntervalOptions options_;
    Instant last_;  // the latest instant that may be a time
};

}  // namespace

void check_period(Micros period) {
    if (period < 1) fail(Code::invalid, "interval: " + span_text(period) + " is less than 1 us");
    if (period > kHorizon)
        fail(Code::invalid, "interval: " + span_text(period) + " is longer than the years 1970 to 2199");
}

TriggerPtr make_interval_trigger(const IntervalOptions& options) {
    check_jitter(options.jitter);
    check_period(options.period);
    check_window(options.start_at, options.end_at);
    return std::make_shared<IntervalTrigger>(options);
}

}  // namespace uvsched
