// Custom triggers: their functions are asked for the next times of tasks, and what they answer is put into effect.
#include <algorithm>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/plan/known_times.hpp"
#include "core/triggers/custom.hpp"

namespace uvsched {
namespace {

bool is_asking(const Definition& definition, const TaskState& state) {
    return state.status == TaskStatus::active && !state.next_due && definition.trigger->asked();
}

std::string subject(const Ask& ask) {
    return "trigger \"" + ask.trigger().name() + "\" of task \"" + ask.definition->id + "\"";
}

// What is wrong with the time that a function gave; empty where nothing is.
std::string fault(const Ask& ask, Instant time) {
    const auto previous = ask.previous();
    if (previous && time <= *previous) {
        return "gave " + format_utc(time) + ", which is not later than its previous time, " + format_utc(*previous);
    }
    if (!previous && time < ask.now) {
        return "gave " + format_utc(time) + ", which lies before " + format_utc(ask.now) + ", from when it was asked";
    }
    if (time >= kHorizon) return "gave " + format_utc(time) + ", which does not lie in 1970 to 2199";
    return {};
}

}  // namespace

// ---- functions ----

void Engine::register_trigger(const std::string& name, TriggerFunction function, bool replace) {
    validate_text("trigger", name);
    Lock lock(*this);
    auto& entry = triggers_[name];
    if (entry && !replace) fail(Code::already, "trigger \"" + name + "\" is already registered: unregister it first");
    let_go(std::move(entry));
    entry = std::shared_ptr<const TriggerFunction>(new TriggerFunction(std::move(function)), [](auto* gone) {
        if (gone->release) gone->release();
        delete gone;
    });
    for (Ask* const ask : asks_.waiting_for(name)) {
        ask->function = entry;
        put_question(*ask);
    }
    signal_locked();
}

void Engine::unregister_trigger(const std::string& name) {
    const Lock lock(*this);
    const auto found = triggers_.find(name);
    if (found == triggers_.end()) fail(Code::not_found, "trigger \"" + name + "\" is not registered");
    let_go(std::move(found->second));
    triggers_.erase(found);
}

// The function is released when the lock is gone, if this was its last use.
void Engine::let_go(std::shared_ptr<const TriggerFunction> function) {
    if (function) releases_.emplace_back([function = std::move(function)] {});
}

void Engine::check_trigger(const Trigger& trigger) const {
    if (!trigger.asked()) return;
    const std::string& name = static_cast<const CustomTrigger&>(trigger).name();
    const std::lock_guard lock(mutex_);
    if (!triggers_.contains(name)) {
        fail(Code::not_found, "trigger \"" + name + "\" is not registered: register its function first");
    }
}

// ---- asking ----

void Engine::ask_durable(std::uint16_t store, const StoredTask& task) {
    if (!task.definition || !is_asking(*task.definition, task.state)) return;
    want({.store = store, .index = MemoryStore::kNone, .definition = task.definition, .state = task.state});
}

void Engine::ask_memory() {
    for (std::uint16_t i = 0; i < store_count(); ++i) {
        if (!stores_[i].memory) continue;
        for (const MemoryIndex index : stores_[i].memory->take_asking()) {
            const MemoryTask& task = stores_[i].memory->at(index);
            if (!task.asking) continue;
            want({.store = i, .index = index, .definition = task.owner, .state = task.state()});
        }
    }
}

void Engine::want(Ask ask) {
    if (stop_requested_) return;  // the next start asks
    const std::string& name = static_cast<const CustomTrigger&>(*ask.definition->trigger).name();
    if (const auto found = triggers_.find(name); found != triggers_.end()) ask.function = found->second;
    if (ask.state.next_slot) ask.until = clock_->wall();
    std::vector<Ask> old;
    Ask* const added = asks_.add(std::move(ask), old);
    for (Ask& gone : old) let_go(std::move(gone.function));
    if (added == nullptr) return;
    if (added->function) {
        put_question(*added);
    } else {
        emit(EventCode::task_unrunnable, stores_[added->store].alias, added->definition->id,
             "trigger \"" + name + "\" is not registered in this process; the task waits for it");
    }
    signal_locked();
}

void Engine::put_question(Ask& ask) {
    ask.now = ask.previous() ? clock_->wall() : ask.from();
    if (ask.function->queue) {
        ask.function->queue->push_ask(std::make_shared<TriggerAsk>(question(ask)));
    } else {
        asks_.enqueue(ask.id);
        call_next();
    }
}

TriggerAsk Engine::question(const Ask& ask) {
    const CustomTrigger& trigger = ask.trigger();
    return {.id = ask.id,
            .task_id = ask.definition->id,
            .name = trigger.name(),
            .arguments = trigger.arguments(),
            .timezone = trigger.timezone(),
            .token = ask.function->token,
            .previous = ask.previous(),
            .now = ask.now,
            .error = {}};
}

// The next native call, if none is under way.
void Engine::call_next() {
    Ask* const ask = asks_.next_call();
    if (ask == nullptr) return;
    if (!trigger_thread_) {
        trigger_thread_.emplace(this, [self = weak_from_this()](TriggerAnswer&& answer) {
            if (const auto engine = self.lock()) engine->answered({&answer, 1});
        });
    }
    try {
        trigger_thread_->call(ask->function, question(*ask));
    } catch (const std::system_error& error) {
        asks_.enqueue(ask->id);  // the next question tries again
        emit(EventCode::trigger_error, stores_[ask->store].alias, ask->definition->id,
             subject(*ask) + " waits: there is no thread to ask it on: " + error.what());
        return;
    }
    asks_.set_calling(ask->id);
    asks_.begin(*ask, clock_->elapsed());
}

void Engine::asked(std::span<const std::uint64_t> asks) {
    if (forked_.load(std::memory_order_relaxed)) return;
    const Lock lock(*this);
    const Micros elapsed = clock_->elapsed();
    for (const std::uint64_t id : asks) {
        if (Ask* const ask = asks_.find(id)) asks_.begin(*ask, elapsed);
    }
    signal_locked();  // the loop sleeps until the deadline at the longest
}

// ---- answers ----

void Engine::answered(std::span<TriggerAnswer> answers) {
    if (forked_.load(std::memory_order_relaxed)) return;
    const Lock lock(*this);
    for (TriggerAnswer& answer : answers) {
        if (asks_.find(answer.ask) == nullptr) continue;
        Ask ask = asks_.take(answer.ask);
        answered(std::move(ask), std::move(answer));
    }
    call_next();
    progress_locked();
}

void Engine::answered(Ask ask, TriggerAnswer answer) {
    using Kind = TriggerAnswer::Kind;
    if (answer.kind == Kind::time && answer.time > ask.trigger().end_at().value_or(kLatest)) answer.kind = Kind::never;
    if (ask.obsolete) {
        let_go(std::move(ask.function));
        return;
    }
    if (answer.kind == Kind::failed) {
        give_up(std::move(ask), answer.error.empty() ? "failed" : "failed: " + answer.error);
        return;
    }
    if (answer.kind == Kind::time) {
        if (std::string what = fault(ask, answer.time); !what.empty()) {
            give_up(std::move(ask), std::move(what));
            return;
        }
        ask.times.push_back(answer.time);
        if (ask.until && answer.time <= *ask.until) {
            // Beyond what is counted, only what comes after the present matters.
            ask.cut = static_cast<std::int64_t>(ask.times.size()) >= kCountLimit;
            put_question(asks_.renew(std::move(ask)));
            return;
        }
    }
    let_go(std::move(ask.function));
    if (stores_[ask.store].memory) {
        answer_memory(ask, answer.kind == Kind::never);
    } else {
        answer_durable(ask, answer.kind == Kind::never);
    }
}

MemoryTask* Engine::asking_task(const Ask& ask) {
    MemoryTask& task = stores_[ask.store].memory->at(ask.index);
    return task.asking && task.uid == ask.state.uid && task.rev == ask.state.rev ? &task : nullptr;
}

void Engine::answer_memory(const Ask& ask, bool ended) {
    StoreSlot& store = stores_[ask.store];
    if (asking_task(ask) == nullptr) return;
    if (ask.state.next_slot) {
        store.memory->know(ask.index, std::make_shared<KnownTimes>(ask.definition->trigger, ask.times, ended, ask.cut));
        signal_locked();
        return;
    }
    const TaskState state = answered_state(ask, ended);
    store.memory->reschedule(ask.index, state, false);
    if (store.memory->end_if_over(ask.index)) {
        emit(EventCode::task_finished, store.alias, ask.definition->id);
        emit(EventCode::task_removed, store.alias, ask.definition->id);
        collect_gone(*store.memory);
    }
    wake_for(state, now_of(store, read_clock()));
}

void Engine::answer_durable(const Ask& ask, bool ended) {
    if (ask.state.next_slot) {
        StoreRequest request;
        request.piles.push_back(
            {.id = ask.definition->id,
             .rev = ask.state.rev,
             .times = std::make_shared<KnownTimes>(ask.definition->trigger, ask.times, ended, ask.cut)});
        request.done = [this, index = ask.store](StoreReply&& reply) { claimed(index, std::move(reply)); };
        post_answer(ask.store, std::move(request));
        return;
    }
    StoreRequest request;
    request.batch.changes.push_back(answer_change(ask, answered_state(ask, ended)));
    request.done = [this, index = ask.store, ended](StoreReply&& reply) {
        if (reply.error || !ended) return;
        const Change& change = reply.batch.changes.front();
        if (change.outcome == Outcome::done) emit(EventCode::task_finished, stores_[index].alias, change.id);
    };
    post_answer(ask.store, std::move(request));
}

TaskState Engine::answered_state(const Ask& ask, bool ended) {
    TaskState state = ask.state;
    if (ended) {
        state.status = TaskStatus::finished;
    } else {
        state.next_slot = ask.times.front();
        state.next_due = due_time(*ask.definition->trigger, state.uid, *state.next_slot, state.anchor);
    }
    return state;
}

Change Engine::answer_change(const Ask& ask, TaskState state) const {
    Change change;
    change.id = ask.definition->id;
    change.rev = ask.state.rev;
    change.state = std::move(state);
    change.now_wall = clock_->wall();
    return change;
}

void Engine::post_answer(std::uint16_t store, StoreRequest request) {
    DurableSlot& durable = *stores_[store].durable;
    ++durable.unflushed;
    request.retry = true;
    request.done = [this, &durable, done = std::move(request.done)](StoreReply&& reply) {
        done(std::move(reply));
        const Lock lock(*this);
        --durable.unflushed;
        signal_locked();
    };
    durable.thread->post(std::move(request));
}

// ---- failures ----

// The task is paused until somebody resumes or changes it: a trigger that is wrong hurts its own task alone.
void Engine::give_up(Ask ask, std::string what) {
    let_go(std::move(ask.function));
    StoreSlot& store = stores_[ask.store];
    const Now now = now_of(store, read_clock());
    what = subject(ask) + " " + what;
    // The slot behind which times may have piled up is lost with them; else no due time is.
    const Instant slot = ask.state.next_slot.value_or(now.wall);
    const PlannedMiss miss{.state = FireState::missed,
                           .reason = Reason::trigger_failed,
                           .first = slot,
                           .last = slot,
                           .count = ask.state.next_slot ? 1 : 0,
                           .exact = !ask.state.next_slot};
    if (store.memory) {
        if (asking_task(ask) == nullptr) return;
        store.memory->record({ask.index, miss}, now, what);
        store.memory->reschedule(ask.index, paused_state(ask.state), false);
        tell_paused(ask.store, ask.definition->id, what, miss.count);
        return;
    }
    StoreRequest request;
    Change& change = request.batch.changes.emplace_back(answer_change(ask, paused_state(ask.state)));
    change.miss = miss;
    change.error = what;
    request.done = [this, index = ask.store](StoreReply&& reply) {
        if (reply.error) return;
        const Change& answer = reply.batch.changes.front();
        if (answer.outcome != Outcome::done) return;
        const Lock lock(*this);
        tell_paused(index, answer.id, answer.error, answer.miss->count);
    };
    post_answer(ask.store, std::move(request));
}

void Engine::tell_paused(std::uint16_t store, const std::string& id, const std::string& what, std::int64_t lost) {
    stats_.missed += lost;
    if (!bus_.wants(EventCode::trigger_error)) return;
    Event event;
    event.code = EventCode::trigger_error;
    event.at = clock_->wall();
    event.alias = stores_[store].alias;
    event.task_id = id;
    event.reason = Reason::trigger_failed;
    event.count = lost;
    event.message = what + "; the task is paused until it is resumed or changed";
    bus_.emit(std::move(event));
}

void Engine::expire_asks(const Now& raw) {
    for (const std::uint64_t id : asks_.overdue(raw.elapsed)) {
        if (asks_.calling() == id) trigger_thread_->abandon();
        Ask ask = asks_.take(id);
        if (ask.obsolete) {
            let_go(std::move(ask.function));
        } else {
            give_up(std::move(ask), "did not answer within " + std::to_string(kTriggerDeadline / kSecond) + " s");
        }
    }
    call_next();
}

Instant Engine::ask_deadline(const Now& raw) const {
    const auto first = asks_.first_deadline();
    return first ? saturating_add(*first, raw.shift()) : kLatest;
}

// ---- the scheduler's life ----

// Nobody waits for an answer any more; the next start asks again.
void Engine::forget_asks() {
    const Lock lock(*this);
    if (asks_.calling() != 0) trigger_thread_->abandon();
    for (Ask& ask : asks_.take_all()) {
        if (stores_[ask.store].memory && asking_task(ask) != nullptr) stores_[ask.store].memory->ask(ask.index);
        let_go(std::move(ask.function));
    }
    trigger_thread_.reset();
}

// Where nobody takes the questions of a queue, there is nothing to wait for.
bool Engine::asks_under_way() const {
    bool any = false;
    asks_.each([&](const Ask& ask) {
        any = any || ask.begun || (ask.function && (!ask.function->queue || ask.function->queue->attended()));
    });
    return any;
}

}  // namespace uvsched
