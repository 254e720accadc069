// The lanes that a node has, as one text in its row: "1 5 12".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ledger/records.hpp"

namespace uvsched {

[[nodiscard]] std::string lane_list(std::span<const LaneNumber> lanes);

// nullopt if it is not such a text.
[[nodiscard]] std::optional<std::vector<LaneNumber>> read_lane_list(std::string_view text);

}  // namespace uvsched
