#include "core/homes/declared_tasks.hpp"

#include <algorithm>
#include <iterator>
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
        const auto place = by_id_.emplace(task.definition->id, tasks_.end());
        try {
            tasks_.push_back(std::move(task));
        } catch (const std::bad_alloc&) {
            by_id_.erase(place);
            throw;
        }
        place->second = std::prev(tasks_.end());
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

DeclaredTasks::ById::iterator DeclaredTasks::look_up(const std::string& store, const std::string& id) noexcept {
    const auto [begin, end] = by_id_.equal_range(id);
    const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second->spec.store == store; });
    return found == end ? by_id_.end() : found;
}

NewTask* DeclaredTasks::find(const std::string& store, const std::string& id) noexcept {
    const auto found = look_up(store, id);
    return found == by_id_.end() ? nullptr : &*found->second;
}

void DeclaredTasks::drop(ById::iterator task) noexcept {
    tasks_.erase(task->second);
    by_id_.erase(task);
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
    const auto task = look_up(store, id);
    if (task == by_id_.end()) return false;
    release(*task->second);
    drop(task);
    return true;
}

std::int64_t DeclaredTasks::remove_all(const std::string& store) {
    std::int64_t removed = 0;
    for (auto task = tasks_.begin(); task != tasks_.end();) {
        NewTask& here = *task++;
        if (here.spec.store != store) continue;
        release(here);
        drop(look_up(store, here.definition->id));
        ++removed;
    }
    return removed;
}

void DeclaredTasks::written(const std::string& store, const std::string& id) {
    const auto task = look_up(store, id);
    if (task != by_id_.end()) drop(task);
}

}  // namespace uvsched
