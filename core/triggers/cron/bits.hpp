// Sets of small numbers as the bits of a word.
#pragma once

#include <bit>
#include <cstdint>

namespace uvsched::bits {

// The smallest and the largest number of a set that is not empty.
[[nodiscard]] constexpr int least(std::uint64_t set) noexcept { return std::countr_zero(set); }
[[nodiscard]] constexpr int greatest(std::uint64_t set) noexcept { return 63 - std::countl_zero(set); }

[[nodiscard]] constexpr bool has(std::uint64_t set, int number) noexcept { return (set >> number & 1) != 0; }

// The numbers of a set that are larger than `number` (0 to 63), and those that are smaller.
[[nodiscard]] constexpr std::uint64_t above(std::uint64_t set, int number) noexcept {
    return set & ~std::uint64_t{1} << number;
}
[[nodiscard]] constexpr std::uint64_t below(std::uint64_t set, int number) noexcept {
    return set & ((std::uint64_t{1} << number) - 1);
}

}  // namespace uvsched::bits
