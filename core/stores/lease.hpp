// How long a node of a store may be silent before the others declare it dead.
#pragma once

#include <string>

#include "core/time/instant.hpp"

namespace uvsched {

inline constexpr Micros kDefaultLease = 10 * kSecond;
inline constexpr Micros kShortestLease = kSecond;
inline constexpr Micros kLongestLease = 600 * kSecond;

// What an opening is told that asked for another lease than the store has.
[[nodiscard]] std::string other_lease(Micros there, Micros asked);

}  // namespace uvsched
