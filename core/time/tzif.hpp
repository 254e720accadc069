// Tzif: reads compiled zone data (RFC 8536) of both kinds: "fat" files list all changes until 2037, and "slim" files
// leave the changes that the rule at their end describes to that rule.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/time/posix_rule.hpp"
#include "core/time/zone_table.hpp"

namespace uvsched {

struct Tzif {
    std::vector<ZoneStretch> stretches;  // for a ZoneTable, until the horizon
    std::optional<PosixRule> rule;       // after the last change that the file lists; nullopt: no further change
};

// nullopt if the bytes are not sound zone data, count leap seconds, or set clocks back to before the last change.
[[nodiscard]] std::optional<Tzif> read_tzif(std::string_view bytes);

}  // namespace uvsched
