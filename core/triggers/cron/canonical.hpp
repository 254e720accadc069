// The canonical text of a cron string that the parser has accepted.
#pragma once

#include <string>
#include <string_view>

namespace uvsched {

// Single spaces, capitals, no leading zeros, nothing more: `0-59` stays unlike `*`. `text` has no blanks at its ends.
[[nodiscard]] std::string canonical_cron(std::string_view text);

}  // namespace uvsched
