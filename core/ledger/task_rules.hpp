// The rules of a task's schedule: what it is when the task is added, and what a change, a pause, a resumption, a
// replacement or a custom trigger's answer makes of it. Pure: triggers are asked, nothing is written. Every store asks
// here; the answer is written only if the task's rev is still what it was.
#pragma once

#include <optional>

#include "core/model/task.hpp"
#include "core/plan/planner.hpp"

namespace uvsched {

// The first time that a caller gives, in wall time. Absent: the trigger says. Set to nothing: the task is paused.
using FirstTime = std::optional<std::optional<Instant>>;

// Throws Error(invalid) if the time is not in 1970 to 2199, or the trigger is an event, which has no time.
void check_first_time(const Trigger& trigger, const FirstTime& first);

[[nodiscard]] bool same_trigger(const Definition& a, const Definition& b);

// A schedule, and the miss with which a task ends that has no time at all.
struct Begun {
    TaskState state;
    std::optional<PlannedMiss> miss{};
};

// How a task begins. Throws Error(invalid), see check_first_time().
[[nodiscard]] Begun first_state(const Definition& task, Uid uid, const FirstTime& first, const Now& now);

// What a change of the definition, or of the first time, makes of the schedule. A paused task stays paused unless a
// first time is given. Throws Error(invalid), see check_first_time().
[[nodiscard]] Begun changed_state(const Definition& old, const TaskState& state, const Definition& task,
                                  const FirstTime& first, const Now& now);

// What a replacement by another declaration does, whose schedule is `first`: a paused task stays paused.
[[nodiscard]] Begun replaced_state(const TaskState& state, Begun first);

// No due times until it is resumed.
[[nodiscard]] TaskState paused_state(TaskState state);

// The next time from now on that has not run: the task is finished if there is none. What is not paused stays as it is.
[[nodiscard]] TaskState resumed_state(const Definition& task, TaskState state, const Now& now);

// A custom trigger gave no answer: the task is paused. If times piled up, its slot is missed, and never comes again.
[[nodiscard]] TaskState given_up_state(TaskState state);

// A custom trigger named the next time; nothing: there is none.
[[nodiscard]] TaskState answered_state(const Definition& task, TaskState state, std::optional<Instant> next);

// Puts a schedule into the place of the task's: its clock line, anchor, times and status. `gen` grows, and nothing
// counts as claimed any more, if the schedule begins anew: with another trigger, on another line, with another phase,
// or at a slot that was claimed before; its fires then have keys of their own. Otherwise what either of the two counts
// as claimed is claimed. uid, rev and runs stay.
[[nodiscard]] TaskState rescheduled(TaskState state, const TaskState& schedule, const Trigger& trigger,
                                    bool other_trigger);

// The latest wall time at which a run may begin that was planned for the nominal time `last`: its due time and the
// grace time. kLatest: it is never too late, as for runs by hand and for a date trigger without a date.
[[nodiscard]] Instant latest_start(const Definition& task, const FireKey& key, Instant last, Instant anchor,
                                   Micros to_wall);

// The due times that end, unrun, if the trigger is replaced now. They may be put off, or be asked for.
[[nodiscard]] bool is_overdue(const TaskState& state, const Now& now) noexcept;
[[nodiscard]] std::optional<PlannedMiss> overdue(const Definition& task, const TaskState& state, const Now& now);

}  // namespace uvsched
