// IntervalTrigger: every n microseconds of elapsed UTC time, so that DST neither stretches nor shrinks it.
#pragma once

#include "core/triggers/trigger.hpp"

namespace uvsched {

struct IntervalOptions {
    Micros period = kSecond;
    std::optional<Instant>
        start_at{};  // nominal times are start_at + k * period, k >= 0; without: anchor + k * period, k >= 1
    std::optional<Instant> end_at{};  // inclusive
    std::string timezone{};           // as spelt by the user; empty when none was given
    Micros jitter = 0;
};

// Throws Error(invalid): period < 1, negative jitter, an end before the start.
[[nodiscard]] TriggerPtr make_interval_trigger(const IntervalOptions& options);

}  // namespace uvsched
