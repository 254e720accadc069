// DateTrigger: once, at an instant; without one, at the moment of adding.
#pragma once

#include "core/triggers/trigger.hpp"

namespace uvsched {

struct DateOptions {
    std::optional<Instant> run_at{};  // nothing: at the anchor
    std::string timezone{};           // as spelt by the user; empty when none was given
    Micros jitter = 0;
};

// Throws Error(invalid) for a negative jitter or an instant outside 1970 to 2199.
[[nodiscard]] TriggerPtr make_date_trigger(const DateOptions& options);

}  // namespace uvsched
