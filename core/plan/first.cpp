#include "core/plan/planner.hpp"

#include "core/plan/on_line.hpp"

namespace uvsched {

namespace {

// How old the explicit time of a date trigger may be when it is first added, if its task has no grace time.
constexpr Micros kDateGrace = 60 * kSecond;

// The anchor if the first run was given: the phase or the date that makes `time` a time of the trigger.
Instant anchor_for(const Trigger& trigger, const OnLine& on_line, Instant time, Instant now) {
    if (trigger.kind() == TriggerKind::date) return time;
    if (!trigger.elapsed()) return now;
    const auto following = on_line.next(time, time);
    return following ? saturating_sub(time, *following - time) : time;
}

}  // namespace

FirstFire plan_first(const Trigger& trigger, const Policies& policies, Uid uid, Instant now, Micros to_wall,
                     std::optional<Instant> next_run_time) {
    const OnLine on_line(trigger, to_wall);
    FirstFire first;
    if (next_run_time) {
        first.anchor = anchor_for(trigger, on_line, *next_run_time, now);
        first.slot = next_run_time;
    } else if (const auto date = trigger.explicit_date()) {
        first.anchor = now;
        if (*date < saturating_sub(now, policies.grace.value_or(kDateGrace))) {
            first.miss = PlannedMiss{.state = FireState::missed,
                                     .reason = Reason::past_when_added,
                                     .first = *date,
                                     .last = *date,
                                     .count = 1};
            return first;
        }
        first.slot = date;
    } else {
        first.anchor = now;
        first.slot = on_line.next(saturating_sub(now, 1), now);
        if (!first.slot && !trigger.is_event() && !trigger.must_be_asked()) {
            first.miss = PlannedMiss{
                .state = FireState::missed, .reason = Reason::never_fires, .first = now, .last = now, .count = 0};
        }
    }
    if (first.slot) first.due = on_line.due(uid, *first.slot, first.anchor);
    return first;
}

}  // namespace uvsched
