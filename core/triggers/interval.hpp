// IntervalTrigger: due every n microseconds of elapsed time; changes of the local clock do not stretch or shrink it.
#pragma once

#include "core/triggers/trigger.hpp"

namespace uvsched {

struct IntervalOptions {
    Micros period = 0;
    std::optional<Instant>
        start_at{};  // nominal times are start_at + k * period, k >= 0; without: anchor + k * period, k >= 1
    std::optional<Instant> end_at{};  // inclusive
    std::string timezone{};           // as spelt by the user; empty if none was given
    Micros jitter = 0;
};

// Throws Error(invalid) for a period that is not positive, or longer than the years 1970 to 2199.
void check_period(Micros period);

// Throws Error(invalid) like check_period(), and for a negative jitter or an end before the start.
[[nodiscard]] TriggerPtr make_interval_trigger(const IntervalOptions& options);

}  // namespace uvsched
