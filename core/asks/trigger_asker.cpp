#include "core/asks/trigger_asker.hpp"

#include <utility>

#include "core/base/memory.hpp"
#include "core/triggers/custom.hpp"

namespace uvsched {
namespace {

std::string subject(const Ask& ask) {
    return "trigger \"" + ask.trigger().name() + "\" of task \"" + ask.definition->id + "\"";
}

// The fault of the time that a function gave; empty if the time is good.
std::string fault(const Ask& ask, Instant time) {
    const auto previous = ask.previous();
    if (previous && time <= *previous) {
        return "gave " + format_utc(time) + ", which is not later than its previous time, " + format_utc(*previous);
    }
    if (!previous && time < ask.now) {
        return "gave " + format_utc(time) + ", which is before " + format_utc(ask.now) + ", the time of the question";
    }
    if (time >= kHorizon) return "gave " + format_utc(time) + ", which is not in the years 1970 to 2199";
    return {};
}

TriggerAsk question(const Ask& ask) {
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

}  // namespace

bool is_asking(const Definition& definition, const TaskState& state) {
    return state.status == TaskStatus::active && !state.next_due && definition.trigger->must_be_asked();
}

// ---- functions ----

void TriggerAsker::add(const std::string& name, TriggerFunction function, bool replace) {
    if (functions_.contains(name) && !replace) {
        fail(Code::already, "trigger \"" + name + "\" is already registered: unregister it first");
    }
    auto release = std::exchange(function.release, {});
    const std::shared_ptr<TriggerFunction> made(new TriggerFunction(std::move(function)), [](TriggerFunction* gone) {
        if (gone->release) gone->release();
        delete gone;
    });
    const std::vector<Ask*> waiting = asks_.waiting_for(name);
    let_go(std::exchange(functions_[name], made));
    made->release = std::move(release);  // last, when nothing can fail any more
    for (Ask* const ask : waiting) {
        ask->function = made;
        put(*ask);
    }
    shared_.alarm.wake();
}

void TriggerAsker::remove(const std::string& name) {
    const auto found = functions_.find(name);
    if (found == functions_.end()) fail(Code::not_found, "trigger \"" + name + "\" is not registered");
    let_go(std::move(found->second));
    functions_.erase(found);
}

void TriggerAsker::clear() {
    for (auto& [name, function] : functions_) let_go(std::move(function));
    functions_.clear();
    insist([&] {
        for (Ask& ask : asks_.take_all()) let_go(std::move(ask.function));
    });
}

// If this was the last use of the function, it is released when the lock is released.
void TriggerAsker::let_go(std::shared_ptr<const TriggerFunction> function) noexcept {
    if (function) insist([&] { shared_.releases.emplace_back([function] {}); });
}

void TriggerAsker::check(const Trigger& trigger) const {
    if (!trigger.must_be_asked()) return;
    const std::string& name = static_cast<const CustomTrigger&>(trigger).name();
    if (!functions_.contains(name)) {
        fail(Code::not_found, "trigger \"" + name + "\" is not registered: register its function first");
    }
}

// ---- asking ----

void TriggerAsker::want(Ask ask) {
    if (life_.ending()) return;  // the next start asks
    const std::string& name = static_cast<const CustomTrigger&>(*ask.definition->trigger).name();
    if (const auto found = functions_.find(name); found != functions_.end()) ask.function = found->second;
    if (ask.state.next_slot) ask.until = shared_.clock->wall();
    std::vector<Ask> old;
    Ask* const added = asks_.add(std::move(ask), old);
    for (Ask& gone : old) let_go(std::move(gone.function));
    if (added == nullptr) return;
    if (added->function) {
        put(*added);
    } else if (!added->reported) {
        shared_.notices.tell(EventCode::task_unrunnable, added->home->alias_of(*added), added->definition->id,
                             "trigger \"" + name + "\" is not registered in this process; the task waits for it");
    }
    shared_.alarm.wake();
}

// If there is no memory for that, the next turn does it.
void TriggerAsker::put(Ask& ask) noexcept {
    try {
        ask.now = ask.previous() ? shared_.clock->wall() : ask.from();
        if (ask.function->queue) {
            ask.function->queue->push_ask(std::make_shared<TriggerAsk>(question(ask)));
        } else {
            asks_.enqueue(ask.id);
        }
        ask.put = true;
    } catch (const std::bad_alloc&) {
        unput_ = true;
        shared_.lack_memory();
    }
    call_next();
}

void TriggerAsker::put_again() noexcept {
    if (!std::exchange(unput_, false)) return;
    asks_.each([this](Ask& ask) {
        if (ask.function && !ask.put) put(ask);
    });
}

// The next native call, if none is under way. If memory or a thread is lacking, the next turn makes it.
void TriggerAsker::call_next() noexcept {
    Ask* const ask = asks_.next_call();
    if (ask == nullptr) return;
    try {
        if (!thread_) thread_.emplace(owner_, bring_, own_thread_);
        thread_->call(ask->function, question(*ask));
    } catch (const std::bad_alloc&) {
        shared_.lack_memory();
        return;
    } catch (const Error& error) {
        shared_.shortage.note();
        tell_lack(*ask, error);
        return;
    }
    lacks_thread_ = false;
    asks_.set_calling(*ask, shared_.clock->elapsed());
    if (!own_thread_) shared_.alarm.wake();  // the caller's thread makes the call
}

// Once, until there is a thread.
void TriggerAsker::tell_lack(const Ask& ask, const Error& error) noexcept {
    if (lacks_thread_) return;
    try {
        shared_.notices.tell(EventCode::resource_error, ask.home->alias_of(ask), ask.definition->id,
                             subject(ask) + " is not asked yet: " + error.message());
        lacks_thread_ = true;
    } catch (const std::bad_alloc&) {
        shared_.lack_memory();
    }
}

void TriggerAsker::taken(std::span<const std::uint64_t> asks) noexcept {
    const Micros elapsed = shared_.clock->elapsed();
    for (const std::uint64_t id : asks) {
        if (Ask* const ask = asks_.find(id)) asks_.begin(*ask, elapsed);
    }
    shared_.alarm.wake();  // the loop sleeps until the deadline at the longest
}

// ---- answers ----

void TriggerAsker::answered(std::span<TriggerAnswer> answers) {
    for (TriggerAnswer& answer : answers) {
        if (asks_.find(answer.ask) == nullptr) continue;
        Ask ask = asks_.take(answer.ask);
        const Ask again{.home = ask.home, .index = ask.index, .definition = ask.definition, .state = ask.state};
        const std::shared_ptr<const TriggerFunction> function = ask.function;
        try {
            answered(std::move(ask), std::move(answer));
        } catch (const std::bad_alloc&) {
            // The answer is lost: the function is asked once more, now or after the next start.
            shared_.lack_memory();
            let_go(function);
            insist([&] { life_.ending() ? again.home->forget(again) : want(again); });
        }
    }
    call_next();
}

void TriggerAsker::answered(Ask ask, TriggerAnswer answer) {
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
        if (const std::string what = fault(ask, answer.time); !what.empty()) {
            give_up(std::move(ask), what);
            return;
        }
        ask.times.push_back(answer.time);
        if (ask.until && answer.time <= *ask.until) {
            // Beyond the times that are counted, only times after the present matter.
            ask.cut = static_cast<std::int64_t>(ask.times.size()) >= kCountLimit;
            put(asks_.renew(std::move(ask)));
            return;
        }
    }
    let_go(std::move(ask.function));
    ask.home->answer(ask, answer.kind == Kind::never);
}

// A faulty trigger stops its own task only.
void TriggerAsker::give_up(Ask ask, const std::string& what) {
    let_go(std::move(ask.function));
    ask.home->give_up(ask, subject(ask) + " " + what);
}

void TriggerAsker::expire(const Now& now) {
    for (const std::uint64_t id : asks_.overdue(now.elapsed)) {
        const Ask& ask = *asks_.find(id);
        // If there is no memory for that, the ask stays, and is overdue in the next turn too.
        if (!ask.obsolete) {
            ask.home->give_up(
                ask, subject(ask) + " did not answer within " + std::to_string(kTriggerDeadline / kSecond) + " s");
        }
        if (asks_.calling() == id) thread_->abandon();
        let_go(asks_.take(id).function);
    }
    put_again();
    call_next();
}

Instant TriggerAsker::deadline(const Now& now) const {
    const auto first = asks_.first_deadline();
    return first ? saturating_add(*first, now.to_wall()) : kLatest;
}

// A queue without a consumer gives no answer.
bool TriggerAsker::any_under_way() const {
    bool any = false;
    asks_.each([&](const Ask& ask) {
        any = any || ask.begun || (ask.function && (!ask.function->queue || ask.function->queue->attended()));
    });
    return any;
}

void TriggerAsker::forget(const AskHome& home) noexcept {
    std::vector<std::uint64_t> idle;
    insist([&] {
        idle.clear();
        asks_.each([&](Ask& ask) {
            if (ask.home != &home) return;
            ask.obsolete = true;
            if (!ask.begun) idle.push_back(ask.id);
        });
    });
    for (const std::uint64_t id : idle) let_go(asks_.take(id).function);
}

void TriggerAsker::forget_all() {
    if (asks_.calling() != 0) thread_->abandon();
    std::vector<Ask> all;
    insist([&] { all = asks_.take_all(); });
    for (Ask& ask : all) {
        if (!ask.obsolete) insist([&] { ask.home->forget(ask); });
        let_go(std::move(ask.function));
    }
    thread_.reset();
}

}  // namespace uvsched
