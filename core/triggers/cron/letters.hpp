// Classes of ASCII characters, whatever the locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace uvsched {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr char to_capital(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept { return to_capital(c) >= 'A' && to_capital(c) <= 'Z'; }

[[nodiscard]] constexpr bool same_but_for_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_capital(x) == to_capital(y); });
}

}  // namespace uvsched
