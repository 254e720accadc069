#include "core/events/notices.hpp"

#include "core/base/quote.hpp"
#include "core/time/span_text.hpp"
#include "core/triggers/combine.hpp"

namespace uvsched {
namespace {

std::string given_up_text(const Definition& task) {
    return "the search of its \"and\" was given up: its triggers were asked " + std::to_string(kMostAsked) +
           " times and had no time in common; the task is finished: " + shortened(task.trigger->describe(), 200);
}

Event event_about(EventCode code, Instant at, const std::string& alias, const std::string& id) {
    Event event;
    event.code = code;
    event.at = at;
    event.alias = alias;
    event.task_id = id;
    return event;
}

}  // namespace

// ---- runs ----

Event run_event(EventCode code, const Run& run, Instant claimed_at, Instant now) {
    Event event;
    event.code = code;
    event.at = now;
    event.alias = *run.store;
    event.task_id = run.task->id;
    event.task_name = run.task->name;
    event.fire_id = fire_id(run.store_hash, run.key).data();
    event.scheduled = run.scheduled;
    event.first = run.first;
    event.count = run.folded;
    event.exact = run.exact;
    event.attempt = run.attempt;
    event.duration = now - (run.started == 0 ? claimed_at : run.started);
    return event;
}

EventCode end_code(FireState state) noexcept {
    switch (state) {
        case FireState::done:
            return EventCode::task_executed;
        case FireState::cancelled:
            return EventCode::task_cancelled;
        default:
            return EventCode::task_error;
    }
}

Event end_event(const Run& run, FireState state, Reason reason, Instant claimed_at, Instant now) {
    Event event = run_event(end_code(state), run, claimed_at, now);
    event.reason = reason;
    event.result = run.result;
    event.message = run.error;
    return event;
}

void Notices::lease_lost(const Run& run, FireState state, Instant claimed_at, Instant now) noexcept {
    bus_.tell(EventCode::lease_lost, [&] {
        Event event = run_event(EventCode::lease_lost, run, claimed_at, now);
        event.message = std::string("it ended as ") + state_text(state) +
                        " when its fire was not this process's any more: the end is not recorded as the fire's own";
        return event;
    });
}

// ---- due times that are not run ----

void Notices::missed(const std::string& alias, const Definition& task, const PlannedMiss& miss, Micros to_wall,
                     Instant now, std::string_view message) noexcept {
    missed_ += miss.count;
    const EventCode code =
        miss.reason == Reason::max_instances ? EventCode::task_max_instances : EventCode::task_missed;
    bus_.tell(code, [&] {
        Event event;
        event.code = code;
        event.at = now;
        event.alias = alias;
        event.task_id = task.id;
        event.task_name = task.name;
        event.scheduled = saturating_add(miss.last, to_wall);
        event.first = saturating_add(miss.first, to_wall);
        event.count = miss.count;
        event.exact = miss.exact;
        event.reason = miss.reason;
        event.message = message;
        if (miss.reason == Reason::cancelled) {
            event.message = "the scheduler shuts down, and no consumer is attached to run it";
        }
        if (miss.reason == Reason::past_when_added) event.message = past_text(*task.trigger, miss.last, now);
        return event;
    });
}

// A naive time may have been meant in another zone.
std::string Notices::past_text(const Trigger& trigger, Instant date, Instant now) const {
    const TimeZone zone = trigger.zone().value_or(zone_);
    std::string local = format_utc(zone.to_local(date));
    local.pop_back();
    local.replace(local.find('T'), 1, " ");
    return "past_when_added: its time, " + local + " read as " + zone.name() + ", was " + rough_text(now - date) +
           " ago; check its timezone, or let it run late with a longer mistrigger_grace_time";
}

Over why_over(const Definition& task, const PlannedMiss& miss, Instant now) {
    if (miss.reason != Reason::never_fires) return {};
    if (task.trigger->gave_up(now - 1)) return {.why = given_up_text(task), .gave_up = true};
    return {.why = "it will never fire: " + shortened(task.trigger->describe(), 200) + " has no time from " +
                   format_utc(now) + " on; give it another trigger, or delete it"};
}

void Notices::over(const std::string& alias, const Definition& task, const PlannedMiss& miss, const Over& over,
                   const Now& now) noexcept {
    const ClockLine line = task.trigger->elapsed() ? ClockLine::elapsed : ClockLine::wall;
    missed(alias, task, miss, now.to_wall(line), now.wall, over.why);
    if (over.gave_up) tell(EventCode::trigger_error, alias, task.id, over.why);
    tell(EventCode::task_finished, alias, task.id, over.why);
}

void Notices::dropped(const std::string& alias, std::span<const Dropped> dropped, Instant now) noexcept {
    for (const Dropped& each : dropped) {
        missed_ += each.miss.count;
        bus_.tell(EventCode::task_missed, [&] {
            Event event;
            event.code = EventCode::task_missed;
            event.at = now;
            event.alias = alias;
            event.task_id = each.id;
            event.task_name = each.name;
            event.scheduled = each.miss.last;
            event.first = each.miss.first;
            event.count = each.miss.count;
            event.exact = each.miss.exact;
            event.reason = each.miss.reason;
            return event;
        });
    }
}

void Notices::given_up(const std::string& alias, const Definition& task, Instant after) noexcept {
    if (!bus_.wants(EventCode::trigger_error)) return;
    try {
        if (task.trigger->gave_up(after)) tell(EventCode::trigger_error, alias, task.id, given_up_text(task));
    } catch (const std::bad_alloc&) {
        return;
    }
}

void Notices::trigger_failed(const std::string& alias, const std::string& id, const std::string& what,
                             std::int64_t lost) noexcept {
    missed_ += lost;
    bus_.tell(EventCode::trigger_error, [&] {
        Event event = event_about(EventCode::trigger_error, clock_.wall(), alias, id);
        event.reason = Reason::trigger_failed;
        event.count = lost;
        event.message = what + "; the task is paused until it is resumed or changed";
        return event;
    });
}

// ---- the rest ----

void Notices::tell(EventCode code, const std::string& alias, const std::string& id, std::string_view message) noexcept {
    bus_.tell(code, [&] {
        Event event = event_about(code, clock_.wall(), alias, id);
        event.message = message;
        return event;
    });
}

void Notices::asked(EventCode code, const std::string& alias, const std::string& id) noexcept {
    bus_.tell(code, [&] {
        Event event = event_about(code, clock_.wall(), alias, id);
        event.asked = true;
        return event;
    });
}

void Notices::lacking(const std::string& alias, const std::string& what) noexcept {
    bus_.tell(EventCode::resource_error, [&] {
        Event event = event_about(EventCode::resource_error, clock_.wall(), alias, {});
        event.message = "executor \"" + alias + "\": " + what;
        return event;
    });
}

void Notices::without_executor(const std::string& alias, const Definition& task, std::size_t count) noexcept {
    bus_.tell(EventCode::task_unrunnable, [&] {
        Event event = event_about(EventCode::task_unrunnable, clock_.wall(), alias, task.id);
        event.count = static_cast<std::int64_t>(count);
        event.message = "executor \"" + task.executor + "\" was removed; its tasks stay and wait: add an executor \"" +
                        task.executor + "\", give the task another one, or delete it";
        return event;
    });
}

void Notices::delayed(const Run& run, Instant claimed_at, Instant now) noexcept {
    bus_.tell(EventCode::task_delayed, [&] {
        Event event = run_event(EventCode::task_delayed, run, claimed_at, now);
        event.message = "a run waited " + rough_text(now - claimed_at) + " in executor \"" + run.task->executor +
                        "\" before it was called";
        return event;
    });
}

void Notices::clock_step(Instant at, Micros change) noexcept {
    bus_.tell(EventCode::clock_step, [&] {
        Event event;
        event.code = EventCode::clock_step;
        event.at = at;
        event.count = change;
        event.message = "the wall clock was set by " + std::to_string(change) + " microseconds";
        return event;
    });
}

void Notices::slow_inline(const std::string& id, Instant at, Micros duration) noexcept {
    bus_.tell(EventCode::slow_inline, [&] {
        Event event;
        event.code = EventCode::slow_inline;
        event.at = at;
        event.task_id = id;
        event.count = event.duration = duration;
        event.message = "an inline task blocked the loop, so every other task waited";
        return event;
    });
}

void Notices::undeclared(const std::string& alias, const std::string& id, std::size_t count,
                         std::string_view message) noexcept {
    bus_.tell(EventCode::task_undeclared, [&] {
        Event event;
        event.code = EventCode::task_undeclared;
        event.at = clock_.wall();
        event.alias = alias;
        event.task_id = id;
        event.count = static_cast<std::int64_t>(count);
        event.message = message;
        return event;
    });
}

}  // namespace uvsched
