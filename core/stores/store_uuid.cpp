#include "core/stores/store_uuid.hpp"

#include <array>
#include <cstddef>
#include <random>

#include "core/base/hex.hpp"

namespace uvsched {

std::string new_uuid() {
    std::random_device random;
    std::string text;
    for (int digit = 0; digit < 32; ++digit) {
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text += '-';
        unsigned value = random() & 15U;
        if (digit == 12) value = 4;
        if (digit == 16) value = 8U | (value & 3U);
        text += kHexDigits[value];
    }
    return text;
}

std::uint64_t hash_of_uuid(const std::string& uuid) {
    std::array<std::uint64_t, 2> halves{};
    std::size_t digits = 0;
    for (const char c : uuid) {
        if (c == '-') continue;
        std::uint64_t& half = halves[digits++ / 16 % 2];
        half = half * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return halves[0] ^ halves[1];
}

}  // namespace uvsched
