// The rules of a fire on its way: what may follow what, and which fires a change of their task ends. Pure. Every store
// asks here, and writes the answer behind its own guard (the row's token, the task's rev).
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/model/fire.hpp"
#include "core/model/policy.hpp"
#include "core/model/task.hpp"
#include "core/plan/planner.hpp"

namespace uvsched {

// The token that a claim gives to a fire. A return to ready makes it grow, and so does a take.
inline constexpr std::uint64_t kFirstToken = 1;

// A node has it: claimed, where it waits for its turn, or running, which means called.
[[nodiscard]] constexpr bool is_held(FireState state) noexcept {
    return state == FireState::claimed || state == FireState::running;
}

// Whether a fire in `from` may end as `to` by what its node reports: a run ends in some way, what has not begun can be
// cancelled, and what was not called, because its turn came too late, is missed. Owner and token prove the call of a
// run whose start went to another file, so that it is still claimed here.
[[nodiscard]] constexpr bool may_finish(FireState from, FireState to) noexcept {
    return is_held(from) &&
           (to == FireState::done || to == FireState::failed || to == FireState::cancelled || to == FireState::missed);
}

// Whether a claimed run is called only when its start gate has let it pass. A run that may run again need not wait the
// first time: its start is written while it runs. If it kills its process before that, it comes back with another
// token, and waits.
[[nodiscard]] constexpr bool waits_for_gate(OnCrash on_crash, std::uint64_t token) noexcept {
    return on_crash == OnCrash::mark_lost || token != kFirstToken;
}

// What recovery makes of a fire whose node died while it held it.
struct AfterCrash {
    bool again = false;        // ready once more, with another token; else lost
    std::int32_t crashes = 0;  // of this fire, this crash included if it was running
};

// `policies`: of the task; nullptr if the task is deleted, when nobody is there to run it again.
[[nodiscard]] constexpr AfterCrash after_crash(FireState held, std::int32_t crashes,
                                               const Policies* policies) noexcept {
    AfterCrash out{.again = policies != nullptr, .crashes = crashes};
    if (held != FireState::running) return out;
    ++out.crashes;
    out.again = out.again && policies->on_crash == OnCrash::rerun && out.crashes < policies->max_crashes;
    return out;
}

// How many of the task's waiting fires become ready, the oldest (by gen and slot) first. `under_way`: its fires that
// are ready, claimed or running, those asked for by hand included.
[[nodiscard]] constexpr std::int64_t promotable(std::int64_t waiting, std::int64_t under_way,
                                                std::int64_t max_instances) noexcept {
    return std::clamp<std::int64_t>(max_instances - under_way, 0, waiting);
}

// Whether an open fire becomes skipped when its task is deleted, or its trigger replaced: whatever has not started
// does, but a run that was asked for by hand has nothing to do with the schedule.
[[nodiscard]] constexpr bool ends_unstarted(FireState state, FireKind kind, Reason reason) noexcept {
    return state != FireState::running && (reason == Reason::deleted || kind != FireKind::manual);
}

// The time that a run is told first: of several that were folded, the earliest. A manual fire's slot is a number, and
// no time: it has the one when it was asked for.
[[nodiscard]] constexpr Instant first_time(FireKind kind, std::int64_t slot, Instant last) noexcept {
    return kind == FireKind::manual ? last : slot;
}

// ---- claims ----

// Whether the plan names no slot that was claimed before. (The other guard of a claim is the task's rev.)
[[nodiscard]] inline bool is_new(const Plan& plan, Instant hwm) noexcept {
    return std::all_of(plan.runs.begin(), plan.runs.end(), [&](const PlannedRun& run) { return run.slot > hwm; });
}

// The task's highest slot claimed, once the plan is carried out.
[[nodiscard]] inline Instant hwm_after(const Plan& plan, Instant hwm) noexcept {
    hwm = std::max(hwm, plan.hwm);
    for (const PlannedRun& run : plan.runs) hwm = std::max(hwm, run.slot);
    return hwm;
}

// Whether the task is just as the plan leaves it that was made for its revision `rev`.
[[nodiscard]] inline bool is_as_planned(const Plan& plan, std::uint64_t rev, const TaskState& state) noexcept {
    return state.rev == rev + 1 && state.next_slot == plan.next_slot && state.next_due == plan.next_due &&
           state.hwm == hwm_after(plan, state.hwm);
}

// Whether no further time follows: the task is finished.
[[nodiscard]] inline bool ends_task(const Plan& plan) noexcept { return !plan.next_slot && !plan.asks; }

}  // namespace uvsched
