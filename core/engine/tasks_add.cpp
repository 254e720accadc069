// Adding tasks (SEMANTICS: "Declaring tasks").
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/triggers/date.hpp"

namespace uvsched {
namespace {

template <class Slots>
std::string known_aliases(const Slots& slots) {
    std::string text;
    std::string_view last;
    for (const auto& slot : slots) {
        if (slot.alias != last) text += (text.empty() ? "\"" : ", \"") + slot.alias + "\"";
        last = slot.alias;
    }
    return text;
}

// A task on an event has no time that could be set; it may be added paused.
void check_next_run_time(const Trigger& trigger, const std::optional<std::optional<Instant>>& next_run_time) {
    if (!trigger.event() || !next_run_time || !*next_run_time) return;
    fail(Code::invalid,
         "next_run_time: " + format_utc(**next_run_time) + " is a time, but the task runs " + trigger.describe());
}

std::string canonical_arguments(const std::string& text) {
    if (text.empty()) return text;
    const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded()) fail(Code::invalid, "arguments: the text is not JSON");
    if (!value.is_array() && !value.is_object()) fail(Code::invalid, "arguments: JSON array or object expected");
    return value.dump();
}

std::string hex(std::uint64_t number) {
    std::string text(16, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4U)
        *digit = "0123456789abcdef"[number & 15U];
    return text;
}

}  // namespace

StoreSlot& Engine::store_slot(const std::string& alias) {
    for (StoreSlot& slot : stores_) {
        if (slot.alias == alias && !slot.companion) return slot;
    }
    fail(Code::not_found, "store \"" + alias + "\": there is no such store; known are " + known_aliases(stores_));
}

// Where a task on this trigger lives: the store of that alias, or its companion in the process.
StoreSlot& Engine::home_of(const std::string& alias, const Trigger& trigger) {
    StoreSlot& store = store_slot(alias);
    return trigger.event() && store.durable ? companion_of(store) : store;
}

StoreSlot& Engine::companion_of(const StoreSlot& durable) { return stores_[index_of(durable) - 1U]; }

std::uint16_t Engine::executor_index(const std::string& alias) const {
    for (std::uint16_t i = 0; i < executor_count(); ++i) {
        if (executors_[i].alias == alias) return i;
    }
    fail(Code::not_found,
         "executor \"" + alias + "\": there is no such executor; known are " + known_aliases(executors_));
}

// splitmix64: ids need to differ, not to be unguessable.
std::uint64_t Engine::random_number() {
    std::uint64_t z = (random_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}

std::string Engine::random_id() { return hex(random_number()) + hex(random_number()); }

// ---- what the user said becomes a definition ----

PendingAdd Engine::prepare(TaskSpec spec, AddMode mode, OnConflict on_conflict) {
    PendingAdd add{
        .spec = std::move(spec), .mode = mode, .on_conflict = on_conflict, .derived_id = false, .definition = {}};
    const TriggerPtr trigger = add.spec.trigger ? add.spec.trigger : make_date_trigger({});
    const StoreSlot& store = home_of(add.spec.store, *trigger);
    check_next_run_time(*trigger, add.spec.next_run_time);
    (void)executor_index(add.spec.executor);
    validate_text("function", add.spec.function);
    if (store.durable && add.spec.token != 0) {
        fail(Code::invalid,
             "token: store \"" + store.alias + "\" is durable, and a token means nothing to another process");
    }
    if (store.durable && add.spec.local_function) {
        fail(Code::invalid, "function \"" + add.spec.function +
                                "\" has no name that another process could resolve: store \"" + store.alias +
                                "\" is durable; use a function at the top level of a module, or a memory store");
    }
    auto definition = std::make_shared<Definition>();
    definition->function = add.spec.function;
    definition->name = add.spec.name.empty() ? add.spec.function : add.spec.name;
    if (!add.spec.name.empty()) validate_text("name", add.spec.name);
    definition->executor = add.spec.executor;
    definition->arguments = canonical_arguments(add.spec.arguments);
    definition->trigger = trigger;
    definition->policies = merge(config_.defaults, add.spec.policies);
    name_task(add, *definition);
    if (auto keyed = trigger->with_key(key_of(*definition))) definition->trigger = std::move(keyed);
    check_callable(add, *definition);
    check_trigger(*definition->trigger);
    add.definition = std::move(definition);
    return add;
}

void Engine::name_task(PendingAdd& add, Definition& definition) {
    definition.id = add.spec.id;
    if (!definition.id.empty()) {
        validate_text("id", definition.id);
    } else if (home_of(add.spec.store, *definition.trigger).durable &&
               definition.trigger->kind() != TriggerKind::date) {
        add.derived_id = true;
        definition.id = definition.function;
        if (!definition.arguments.empty()) definition.id += "#" + hex(definition_hash(definition.arguments));
        validate_text("id (derived from function and arguments)", definition.id);
    } else {
        const Lock lock(*this);
        definition.id = random_id();
    }
}

// What settles the `H` of a task's cron fields: the caller's id, else the function.
std::string Engine::key_of(const Definition& task) {
    const bool derived = task.id == task.function || task.id.starts_with(task.function + "#");
    const bool random = task.id.size() == 32 && task.id.find_first_not_of("0123456789abcdef") == std::string::npos;
    return derived || random ? task.function : task.id;
}

void Engine::check_callable(const PendingAdd& add, const Definition& definition) const {
    if (add.spec.token != 0) return;
    const std::lock_guard lock(mutex_);
    const FunctionVersion* const function = functions_.find(definition.function);
    if (function == nullptr)
        fail(Code::not_found, "function \"" + definition.function + "\" is not registered: register it first");
    const ExecutorSlot& executor = executors_[executor_index(definition.executor)];
    if (!executor.queue && function->function.call == nullptr) {
        fail(Code::invalid, "executor \"" + executor.alias + "\" runs native functions; \"" + definition.function +
                                "\" belongs to another language and needs an executor of type queue");
    }
    if (executor.queue && function->function.call != nullptr) {
        fail(Code::invalid, "executor \"" + executor.alias + "\" is a run queue; \"" + definition.function +
                                "\" is a native function and needs an inline or threadpool executor");
    }
}

TaskState Engine::first_state(const Definition& definition, Uid uid,
                              std::optional<std::optional<Instant>> next_run_time, const Now& now,
                              std::optional<PlannedMiss>& miss) const {
    check_next_run_time(*definition.trigger, next_run_time);
    TaskState state;
    state.uid = uid;
    state.clock = definition.trigger->elapsed() ? ClockLine::elapsed : ClockLine::wall;
    const bool paused = next_run_time && !*next_run_time;
    std::optional<Instant> first;
    if (next_run_time && *next_run_time)
        first = state.clock == ClockLine::elapsed ? **next_run_time - now.shift() : **next_run_time;
    const FirstFire fire =
        plan_first(*definition.trigger, definition.policies, uid, now.on(state.clock), now.shift(), first);
    state.anchor = fire.anchor;
    if (paused) {
        state.status = TaskStatus::paused;
        return state;
    }
    miss = fire.miss;
    state.next_slot = fire.slot;
    state.next_due = fire.due;
    const Trigger& trigger = *definition.trigger;
    if (!fire.slot && !trigger.event() && !trigger.asked()) state.status = TaskStatus::finished;
    return state;
}

// ---- into a store ----

bool Engine::same_trigger(const Definition& a, const Definition& b) {
    return a.trigger == b.trigger || a.trigger->to_json() == b.trigger->to_json();
}

AddOutcome Engine::add(TaskSpec spec, AddMode mode, OnConflict on_conflict) {
    check_process();
    PendingAdd add = prepare(std::move(spec), mode, on_conflict);
    StoreSlot& store = home_of(add.spec.store, *add.definition->trigger);
    {
        Lock lock(*this);
        state_changed_.wait(lock.inner(), [this] { return state_ != SchedulerState::starting; });
        if (state_ == SchedulerState::stopped) return add_pending(std::move(add));
        if (store.memory && !store.companion) return add_memory(store, std::move(add));
    }
    leave_other_home(store, add);
    if (store.durable) return add_durable(store, add, false);
    const Lock lock(*this);
    return add_memory(store, std::move(add));
}

// An id stands for one task of a store and its companion together.
void Engine::leave_other_home(StoreSlot& home, const PendingAdd& add) {
    const std::string& id = add.definition->id;
    std::shared_ptr<const Definition> other;
    if (home.durable) {
        const StoreSlot& companion = companion_of(home);
        const Lock lock(*this);
        const MemoryIndex index = companion.memory->find(id);
        if (index != MemoryStore::kNone) other = companion.memory->at(index).owner;
    } else if (home.companion && !add.spec.id.empty()) {
        read(store_slot(home.alias), [&](Store& store) {
            if (const auto task = store.get(id)) other = task->definition;
        });
    }
    if (!other) return;
    StoreSlot& there = home_of(home.alias, *other->trigger);
    if (add.mode != AddMode::replace) {
        fail(Code::conflict, "task \"" + id + "\" exists in store \"" + home.alias +
                                 "\" with another definition: " + difference(*other, *add.definition));
    }
    if (there.durable) {
        remove_durable(there, id);
    } else {
        const Lock lock(*this);
        remove_memory(there, there.memory->find(id), id);
    }
}

AddOutcome Engine::add_pending(PendingAdd add) {
    const auto found = find_pending(add.spec.store, add.definition->id);
    if (found == pending_.end()) {
        pending_.push_back(std::move(add));
        return {.result = AddOutcome::Result::pending, .task = view(pending_.back())};
    }
    const bool equal =
        canonical_json(*found->definition) == canonical_json(*add.definition) && !add.spec.local_function;
    if (equal && add.mode == AddMode::keep_if_equal) {
        if (add.spec.release) releases_.push_back(std::move(add.spec.release));
        return {.result = AddOutcome::Result::unchanged, .task = view(*found)};
    }
    if (add.mode == AddMode::keep_if_equal) {
        fail(Code::conflict, "task \"" + add.definition->id + "\" is already declared with another definition: " +
                                 difference(*found->definition, *add.definition));
    }
    if (found->spec.release) releases_.push_back(std::move(found->spec.release));
    *found = std::move(add);
    return {.result = AddOutcome::Result::pending, .task = view(*found)};
}

AddOutcome Engine::add_memory(StoreSlot& store, PendingAdd add) {
    MemoryStore& memory = *store.memory;
    const Now now = now_of(store, read_clock());
    const std::string& id = add.definition->id;
    if (const MemoryIndex index = memory.find(id); index != MemoryStore::kNone) {
        const Definition& stored = *memory.at(index).definition;
        if (add.mode == AddMode::replace) return replace_memory(store, index, std::move(add), now);
        if (canonical_json(stored) != canonical_json(*add.definition) || add.spec.local_function) {
            fail(Code::conflict, "task \"" + id + "\" exists in store \"" + store.alias +
                                     "\" with another definition: " + difference(stored, *add.definition));
        }
        if (add.spec.release) releases_.push_back(std::move(add.spec.release));
        return {.result = AddOutcome::Result::unchanged, .task = view(store, index)};
    }
    std::optional<PlannedMiss> miss;
    const TaskState state = first_state(*add.definition, random_number() >> 1U, add.spec.next_run_time, now, miss);
    const std::uint16_t executor = executor_index(add.definition->executor);
    const MemoryIndex index = memory.add(add.definition, state, executor);
    MemoryTask& task = memory.at(index);
    task.function = functions_.intern(add.definition->function);
    task.token = add.spec.token;
    task.release = std::move(add.spec.release);
    emit(EventCode::task_added, store.alias, id);
    AddOutcome outcome{.result = AddOutcome::Result::created, .task = view(store, index)};
    if (miss) {
        std::vector<MemoryMiss> misses{{index, *miss}};
        record_misses(index_of(store), misses, now);
    } else {
        if (state.status == TaskStatus::finished)
            tell_if_given_up(store.alias, *add.definition, now.wall, state.anchor);
        memory.end_if_over(index);
        collect_gone(memory);
        wake_for(state, now);
    }
    return outcome;
}

AddOutcome Engine::replace_memory(StoreSlot& store, MemoryIndex index, PendingAdd add, const Now& now) {
    MemoryTask& task = store.memory->at(index);
    const bool other_trigger = !same_trigger(*task.definition, *add.definition);
    const bool was_paused = task.status == TaskStatus::paused;
    TaskState state = task.state();
    if (other_trigger || add.spec.next_run_time) {
        std::optional<PlannedMiss> miss;
        const TaskState first = first_state(*add.definition, task.uid, add.spec.next_run_time, now, miss);
        state = was_paused && !add.spec.next_run_time ? paused_state(first) : first;
    }
    if (other_trigger) rebase_memory(store, index, now);
    store.memory->redefine(index, add.definition, executor_index(add.definition->executor));
    store.memory->reschedule(index, state, other_trigger);
    task.function = functions_.intern(add.definition->function);
    set_token(task, add.spec.token, std::move(add.spec.release));
    emit(EventCode::task_modified, store.alias, add.definition->id);
    wake_for(state, now);
    return {.result = AddOutcome::Result::replaced, .task = view(store, index)};
}

void Engine::set_token(MemoryTask& task, std::uint64_t token, std::function<void()> release) {
    if (task.release) releases_.push_back(std::move(task.release));
    task.token = token;
    task.release = std::move(release);
}

// Something may be due earlier than the loop sleeps until, or is to be asked.
void Engine::wake_for(const TaskState& state, const Now& now) {
    if (!state.next_due) {
        if (state.status == TaskStatus::active) signal_locked();
        return;
    }
    const Instant due =
        state.clock == ClockLine::elapsed ? saturating_add(*state.next_due, now.shift()) : *state.next_due;
    if (due < armed_) signal_locked();
}

AddOutcome Engine::add_durable(StoreSlot& store, PendingAdd& add, bool starting) {
    DurableSlot& durable = *store.durable;
    const Now now = now_of(store, read_clock());
    const std::string& id = add.definition->id;
    Batch batch;
    Add& request = batch.adds.emplace_back();
    {
        const Lock lock(*this);
        request.definition = add.definition;
        request.state = first_state(*add.definition, random_number() >> 1U, add.spec.next_run_time, now, request.miss);
        request.on_existing = add.mode == AddMode::replace ? OnExisting::replace : OnExisting::keep_if_equal;
        request.derived_id = add.derived_id && !durable.derived_ids.contains(id);
        request.now_wall = now.wall;
    }
    const std::optional<PlannedMiss> miss = request.miss;
    batch = apply(store, std::move(batch));
    const Add& answer = batch.adds.front();
    const Lock lock(*this);
    if (answer.result == Add::Result::conflict) {
        std::string what = "task \"" + id + "\" exists in store \"" + store.alias +
                           "\" with another definition: " + difference(*answer.task.definition, *add.definition);
        if (add.derived_id) what += "; two tasks of one function need ids of their own";
        if (!starting || add.on_conflict == OnConflict::raise) fail(Code::conflict, what);
        emit(EventCode::task_conflict, store.alias, id, what + "; the stored task stays");
    }
    if (add.derived_id) durable.derived_ids.insert(id);
    learn_lane(index_of(store), answer.task);
    ask_durable(index_of(store), answer.task);
    if (state_ == SchedulerState::running || state_ == SchedulerState::paused) report_unrunnable(index_of(store));
    AddOutcome outcome{.result = AddOutcome::Result::unchanged, .task = view(store, answer.task)};
    if (answer.result == Add::Result::created) {
        outcome.result = AddOutcome::Result::created;
        emit(EventCode::task_added, store.alias, id);
        if (miss) emit_miss(store.alias, id, *miss, 0, now.wall);
        const TaskState& state = answer.task.state;
        if (state.status == TaskStatus::finished && !miss) {
            tell_if_given_up(store.alias, *add.definition, now.wall, state.anchor);
        }
    } else if (answer.result == Add::Result::replaced) {
        outcome.result = AddOutcome::Result::replaced;
        emit(EventCode::task_modified, store.alias, id);
    }
    return outcome;
}

}  // namespace uvsched
