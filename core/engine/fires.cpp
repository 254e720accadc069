// Runs from claim to end, whichever store they come from.
#include <utility>

#include "core/engine/engine.hpp"
#include "core/triggers/combine.hpp"

namespace uvsched {
namespace {

EventCode end_code(FireState state) {
    switch (state) {
        case FireState::done:
            return EventCode::task_executed;
        case FireState::cancelled:
            return EventCode::task_cancelled;
        default:
            return EventCode::task_error;
    }
}

}  // namespace

// ---- made ----

void Engine::fill_run(RunSlot& slot, const Definition& task, FunctionVersion* function) {
    Run& run = slot.run;
    run.task = &task;
    slot.function = function;
    FunctionTable::pin(function);
    run.function = function == nullptr ? nullptr : function->function.call;
    run.user_data = function == nullptr ? nullptr : function->function.user_data;
    run.function_token = function == nullptr ? 0 : function->function.token;
    run.store = &stores_[slot.store].alias;
    run.started = 0;
    ++executors_[slot.executor].reserved;
    ++stats_.fires;
}

RunSlot& Engine::make_memory_run(std::uint16_t store, const MemoryFire& fire, const Now& now) {
    RunSlot& slot = runs_.make();
    const MemoryTask& task = stores_[store].memory->at(fire.task);
    slot.store = store;
    slot.executor = task.executor;
    slot.shift = task.clock == ClockLine::elapsed ? now.shift() : 0;
    slot.claimed_at = now.wall;
    slot.fire = fire;
    fill_run(slot, *task.definition, task.function->current);
    Run& run = slot.run;
    run.task_token = task.token;
    run.store_hash = 0;
    run.key = fire.key;
    const bool manual = fire.key.kind == FireKind::manual;
    run.scheduled = manual ? now.wall : fire.last + slot.shift;
    run.first = manual ? now.wall : fire.key.slot + slot.shift;
    run.folded = fire.folded;
    run.exact = fire.exact;
    run.attempt = fire.attempt;
    if (bus_.wants(EventCode::task_submitted)) emit_run(EventCode::task_submitted, slot, now.wall);
    return slot;
}

RunSlot& Engine::make_durable_run(std::uint16_t store, const OpenFire& fire, const Now& now) {
    RunSlot& slot = runs_.make();
    const Definition& task = *fire.task.definition;
    slot.store = store;
    slot.executor = 0;
    for (std::uint16_t i = 0; i < executor_count(); ++i) {
        if (executors_[i].alias == task.executor) slot.executor = i;
    }
    slot.shift = fire.task.state.clock == ClockLine::elapsed ? now.shift() : 0;
    slot.claimed_at = now.wall;
    slot.definition = fire.task.definition;
    slot.ref = {.task = fire.task.number, .key = fire.key, .token = fire.token};
    fill_run(slot, task, functions_.intern(task.function)->current);
    Run& run = slot.run;
    run.task_token = 0;
    run.store_hash = stores_[store].durable->store_hash;
    run.key = fire.key;
    const bool manual = fire.key.kind == FireKind::manual;
    run.scheduled = manual ? now.wall : fire.last_slot + slot.shift;
    run.first = manual ? now.wall : fire.key.slot + slot.shift;
    run.folded = fire.folded;
    run.exact = fire.exact;
    run.attempt = std::max(1, fire.attempt);
    return slot;
}

void Engine::free_run(RunSlot& slot) {
    functions_.unpin(slot.function, releases_);
    runs_.free(slot);
}

// ---- ended ----

void Engine::finished(std::span<RunResult> results) {
    if (forked_.load(std::memory_order_relaxed)) return;
    Lock lock(*this);
    const Instant now = clock_->wall();
    for (RunResult& result : results) {
        RunSlot* const slot = runs_.find(result.run);
        if (slot != nullptr) finish_locked(*slot, result.state, std::move(result.result), std::move(result.error), now);
    }
    flush_outboxes();
    progress_locked();
}

// Something ended: wakes the loop where that may matter to it.
void Engine::progress_locked() {
    bool wake = idle_asked_ != idle_told_ || stop_requested_;
    for (const StoreSlot& store : stores_) {
        wake = wake || (store.memory && store.memory->has_ready(rooms_));
    }
    if (wake) signal_locked();
}

void Engine::finish_locked(RunSlot& slot, FireState state, std::string&& result, std::string&& error, Instant now) {
    ++stats_.finished;
    const bool uncallable = slot.run.function == nullptr && !executors_[slot.executor].queue;
    const Reason reason = uncallable                      ? Reason::not_callable
                          : state == FireState::cancelled ? Reason::cancelled
                                                          : Reason::none;
    if (stores_[slot.store].memory) {
        finish_memory(slot, state, reason, result, error, now);
    } else {
        finish_durable(slot, state, reason, std::move(result), std::move(error), now);
    }
}

void Engine::finish_memory(RunSlot& slot, FireState state, Reason reason, std::string& result, std::string& error,
                           Instant now) {
    StoreSlot& store = stores_[slot.store];
    if (bus_.wants(end_code(state))) {
        Event event = run_event(end_code(state), slot, now);
        event.reason = reason;
        event.result = result;
        event.message = error;
        bus_.emit(std::move(event));
    }
    if (MemoryHistoryRow* const row = store.memory->record(slot.fire)) {
        row->shift = slot.shift;
        row->state = state;
        row->reason = reason;
        row->claimed_at = slot.claimed_at;
        row->started_at = slot.run.started == 0 ? slot.claimed_at : slot.run.started;
        row->finished_at = now;
        if (!result.empty() || !error.empty()) {
            row->texts =
                std::make_unique<MemoryHistoryRow::Texts>(MemoryHistoryRow::Texts{std::move(result), std::move(error)});
        }
    }
    const bool wants = bus_.wants(EventCode::task_finished) || bus_.wants(EventCode::task_removed);
    const std::string id = wants ? slot.run.task->id : std::string();
    const MemoryTask& task = store.memory->at(slot.fire.task);
    if (task.status == TaskStatus::finished && task.busy == 1) {
        tell_if_given_up(store.alias, *task.definition, slot.fire.last, task.anchor);
    }
    if (store.memory->finish(slot.fire)) {
        emit(EventCode::task_finished, store.alias, id);
        emit(EventCode::task_removed, store.alias, id);
    }
    free_run(slot);
    collect_gone(*store.memory);
}

void Engine::finish_durable(RunSlot& slot, FireState state, Reason reason, std::string&& result, std::string&& error,
                            Instant now) {
    if (bus_.wants(end_code(state))) {
        Event event = run_event(end_code(state), slot, now);
        event.reason = reason;
        event.result = result;
        event.message = error;
        outbox_events_[slot.store].push_back(std::move(event));
    }
    outbox_[slot.store].push_back({.fire = slot.ref,
                                   .state = state,
                                   .reason = reason,
                                   .result = std::move(result),
                                   .error = std::move(error),
                                   .started_at = slot.run.started == 0 ? slot.claimed_at : slot.run.started,
                                   .now_wall = now,
                                   .outcome = Outcome::none});
    free_run(slot);
}

void Engine::flush_outboxes() {
    for (std::uint16_t i = 0; i < store_count(); ++i) {
        if (outbox_[i].empty()) continue;
        DurableSlot& durable = *stores_[i].durable;
        ++durable.unflushed;
        StoreRequest request;
        request.batch.finishes = std::exchange(outbox_[i], {});
        request.retry = true;
        request.done = [this, &durable, events = std::exchange(outbox_events_[i], {})](StoreReply&&) mutable {
            // Told only now, so that who hears of an end finds it in the ledger.
            for (Event& event : events) bus_.emit(std::move(event));
            const std::lock_guard lock(mutex_);
            --durable.unflushed;
            progress_locked();
        };
        durable.thread->post(std::move(request));
    }
}

// ---- came back unstarted ----

void Engine::returned(std::span<Run* const> runs) {
    if (forked_.load(std::memory_order_relaxed)) return;
    Lock lock(*this);
    std::vector<std::vector<Release>> releases(stores_.size());
    for (const Run* run : runs) {
        if (RunSlot* const slot = runs_.find(run->id)) return_locked(*slot, releases);
    }
    for (std::uint16_t i = 0; i < store_count(); ++i) {
        if (!releases[i].empty()) release_durable(i, std::move(releases[i]));
    }
    progress_locked();
}

void Engine::return_locked(RunSlot& slot, std::vector<std::vector<Release>>& releases) {
    --stats_.fires;
    if (stores_[slot.store].memory) {
        stores_[slot.store].memory->release(slot.fire);
    } else {
        releases[slot.store].push_back({.fire = slot.ref, .now_wall = clock_->wall(), .outcome = Outcome::none});
    }
    free_run(slot);
}

// ---- told ----

Event Engine::run_event(EventCode code, const RunSlot& slot, Instant now) const {
    const Run& run = slot.run;
    Event event;
    event.code = code;
    event.at = now;
    event.alias = *run.store;
    event.task_id = run.task->id;
    event.fire_id = fire_id(run.store_hash, run.key).data();
    event.scheduled = run.scheduled;
    event.first = run.first;
    event.count = run.folded;
    event.exact = run.exact;
    event.attempt = run.attempt;
    event.duration = run.started == 0 ? now - slot.claimed_at : now - run.started;
    return event;
}

void Engine::emit_run(EventCode code, const RunSlot& slot, Instant now) { bus_.emit(run_event(code, slot, now)); }

void Engine::record_misses(std::uint16_t store, std::vector<MemoryMiss>& misses, const Now& now) {
    MemoryStore& memory = *stores_[store].memory;
    for (const MemoryMiss& miss : misses) {
        const MemoryTask& task = memory.at(miss.task);
        memory.record(miss, now);
        emit_miss(stores_[store].alias, task.definition->id, miss.miss,
                  task.clock == ClockLine::elapsed ? now.shift() : 0, now.wall);
        const std::string id = task.definition->id;
        if (memory.end_if_over(miss.task)) {
            emit(EventCode::task_finished, stores_[store].alias, id);
            emit(EventCode::task_removed, stores_[store].alias, id);
        }
    }
    collect_gone(memory);
}

void Engine::emit_miss(const std::string& alias, const std::string& id, const PlannedMiss& miss, Micros shift,
                       Instant now) {
    stats_.missed += miss.count;
    const EventCode code =
        miss.reason == Reason::max_instances ? EventCode::task_max_instances : EventCode::task_missed;
    if (!bus_.wants(code)) return;
    Event event;
    event.code = code;
    event.at = now;
    event.alias = alias;
    event.task_id = id;
    event.scheduled = miss.last + shift;
    event.first = miss.first + shift;
    event.count = miss.count;
    event.exact = miss.exact;
    event.reason = miss.reason;
    if (miss.reason == Reason::cancelled) {
        event.message = "the scheduler shuts down, and nobody is there who would run it";
    }
    bus_.emit(std::move(event));
}

void Engine::emit(EventCode code, const std::string& alias, const std::string& id, std::string message) {
    if (!bus_.wants(code)) return;
    Event event;
    event.code = code;
    event.at = clock_->wall();
    event.alias = alias;
    event.task_id = id;
    event.message = std::move(message);
    bus_.emit(std::move(event));
}

// A task without a further time may have one that nobody looks for (SEMANTICS: "And").
void Engine::tell_if_given_up(const std::string& alias, const Definition& task, Instant after, Instant anchor) {
    if (!bus_.wants(EventCode::trigger_error) || !task.trigger->gave_up(after, anchor)) return;
    emit(EventCode::trigger_error, alias, task.id,
         "the triggers of its \"and\" did not meet in " + std::to_string(kMaxRounds) +
             " rounds; the task is finished: " + task.trigger->describe());
}

void Engine::collect_gone(MemoryStore& store) {
    if (!store.any_gone()) return;
    for (auto& release : store.take_gone()) releases_.push_back(std::move(release));
}

}  // namespace uvsched
