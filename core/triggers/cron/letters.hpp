// Classes of ASCII characters, whatever the locale.
#pragma once

namespace uvsched {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr char to_capital(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept { return to_capital(c) >= 'A' && to_capital(c) <= 'Z'; }

}  // namespace uvsched
