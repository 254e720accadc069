// Walking through UTF-8 text, character by character.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace uvsched {

// The length of the UTF-8 character at the start of `text`: 1 to 4; 0 if there is no well-formed one.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

// Whether that character is a control character (U+0000 to U+001F, U+007F to U+009F).
[[nodiscard]] bool is_control(std::string_view character) noexcept;

// Whether the well-formed character at the start of `text` is invisible, or a blank other than U+0020: Unicode's
// categories Zs, Zl, Zp and Cf, and the fillers of other scripts.
[[nodiscard]] bool is_invisible(std::string_view text) noexcept;

// Its code point: "U+00A0".
[[nodiscard]] std::string code_point_text(std::string_view text);

}  // namespace uvsched
