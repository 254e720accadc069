// Instants and spans: signed 64-bit microseconds, UTC for instants.
#pragma once

#include <cstdint>
#include <string>

namespace uvsched {

using Micros = std::int64_t;   // a span
using Instant = std::int64_t;  // microseconds since 1970-01-01T00:00:00Z

inline constexpr Micros kMillisecond = 1'000;
inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;
inline constexpr Micros kDay = 24 * kHour;

// No trigger fires at or after this instant (2200-01-01T00:00:00Z).
inline constexpr Instant kHorizon = 7'258'118'400LL * kSecond;
inline constexpr Instant kEarliest = INT64_MIN;
inline constexpr Instant kLatest = INT64_MAX;

// Sums that stick at the ends of the range instead of overflowing.
[[nodiscard]] constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a < 0 ? INT64_MIN : INT64_MAX;
}
[[nodiscard]] constexpr std::int64_t saturating_sub(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t difference = 0;
    if (!__builtin_sub_overflow(a, b, &difference)) return difference;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

// "2026-03-29T01:30:00Z", with ".ffffff" if there are microseconds. Takes any int64.
[[nodiscard]] std::string format_utc(Instant instant);

}  // namespace uvsched
