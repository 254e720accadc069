// Definitions: what was read of the definitions of some tasks.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

#include "core/stores/rows/rows.hpp"

namespace uvsched {

class Definitions {
public:
    void put(TaskNumber task, std::shared_ptr<const Definition> definition) { good_[task] = std::move(definition); }
    void put(TaskNumber task, Unreadable why) { bad_.insert_or_assign(task, std::move(why)); }
    // Throws Unreadable.
    [[nodiscard]] std::shared_ptr<const Definition> of(TaskNumber task) const;
    [[nodiscard]] StoredTask stored(const TaskRow& row) const;

private:
    std::unordered_map<TaskNumber, std::shared_ptr<const Definition>> good_;
    std::unordered_map<TaskNumber, Unreadable> bad_;
};

}  // namespace uvsched
