// The one hash that decides schedules: it gives equal results on every node, in every version and after a restart.
#pragma once

#include <cstdint>
#include <string_view>

namespace uvsched {

// FNV-1a, 64 bits, over the bytes.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view bytes) noexcept {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
    return hash;
}

// The finaliser of splitmix64, which spreads each bit of its input over all of its output.
[[nodiscard]] constexpr std::uint64_t splitmix(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

// The next number of splitmix64, whose state is `state`: well spread, but not unguessable.
constexpr std::uint64_t next_random(std::uint64_t& state) noexcept { return splitmix(state += 0x9E3779B97F4A7C15); }

}  // namespace uvsched
