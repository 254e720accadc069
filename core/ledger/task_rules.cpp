#include "core/ledger/task_rules.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/base/error.hpp"
#include "core/plan/due_times.hpp"

namespace uvsched {

void check_first_time(const Trigger& trigger, const FirstTime& first) {
    if (!first || !*first) return;
    if (**first < 0 || **first >= kHorizon) {
        fail(Code::invalid, "next_run_time: " + format_utc(**first) + " is not in the years 1970 to 2199");
    }
    if (!trigger.is_event()) return;
    fail(Code::invalid,
         "next_run_time: " + format_utc(**first) + " is a time, but the task runs " + trigger.describe());
}

bool same_trigger(const Definition& a, const Definition& b) {
    return a.trigger == b.trigger || a.trigger->to_json() == b.trigger->to_json();
}

Begun first_state(const Definition& task, Uid uid, const FirstTime& first, const Now& now) {
    const Trigger& trigger = *task.trigger;
    check_first_time(trigger, first);
    Begun out;
    TaskState& state = out.state;
    state.uid = uid;
    state.clock = trigger.elapsed() ? ClockLine::elapsed : ClockLine::wall;
    std::optional<Instant> given;
    if (first && *first) given = saturating_sub(**first, now.to_wall(state.clock));
    const FirstFire fire = plan_first(trigger, task.policies, uid, now.on(state.clock), now.to_wall(), given);
    state.anchor = fire.anchor;
    if (first && !*first) {
        state.status = TaskStatus::paused;
        return out;
    }
    out.miss = fire.miss;
    state.next_slot = fire.slot;
    state.next_due = fire.due;
    if (!fire.slot && !trigger.is_event() && !trigger.must_be_asked()) state.status = TaskStatus::finished;
    return out;
}

Begun changed_state(const Definition& old, const TaskState& state, const Definition& task, const FirstTime& first,
                    const Now& now) {
    const bool other_trigger = !same_trigger(old, task);
    if (!other_trigger && !first) return {state};
    Begun out = first_state(task, state.uid, first, now);
    if (!other_trigger && out.state.status != TaskStatus::paused) out.state.anchor = state.anchor;
    return first ? out : replaced_state(state, std::move(out));
}

Begun replaced_state(const TaskState& state, Begun first) {
    if (state.status != TaskStatus::paused) return first;
    return {paused_state(first.state)};
}

TaskState paused_state(TaskState state) {
    state.status = TaskStatus::paused;
    state.next_slot.reset();
    state.next_due.reset();
    return state;
}

TaskState resumed_state(const Definition& task, TaskState state, const Now& now) {
    if (state.status != TaskStatus::paused) return state;
    const Trigger& trigger = *task.trigger;
    const Instant from = std::max(now.on(state.clock), saturating_add(state.hwm, 1));  // what ran does not run again
    state.status = TaskStatus::active;
    if (trigger.must_be_asked()) {
        state.anchor = from;
        return state;
    }
    const OnLine on_line(trigger, now.to_wall());
    state.next_slot = on_line.next(saturating_sub(from, 1), state.anchor);
    state.next_due.reset();
    if (state.next_slot) state.next_due = on_line.due(state.uid, *state.next_slot, state.anchor);
    if (!state.next_slot && !trigger.is_event()) state.status = TaskStatus::finished;
    return state;
}

TaskState given_up_state(TaskState state) {
    if (state.next_slot) state.hwm = std::max(state.hwm, *state.next_slot);
    return paused_state(std::move(state));
}

TaskState answered_state(const Definition& task, TaskState state, std::optional<Instant> next) {
    state.next_slot = next;
    state.next_due.reset();
    if (next) {
        state.next_due = due_time(*task.trigger, state.uid, *next, state.anchor);
    } else {
        state.status = TaskStatus::finished;
    }
    return state;
}

TaskState rescheduled(TaskState state, const TaskState& schedule, const Trigger& trigger, bool other_trigger) {
    // The anchor of a custom trigger is not a phase: it says from when the trigger is asked.
    const bool other_phase = schedule.anchor != state.anchor && !trigger.must_be_asked();
    const bool again = schedule.next_slot && *schedule.next_slot <= state.hwm;
    if (other_trigger || schedule.clock != state.clock || other_phase || again) {
        ++state.gen;
        state.hwm = kEarliest;
    } else {
        state.hwm = std::max(state.hwm, schedule.hwm);
    }
    state.clock = schedule.clock;
    state.anchor = schedule.anchor;
    state.next_slot = schedule.next_slot;
    state.next_due = schedule.status == TaskStatus::active ? schedule.next_due : std::nullopt;
    state.status = schedule.status;
    return state;
}

Instant latest_start(const Definition& task, const FireKey& key, Instant last, Instant anchor, Micros to_wall) {
    const std::optional<Micros>& grace = task.policies.grace;
    if (!grace || key.kind != FireKind::scheduled) return kLatest;
    const Trigger& trigger = *task.trigger;
    if (trigger.kind() == TriggerKind::date && !trigger.explicit_date()) return kLatest;
    const Instant due = trigger.jitter() == 0 ? last : due_time(trigger, key.uid, last, anchor, to_wall);
    return saturating_add(saturating_add(due, to_wall), *grace);
}

bool is_overdue(const TaskState& state, const Now& now) noexcept {
    if (state.status != TaskStatus::active || !state.next_slot) return false;
    return !state.next_due || *state.next_due <= now.on(state.clock);  // without: what piled up is asked for
}

std::optional<PlannedMiss> overdue(const Definition& task, const TaskState& state, const Now& now) {
    if (state.status != TaskStatus::active || !state.next_slot) return std::nullopt;
    const Trigger& trigger = *task.trigger;
    const Instant here = now.on(state.clock);
    const DueTimes times({.trigger = &trigger,
                          .policies = &task.policies,
                          .uid = state.uid,
                          .anchor = state.anchor,
                          .slot = *state.next_slot,
                          .hwm = state.hwm,
                          .now = here,
                          .to_wall = now.to_wall()});
    if (!times.latest()) return std::nullopt;
    const bool piled_up = trigger.must_be_asked() && times.due(times.slot()) < saturating_sub(here, kPileUp);
    const Count count = times.count();
    return PlannedMiss{.state = FireState::missed,
                       .reason = Reason::replaced,
                       .first = times.slot(),
                       .last = *times.latest(),
                       .count = std::max<std::int64_t>(1, count.number),
                       .exact = count.exact && !piled_up};
}

}  // namespace uvsched
