// Spans of time as people read them.
#pragma once

#include <string>

#include "core/time/instant.hpp"

namespace uvsched {

// The span in the largest unit that divides it: "10 s", "90 min", "250 ms", "7 us".
[[nodiscard]] std::string span_text(Micros span);

// The span rounded down to seconds, minutes, hours or days, in the largest unit that it has at least two of: "119 s",
// "3 min", "400 d".
[[nodiscard]] std::string rough_text(Micros span);

}  // namespace uvsched
