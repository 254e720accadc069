// Tzif: reads compiled zone data (RFC 8536), both kinds of it: that which lists all changes until 2037, and that which
// leaves to the rule at its end whatever the rule can say.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/time/posix_rule.hpp"
#include "core/time/zone_table.hpp"

namespace uvsched {

struct Tzif {
    std::vector<ZoneStretch> stretches;  // what a ZoneTable is made of, until the horizon
    std::optional<PosixRule> rule;       // from the last change that the file lists on; nothing: no further change
};

// Nothing when the bytes are not sound zone data, count leap seconds, or set clocks back to before the last change.
[[nodiscard]] std::optional<Tzif> read_tzif(std::string_view bytes);

}  // namespace uvsched
