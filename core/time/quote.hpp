// Showing other people's text in a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace uvsched {

// The text in double quotes, readable whatever it is: cut to about `limit` bytes (between characters), and with control
// characters and bytes that are not UTF-8 written as \xNN.
[[nodiscard]] std::string in_quotes(std::string_view text, std::size_t limit = 60);

// The length of the UTF-8 character at the start of `text`: 1 to 4; 0 where there is no well-formed one.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

// Whether that character is a control character (U+0000 to U+001F, U+007F to U+009F).
[[nodiscard]] bool is_control(std::string_view character) noexcept;

}  // namespace uvsched
