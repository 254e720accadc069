// Numbers as lower-case hexadecimal digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace uvsched {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

// Writes the 16 digits of `number` to `out`; returns the place behind them.
constexpr char* write_hex(char* out, std::uint64_t number) noexcept {
    for (int shift = 60; shift >= 0; shift -= 4) *out++ = kHexDigits[(number >> shift) & 0xF];
    return out;
}

[[nodiscard]] inline std::string hex_text(std::uint64_t number) {
    std::string text(16, '0');
    write_hex(text.data(), number);
    return text;
}

}  // namespace uvsched
