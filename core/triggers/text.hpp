// The settings of triggers as text, for describe() and for messages, and the checks that all triggers share.
#pragma once

#include <optional>
#include <string>

#include "core/time/instant.hpp"

namespace uvsched {

// For describe(): "" or ", jitter 5 s"; "" or ", Europe/Madrid".
[[nodiscard]] std::string jitter_text(Micros jitter);
[[nodiscard]] std::string zone_text(const std::string& timezone);

// For describe(): "", " from 2026-01-01T00:00:00Z", " until 2026-02-01T00:00:00Z", or both.
[[nodiscard]] std::string window_text(std::optional<Instant> start_at, std::optional<Instant> end_at);

// Throws Error(invalid) if the end is before the start.
void check_window(std::optional<Instant> start_at, std::optional<Instant> end_at);

// Throws Error(invalid) if the jitter is negative, or longer than the years 1970 to 2199.
void check_jitter(Micros jitter);

}  // namespace uvsched
