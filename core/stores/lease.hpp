// How long a node of a store may be silent before the others declare it dead.
#pragma once

#include <algorithm>
#include <string>

#include "core/time/instant.hpp"

namespace uvsched {

inline constexpr Micros kDefaultLease = 10 * kSecond;
inline constexpr Micros kShortestLease = kSecond;
inline constexpr Micros kLongestLease = 600 * kSecond;

// What an opening is told that asked for another lease than the store has.
[[nodiscard]] std::string other_lease(Micros there, Micros asked);

// A beat that takes so long is one that failed, and is repeated well inside the lease.
[[nodiscard]] constexpr Micros beat_patience(Micros lease) noexcept {
    return std::clamp<Micros>(lease / 4, 250 * kMillisecond, 5 * kSecond);
}

}  // namespace uvsched
