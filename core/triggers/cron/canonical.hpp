// The canonical text of a cron string that the parser has accepted.
#pragma once

#include <string>
#include <string_view>

namespace uvsched {

// Writes single spaces, capitals and no leading zeros, and changes nothing else: `0-59` does not become `*`. `text` has
// no blanks at its ends.
[[nodiscard]] std::string canonical_cron(std::string_view text);

}  // namespace uvsched
