// How triggers speak of spans and settings: to people, and in messages.
#pragma once

#include <string>

#include "core/time/instant.hpp"

namespace uvsched {

// In the largest unit that divides it: "10 s", "90 min", "250 ms", "7 us".
[[nodiscard]] std::string span_text(Micros span);

// What describe() adds: "" or ", jitter 5 s"; "" or ", Europe/Madrid".
[[nodiscard]] std::string jitter_text(Micros jitter);
[[nodiscard]] std::string zone_text(const std::string& timezone);

// Throws Error(invalid) for a jitter that is negative, or beyond all schedules.
void check_jitter(Micros jitter);

}  // namespace uvsched
