// The names of a lane as one text, for stores that find a lane by it.
#pragma once

#include <string>

#include "core/ledger/records.hpp"
#include "core/model/task.hpp"

namespace uvsched {

// Format, executor, function and trigger, which have no line ends.
[[nodiscard]] std::string names_of_lane(const Definition& definition);
// The same names, but for the format.
[[nodiscard]] std::string names_of_newer_lane(const std::string& names, std::int64_t format);
[[nodiscard]] Lane lane_of_names(const std::string& names);

// The id of a task in a store that can be edited by hand, for messages.
[[nodiscard]] std::string shown_id(const std::string& id);

}  // namespace uvsched
