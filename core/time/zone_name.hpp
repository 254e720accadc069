// Zone names: which texts may name a time zone at all (docs/triggers.md, "Time zones").
#pragma once

#include <optional>
#include <string>

namespace uvsched {

// Seconds east of UTC for `UTC`, `Z`, `±HH:MM[:SS]` and `UTC±HH:MM[:SS]`: the names that need no data.
[[nodiscard]] std::optional<int> fixed_offset(const std::string& name) noexcept;

// The name of an offset, in seconds east of UTC: "UTC", "+02:00", "-00:44:30".
[[nodiscard]] std::string offset_name(int seconds);

// Throws Error(invalid) if the text cannot be an IANA name: paths, `localtime`, `right/…`, POSIX strings, `UTC+2`.
void check_zone_name(const std::string& name);

}  // namespace uvsched
