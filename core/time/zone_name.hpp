// Zone names: which texts may name a time zone at all (SEMANTICS: "Time zones").
#pragma once

#include <optional>
#include <string>

namespace uvsched {

// Seconds east of UTC for `UTC`, `Z`, `±HH:MM[:SS]` and `UTC±HH:MM[:SS]`: the names that need no data.
[[nodiscard]] std::optional<int> fixed_offset(const std::string& name) noexcept;

// Throws Error(invalid) for a text that is no IANA name: paths, `localtime`, `right/…`, POSIX strings, `UTC+2`.
void check_zone_name(const std::string& name);

}  // namespace uvsched
