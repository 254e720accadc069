// Quotes text from outside for messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace uvsched {

// The text in double quotes, always readable: cut between characters to about `limit` bytes, with control characters
// and bytes that are not UTF-8 written as \xNN, and invisible characters, such as a no-break space, as <U+00A0>. A part
// that may be the password of a URL is not shown.
[[nodiscard]] std::string in_quotes(std::string_view given, std::size_t limit = 60);

// The text with "***" in place of the part before the host of a URL, which may be a password, and without the options
// after the path: "scheme://***@host/path?...".
[[nodiscard]] std::string without_secrets(std::string_view text);

// The text, cut between characters to about `limit` bytes.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t limit);

}  // namespace uvsched
