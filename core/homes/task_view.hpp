// TaskView: a task as it is shown to users, and how far a list of them was read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/model/task.hpp"

namespace uvsched {

struct TaskView {
    std::shared_ptr<const Definition> definition;
    TaskState state;
    std::string store;
    std::int32_t running = 0;
    bool pending = false;  // added before start; not in its store yet
    Micros to_wall = 0;    // add to times of the elapsed line to get wall time
    // The wall time of the next run; nullopt if the task is paused or finished.
    [[nodiscard]] std::optional<Instant> next_run() const;
};

// A declaration that replaces one which is not written yet is `replaced` too.
struct AddOutcome {
    enum class Result : std::uint8_t { created, unchanged, replaced, pending } result = Result::created;
    TaskView task;
};

// How far a list of tasks was read. Tasks that live in the process are noted once, with the first page: a search among
// all of them for each page would take quadratic time.
struct ListPlace {
    std::string after;  // the last id
    bool begun = false;
    std::vector<TaskView> pending;                           // after `after`, the last id first
    std::vector<std::shared_ptr<const Definition>> present;  // tasks in memory, in that order
};

}  // namespace uvsched
