// Asking about tasks and fires.
#include <algorithm>

#include "core/engine/engine.hpp"
#include "core/engine/on_task.hpp"
#include "core/plan/on_line.hpp"

namespace uvsched {

std::optional<Instant> TaskView::next_run() const {
    if (pending || state.status != TaskStatus::active || !state.next_due) return std::nullopt;
    return state.clock == ClockLine::elapsed ? saturating_add(*state.next_due, shift) : *state.next_due;
}

TaskView Engine::view(const StoreSlot& store, MemoryIndex index) const {
    const MemoryTask& task = store.memory->at(index);
    return {.definition = task.owner,
            .state = task.state(),
            .store = store.alias,
            .running = task.busy,
            .pending = false,
            .shift = now_of(store, read_clock()).shift()};
}

TaskView Engine::view(const StoreSlot& store, const StoredTask& task) const {
    return {.definition = task.definition,
            .state = task.state,
            .store = store.alias,
            .running = task.open,
            .pending = false,
            .shift = now_of(store, read_clock()).shift()};
}

TaskView Engine::view(const PendingAdd& pending) {
    TaskView view;
    view.definition = pending.definition;
    view.store = pending.spec.store;
    view.pending = true;
    if (pending.spec.next_run_time && !*pending.spec.next_run_time) view.state.status = TaskStatus::paused;
    return view;
}

TaskView Engine::get(const std::string& store, const std::string& id) {
    return on_task(
        store, id, [](const PendingAdd& add) { return view(add); },
        [this](const StoreSlot& slot, MemoryIndex index) { return view(slot, index); },
        [&](StoreSlot& slot) -> std::optional<TaskView> {
            std::optional<StoredTask> task;
            read(slot, [&](Store& s) { task = s.get(id); });
            if (!task) return std::nullopt;
            return view(slot, *task);
        });
}

std::vector<TaskView> Engine::list(const std::string& store, const std::string& after, std::size_t limit,
                                   bool finished) {
    StoreSlot& slot = store_slot(store);
    std::vector<TaskView> views;
    bool ask = false;
    {
        const Lock lock(*this);
        for (const PendingAdd& add : pending_) {
            if (add.spec.store == store && add.definition->id > after) views.push_back(view(add));
        }
        for (const StoreSlot& each : stores_) {
            if (!each.memory || each.alias != store) continue;
            for (const MemoryIndex index : each.memory->list(after, limit)) views.push_back(view(each, index));
        }
        if (slot.durable) {
            ask = slot.durable->open;
            // Before the first start there is nothing but what was declared; after a stop there is more, and no way to
            // it.
            if (!ask && slot.durable->thread) {
                fail(Code::not_running, "store \"" + slot.alias + "\" is closed: the scheduler is not running");
            }
        }
    }
    if (ask) {
        std::vector<StoredTask> tasks;
        read(slot, [&](Store& s) { tasks = s.list(after, limit, finished); });
        for (const StoredTask& task : tasks) views.push_back(view(slot, task));
    }
    std::sort(views.begin(), views.end(),
              [](const TaskView& a, const TaskView& b) { return a.definition->id < b.definition->id; });
    if (views.size() > limit) views.resize(limit);
    return views;
}

std::vector<Instant> Engine::preview(const std::string& store, const std::string& id, std::size_t count,
                                     std::optional<Instant> after) {
    const TaskView task = get(store, id);
    const Micros shift = task.state.clock == ClockLine::elapsed ? task.shift : 0;
    const OnLine trigger(*task.definition->trigger, shift);
    std::vector<Instant> times;
    std::optional<Instant> next =
        after ? trigger.next(saturating_sub(*after, shift), task.state.anchor) : task.state.next_slot;
    while (next && times.size() < count) {
        times.push_back(saturating_add(*next, shift));
        next = trigger.next(*next, task.state.anchor);
    }
    return times;
}

std::vector<HistoryRow> Engine::history(const std::string& store, const HistoryQuery& query) {
    StoreSlot& slot = store_slot(store.empty() ? "default" : store);
    std::vector<HistoryRow> rows;
    {
        const Lock lock(*this);
        for (const StoreSlot& each : stores_) {
            if (!each.memory || each.alias != slot.alias) continue;
            // The ledger of a durable store and its companion's history are two; a task has its rows in one of them.
            if (each.companion && each.memory->find(query.task_id) == MemoryStore::kNone) continue;
            each.memory->history(query, rows);
            return rows;
        }
        if (!slot.durable->open)
            fail(Code::not_running, "store \"" + slot.alias + "\" is closed: the scheduler is not running");
    }
    read(slot, [&](Store& s) { rows = s.history(query); });
    return rows;
}

std::vector<std::string> Engine::store_aliases() const {
    std::vector<std::string> aliases;
    for (const StoreSlot& slot : stores_) {
        if (!slot.companion) aliases.push_back(slot.alias);
    }
    return aliases;
}

std::vector<std::string> Engine::executor_aliases() const {
    std::vector<std::string> aliases;
    for (const ExecutorSlot& slot : executors_) aliases.push_back(slot.alias);
    return aliases;
}

}  // namespace uvsched
