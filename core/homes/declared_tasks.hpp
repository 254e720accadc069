// DeclaredTasks: tasks that were added while the scheduler does not run. Its next start writes them to their homes.
// Guarded by the engine's mutex.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "core/homes/task_spec.hpp"
#include "core/homes/task_view.hpp"
#include "core/runs/function_table.hpp"

namespace uvsched {

class DeclaredTasks {
public:
    // Release functions of tasks that go are added to `releases`.
    explicit DeclaredTasks(Releases& releases) noexcept : releases_(releases) {}

    // Throws Error(conflict) if the id was declared with another definition, unless the mode replaces it.
    AddOutcome add(NewTask&& task);

    [[nodiscard]] NewTask* find(const std::string& store, const std::string& id) noexcept;
    [[nodiscard]] static TaskView view(const NewTask& task);

    // False if there is no such task.
    bool remove(const std::string& store, const std::string& id);
    std::int64_t remove_all(const std::string& store);

    // In the order in which they were added.
    [[nodiscard]] const std::list<NewTask>& all() const noexcept { return tasks_; }
    // The store has the task: it is dropped here without being released.
    void written(const std::string& store, const std::string& id);
    void all_written() noexcept {
        by_id_.clear();
        tasks_.clear();
    }

private:
    using ById = std::unordered_multimap<std::string, std::list<NewTask>::iterator>;

    // The place of a task among all; by_id_.end(): there is none.
    [[nodiscard]] ById::iterator look_up(const std::string& store, const std::string& id) noexcept;
    void drop(ById::iterator task) noexcept;
    void release(NewTask& task);

    std::list<NewTask> tasks_;
    ById by_id_;  // two stores may have tasks of one id
    Releases& releases_;
};

}  // namespace uvsched
