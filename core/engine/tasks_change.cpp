// Changing, pausing, resuming, removing and running tasks that are there.
#include <algorithm>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/engine/on_task.hpp"
#include "core/plan/on_line.hpp"

namespace uvsched {
namespace {

constexpr int kTries = 10;  // how often a change that raced with a claim is computed anew

}  // namespace

std::vector<PendingAdd>::iterator Engine::find_pending(const std::string& store, const std::string& id) {
    return std::find_if(pending_.begin(), pending_.end(),
                        [&](const PendingAdd& add) { return add.spec.store == store && add.definition->id == id; });
}

// ---- what a change means ----

std::shared_ptr<const Definition> Engine::changed(const Definition& old, const TaskChanges& changes) const {
    auto definition = std::make_shared<Definition>(old);
    if (changes.name) definition->name = *changes.name;
    if (changes.executor) definition->executor = executors_[executor_index(*changes.executor)].alias;
    if (changes.arguments) definition->arguments = *changes.arguments;
    if (changes.function) definition->function = *changes.function;
    if (changes.trigger) {
        const auto keyed = changes.trigger->with_key(key_of(*definition));
        definition->trigger = keyed ? keyed : changes.trigger;
    }
    definition->policies = merge(old.policies, changes.policies);
    validate_text("name", definition->name);
    validate_text("function", definition->function);
    return definition;
}

TaskState Engine::changed_state(const Definition& old, const TaskState& state, const Definition& definition,
                                const TaskChanges& changes, const Now& now) const {
    const bool other_trigger = !same_trigger(old, definition);
    if (!other_trigger && !changes.next_run_time) return state;
    std::optional<PlannedMiss> miss;
    TaskState next = first_state(definition, state.uid, changes.next_run_time, now, miss);
    if (!other_trigger && next.status != TaskStatus::paused) next.anchor = state.anchor;
    const bool stay_paused = state.status == TaskStatus::paused && !changes.next_run_time;
    return stay_paused ? paused_state(next) : next;
}

TaskState Engine::paused_state(TaskState state) {
    state.status = TaskStatus::paused;
    state.next_slot.reset();
    state.next_due.reset();
    return state;
}

TaskState Engine::resumed_state(const Definition& definition, TaskState state, const Now& now) {
    const Instant from = now.on(state.clock);
    if (definition.trigger->asked()) {
        state.status = TaskStatus::active;
        state.anchor = std::max(from, saturating_add(state.hwm, 1));  // what ran does not run again
        return state;
    }
    const OnLine trigger(*definition.trigger, now.shift());
    state.next_slot = trigger.next(saturating_sub(from, 1), state.anchor);
    state.next_due.reset();
    const bool over = !state.next_slot && !definition.trigger->event();
    state.status = over ? TaskStatus::finished : TaskStatus::active;
    if (state.next_slot) state.next_due = trigger.due(state.uid, *state.next_slot, state.anchor);
    return state;
}

// A task of a durable store cannot become one that never leaves the process, nor the other way round.
void Engine::check_home(const StoreSlot& store, const Definition& old, const Definition& definition) {
    if (old.trigger->event() == definition.trigger->event() || (store.memory && !store.companion)) return;
    fail(Code::invalid, "trigger: " + old.trigger->describe() + " -> " + definition.trigger->describe() + ": task \"" +
                            old.id + "\" would leave store \"" + store.alias +
                            "\" or come into it; remove it and add it again");
}

void Engine::change_pending(PendingAdd& add, const TaskChanges& changes) {
    const std::shared_ptr<const Definition> definition = changed(*add.definition, changes);
    check_home(store_slot(add.spec.store), *add.definition, *definition);
    add.definition = definition;
    if (changes.next_run_time) add.spec.next_run_time = changes.next_run_time;
    if (!changes.token) return;
    if (add.spec.release) releases_.push_back(std::move(add.spec.release));
    add.spec.token = *changes.token;
    add.spec.release = changes.release;
}

// The schedule starts anew: what was overdue, or waited for an earlier run, is told and not run.
void Engine::rebase_memory(StoreSlot& store, MemoryIndex index, const Now& now) {
    const MemoryTask& task = store.memory->at(index);
    std::vector<MemoryMiss> misses;
    store.memory->drop_waiting(index, Reason::replaced, misses);
    const Instant present = now.on(task.clock);
    if (task.scheduled && task.slot <= present && task.status == TaskStatus::active) {
        const OnLine trigger(*task.definition->trigger, now.shift());
        const Count more = trigger.count(task.slot + 1, present, task.anchor, kCountLimit);
        const Instant last = trigger.previous(saturating_add(present, 1), task.anchor).value_or(task.slot);
        misses.push_back({index, PlannedMiss{.state = FireState::missed,
                                             .reason = Reason::replaced,
                                             .first = task.slot,
                                             .last = std::max(last, task.slot),
                                             .count = more.number + 1,
                                             .exact = more.exact}});
    }
    record_misses(index_of(store), misses, now);
}

// ---- durable: read, compute, compare and set ----

std::optional<TaskView> Engine::change_durable(StoreSlot& store, const std::string& id, const Edit& edit) {
    for (int tries = 0; tries < kTries; ++tries) {
        std::optional<StoredTask> task;
        read(store, [&](Store& s) { task = s.get(id); });
        if (!task) return std::nullopt;
        const Now now = now_of(store, read_clock());
        Batch batch;
        Change& change = batch.changes.emplace_back();
        change.id = id;
        change.rev = task->state.rev;
        change.now_wall = now.wall;
        edit(*task, change, now);
        batch = apply(store, std::move(batch));
        const Change& answer = batch.changes.front();
        if (answer.outcome == Outcome::missing) return std::nullopt;
        if (answer.outcome != Outcome::done) continue;
        const Lock lock(*this);
        learn_lane(index_of(store), answer.task);
        ask_durable(index_of(store), answer.task);
        emit(EventCode::task_modified, store.alias, id);
        signal_locked();
        return view(store, answer.task);
    }
    fail(Code::store, "task \"" + id + "\" changed while it was being changed, ten times in a row: try again");
}

// ---- the calls ----

TaskView Engine::change(const std::string& store, const std::string& id, TaskChanges changes) {
    if (changes.trigger) check_trigger(*changes.trigger);
    return on_task(
        store, id,
        [&](PendingAdd& add) {
            change_pending(add, changes);
            return view(add);
        },
        [&](StoreSlot& slot, MemoryIndex index) {
            const Now now = now_of(slot, read_clock());
            MemoryTask& task = slot.memory->at(index);
            const std::shared_ptr<const Definition> definition = changed(*task.definition, changes);
            check_home(slot, *task.definition, *definition);
            const bool rebase = !same_trigger(*task.definition, *definition);
            const TaskState state = changed_state(*task.definition, task.state(), *definition, changes, now);
            if (rebase) rebase_memory(slot, index, now);
            slot.memory->redefine(index, definition, executor_index(definition->executor));
            slot.memory->reschedule(index, state, rebase);
            task.function = functions_.intern(definition->function);
            if (changes.token) set_token(task, *changes.token, std::move(changes.release));
            emit(EventCode::task_modified, slot.alias, id);
            wake_for(state, now);
            return view(slot, index);
        },
        [&](StoreSlot& slot) {
            return change_durable(slot, id, [&](const StoredTask& task, Change& change, const Now& now) {
                change.definition = changed(*task.definition, changes);
                check_home(slot, *task.definition, *change.definition);
                change.state = changed_state(*task.definition, task.state, *change.definition, changes, now);
            });
        });
}

TaskView Engine::pause_task(const std::string& store, const std::string& id) {
    return on_task(
        store, id,
        [&](PendingAdd& add) {
            add.spec.next_run_time = std::optional<Instant>();
            return view(add);
        },
        [&](StoreSlot& slot, MemoryIndex index) {
            slot.memory->reschedule(index, paused_state(slot.memory->at(index).state()), false);
            emit(EventCode::task_modified, slot.alias, id);
            return view(slot, index);
        },
        [&](StoreSlot& slot) {
            return change_durable(slot, id, [](const StoredTask& task, Change& change, const Now&) {
                change.state = paused_state(task.state);
            });
        });
}

TaskView Engine::resume_task(const std::string& store, const std::string& id) {
    return on_task(
        store, id,
        [&](PendingAdd& add) {
            if (add.spec.next_run_time && !*add.spec.next_run_time) add.spec.next_run_time.reset();
            return view(add);
        },
        [&](StoreSlot& slot, MemoryIndex index) {
            const MemoryTask& task = slot.memory->at(index);
            if (task.status != TaskStatus::paused) return view(slot, index);
            const Now now = now_of(slot, read_clock());
            const TaskState state = resumed_state(*task.definition, task.state(), now);
            slot.memory->reschedule(index, state, false);
            emit(EventCode::task_modified, slot.alias, id);
            TaskView seen = view(slot, index);
            slot.memory->end_if_over(index);
            collect_gone(*slot.memory);
            wake_for(state, now);
            return seen;
        },
        [&](StoreSlot& slot) {
            return change_durable(slot, id, [](const StoredTask& task, Change& change, const Now& now) {
                change.state = task.state.status == TaskStatus::paused
                                   ? resumed_state(*task.definition, task.state, now)
                                   : task.state;
            });
        });
}

void Engine::remove_memory(StoreSlot& store, MemoryIndex index, const std::string& id) {
    std::vector<MemoryMiss> misses;
    const Now now = now_of(store, read_clock());
    store.memory->remove(index, Reason::deleted, now, misses);
    for (const MemoryMiss& miss : misses) emit_miss(store.alias, id, miss.miss, 0, now.wall);
    collect_gone(*store.memory);
    emit(EventCode::task_removed, store.alias, id);
}

bool Engine::remove_durable(StoreSlot& store, const std::string& id) {
    Batch batch;
    batch.removes.push_back({.id = id, .now_wall = clock_->wall(), .outcome = Outcome::none, .removed = 0});
    batch = apply(store, std::move(batch));
    if (batch.removes.front().outcome != Outcome::done) return false;
    emit(EventCode::task_removed, store.alias, id);
    return true;
}

void Engine::remove(const std::string& store, const std::string& id) {
    on_task(
        store, id,
        [&](PendingAdd& add) {
            if (add.spec.release) releases_.push_back(std::move(add.spec.release));
            pending_.erase(find_pending(add.spec.store, id));
            return true;
        },
        [&](StoreSlot& slot, MemoryIndex index) {
            remove_memory(slot, index, id);
            return true;
        },
        [&](StoreSlot& slot) { return remove_durable(slot, id) ? std::optional(true) : std::nullopt; });
}

std::int64_t Engine::remove_all(const std::string& store) {
    if (!store.empty()) (void)store_slot(store);
    std::int64_t removed = 0;
    for (StoreSlot& slot : stores_) {
        if (!store.empty() && slot.alias != store) continue;
        {
            const Lock lock(*this);
            removed += static_cast<std::int64_t>(std::erase_if(pending_, [&](PendingAdd& add) {
                if (add.spec.store != slot.alias) return false;
                if (add.spec.release) releases_.push_back(std::move(add.spec.release));
                return true;
            }));
            if (slot.memory) {
                std::vector<MemoryMiss> misses;
                const Now now = now_of(slot, read_clock());
                for (const MemoryIndex index : slot.memory->all()) {
                    slot.memory->remove(index, Reason::deleted, now, misses);
                    ++removed;
                }
                collect_gone(*slot.memory);
            } else if (!slot.durable->open) {
                continue;
            }
        }
        if (slot.durable) {
            Batch batch;
            batch.removes.push_back({.id = {}, .now_wall = clock_->wall(), .outcome = Outcome::none, .removed = 0});
            batch = apply(slot, std::move(batch));
            removed += batch.removes.front().removed;
        }
        if (!slot.companion) emit(EventCode::all_tasks_removed, slot.alias, {});
    }
    return removed;
}

void Engine::run_now(const std::string& store, const std::string& id) {
    on_task(
        store, id,
        [&](PendingAdd&) -> bool {
            fail(Code::not_running, "task \"" + id + "\" cannot run: the scheduler is not running");
        },
        [&](StoreSlot& slot, MemoryIndex index) {
            if (state_ == SchedulerState::stopped)
                fail(Code::not_running, "task \"" + id + "\" cannot run: the scheduler is not running");
            slot.memory->run_now(index);
            signal_locked();
            return true;
        },
        [&](StoreSlot& slot) -> std::optional<bool> {
            Batch batch;
            batch.runs.push_back({.id = id, .now_wall = clock_->wall(), .outcome = Outcome::none, .key = {}});
            batch = apply(slot, std::move(batch));
            if (batch.runs.front().outcome != Outcome::done) return std::nullopt;
            return true;
        });
}

}  // namespace uvsched
