// The checks of texts from outside: any text, and names (ids, names of tasks, functions and triggers, aliases).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace uvsched {

// Throws Error(invalid) if the text is not UTF-8.
void check_utf8(const char* argument, std::string_view value);

// Throws Error(invalid) if the text is empty, longer than `limit` bytes, not UTF-8, or has control characters.
// The message names the argument and shows its value, cut to a readable length.
void validate_text(const char* argument, const std::string& value, std::size_t limit = 255);

}  // namespace uvsched
