// DateTrigger: due once, at an instant; without an instant, at the moment of adding.
#pragma once

#include "core/triggers/trigger.hpp"

namespace uvsched {

struct DateOptions {
    std::optional<Instant> run_at{};  // nullopt: at the anchor
    std::string timezone{};           // as spelt by the user; empty if none was given
    Micros jitter = 0;
    std::optional<Instant> start_at{};  // an instant outside [start_at, end_at] never runs
    std::optional<Instant> end_at{};
};

// Throws Error(invalid) for a negative jitter, an end before the start, or an instant outside 1970 to 2199.
[[nodiscard]] TriggerPtr make_date_trigger(const DateOptions& options);

}  // namespace uvsched
