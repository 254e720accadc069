#include "core/homes/declared_tasks.hpp"

#include <algorithm>
#include <utility>

#include "core/base/error.hpp"

namespace uvsched {

void DeclaredTasks::release(NewTask& task) {
    if (task.spec.release) releases_.push_back(std::exchange(task.spec.release, {}));
}

AddOutcome DeclaredTasks::add(NewTask&& task) {
    NewTask* const there = find(task.spec.store, task.definition->id);
    if (there == nullptr) {
        AddOutcome outcome{.result = AddOutcome::Result::pending, .task = view(task)};
        tasks_.push_back(std::move(task));
        return outcome;
    }
    const bool equal =
        canonical_json(*there->definition) == canonical_json(*task.definition) && !task.spec.local_function;
    if (equal && task.mode != AddMode::replace) {
        release(task);
        return {.result = AddOutcome::Result::unchanged, .task = view(*there)};
    }
    if (task.mode != AddMode::replace) {
        // One program declares two different tasks: no code has changed, so neither declaration is newer.
        fail(Code::conflict, "task \"" + task.definition->id + "\" is already declared with another definition (" +
                                 difference(*there->definition, *task.definition, ", here ") +
                                 "); give each its own id, or use replace_existing to take the later one");
    }
    AddOutcome outcome{.result = AddOutcome::Result::replaced, .task = view(task)};
    release(*there);
    *there = std::move(task);
    return outcome;
}

NewTask* DeclaredTasks::find(const std::string& store, const std::string& id) noexcept {
    const auto found = std::find_if(tasks_.begin(), tasks_.end(), [&](const NewTask& task) {
        return task.spec.store == store && task.definition->id == id;
    });
    return found == tasks_.end() ? nullptr : &*found;
}

TaskView DeclaredTasks::view(const NewTask& task) {
    TaskView view;
    view.definition = task.definition;
    view.store = task.spec.store;
    view.pending = true;
    if (task.spec.next_run_time && !*task.spec.next_run_time) view.state.status = TaskStatus::paused;
    return view;
}

bool DeclaredTasks::remove(const std::string& store, const std::string& id) {
    NewTask* const task = find(store, id);
    if (task == nullptr) return false;
    release(*task);
    tasks_.erase(tasks_.begin() + (task - tasks_.data()));
    return true;
}

std::int64_t DeclaredTasks::remove_all(const std::string& store) {
    return static_cast<std::int64_t>(std::erase_if(tasks_, [&](NewTask& task) {
        if (task.spec.store != store) return false;
        release(task);
        return true;
    }));
}

void DeclaredTasks::written(const std::string& store, const std::string& id) {
    if (NewTask* const task = find(store, id)) tasks_.erase(tasks_.begin() + (task - tasks_.data()));
}

}  // namespace uvsched
