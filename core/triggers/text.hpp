// How triggers speak of spans and settings: to people, and in messages.
#pragma once

#include <optional>
#include <string>

#include "core/time/instant.hpp"

namespace uvsched {

// In the largest unit that divides it: "10 s", "90 min", "250 ms", "7 us".
[[nodiscard]] std::string span_text(Micros span);

// What describe() adds: "" or ", jitter 5 s"; "" or ", Europe/Madrid".
[[nodiscard]] std::string jitter_text(Micros jitter);
[[nodiscard]] std::string zone_text(const std::string& timezone);

// The same for a window: "", " from 2026-01-01T00:00:00Z", " until 2026-02-01T00:00:00Z", or both.
[[nodiscard]] std::string window_text(std::optional<Instant> start_at, std::optional<Instant> end_at);

// Throws Error(invalid) for an end before the start.
void check_window(std::optional<Instant> start_at, std::optional<Instant> end_at);

// Throws Error(invalid) for a jitter that is negative, or beyond all schedules.
void check_jitter(Micros jitter);

}  // namespace uvsched
