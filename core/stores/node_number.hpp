// The number of a node: one opening of a store.
#pragma once

#include "core/ledger/records.hpp"

namespace uvsched {

// Random, 1 to 2^63 - 1: no two openings of one store have the same.
[[nodiscard]] NodeNumber draw_node_number();

}  // namespace uvsched
