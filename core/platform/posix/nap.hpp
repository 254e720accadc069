// How a sleep until a time of the wall clock is cut into naps, where the system does not tell that the clock was set.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace uvsched {

// No nap is longer, so that this is how long a step of the wall clock goes unnoticed.
inline constexpr std::chrono::milliseconds kLongestNap{1'000};

// From `wall` towards `until`, both in microseconds: rounded up, because sleeping until a time that has not quite come
// would mean to turn round at once.
[[nodiscard]] constexpr std::chrono::milliseconds next_nap(std::int64_t until, std::int64_t wall) noexcept {
    if (until <= wall) return std::chrono::milliseconds(0);
    if (until >= wall + kLongestNap.count() * 1'000) return kLongestNap;
    return std::chrono::milliseconds((until - wall + 999) / 1'000);
}

// The two clocks at about one moment.
struct ClockPair {
    std::int64_t wall = 0;
    std::int64_t shift = 0;  // wall time less elapsed time
    std::int64_t doubt = 0;  // by how much the shift may be wrong
};

// Whether the wall clock was set since the shift was `before`. A millisecond is no step: clocks are disciplined.
[[nodiscard]] constexpr bool was_set(std::int64_t before, const ClockPair& now) noexcept {
    const std::int64_t change = now.shift - before;
    return change >= 1'000 + now.doubt || change <= -1'000 - now.doubt;
}

}  // namespace uvsched
