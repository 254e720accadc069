#include "core/stores/rows/definitions.hpp"

namespace uvsched {

std::shared_ptr<const Definition> Definitions::of(TaskNumber task) const {
    if (const auto found = good_.find(task); found != good_.end()) return found->second;
    if (const auto found = bad_.find(task); found != bad_.end()) throw found->second;
    throw Unreadable("its row of def is missing");
}

StoredTask Definitions::stored(const TaskRow& row) const {
    return {.number = row.number, .lane = row.lane, .definition = of(row.number), .state = row.state, .open = row.open};
}

}  // namespace uvsched
