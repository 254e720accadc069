// The planner decides, and does nothing: (task, due time, now, policies) -> runs, misses, next due. Pure.
#pragma once

#include <optional>
#include <vector>

#include "core/model/fire.hpp"
#include "core/model/policy.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// Beyond this many folded or missed times a count says "at least".
inline constexpr std::int64_t kCountLimit = 10'000;

struct PlanInput {
    const Trigger* trigger = nullptr;
    const Policies* policies = nullptr;
    Uid uid = 0;
    Instant anchor = 0;
    Instant slot = 0;       // the task's next_slot
    Instant now = 0;        // on the task's clock line
    Micros to_wall = 0;     // add to elapsed time to get wall time
    std::int32_t busy = 0;  // runs of this task that are claimed, running or waiting
};

struct PlannedRun {
    Instant slot = 0;  // the earliest time folded: the fire's key
    Instant last = 0;  // the latest: the run's scheduled time
    std::int64_t folded = 1;
    bool exact = true;
    bool waiting = false;  // it waits for an earlier run of the same task to finish
};

struct PlannedMiss {
    FireState state = FireState::missed;  // or skipped
    Reason reason = Reason::misfire;
    Instant first = 0;
    Instant last = 0;
    std::int64_t count = 1;
    bool exact = true;
};

// A few of each at most; vectors are reused by callers that plan many tasks.
struct Plan {
    std::vector<PlannedRun> runs;  // in nominal order
    std::vector<PlannedMiss> misses;
    std::optional<Instant> next_slot;
    std::optional<Instant> next_due;
    Instant hwm = kEarliest;  // the highest slot this plan consumes

    // A custom trigger must be asked before the task can go on: for the time after hwm, or, where next_slot is set, for
    // those that may have piled up behind it, before it is run. There is no next_due then.
    bool asks = false;

    void clear();
};

// A custom trigger is asked for what piled up only where so much time has passed since the slot.
inline constexpr Micros kPileUp = kSecond;

// What to do about a task that is due (next_due <= now). Time is O(log) in the number of times that piled up when they
// are coalesced, and bounded by max_catch_up and kCountLimit otherwise. A slot whose jittered due time has not come
// stays.
void plan_due(const PlanInput& input, Plan& out);

// How a task begins: its anchor, first slot and due time, or a miss at once.
struct FirstFire {
    Instant anchor = 0;
    std::optional<Instant> slot;
    std::optional<Instant> due;
    std::optional<PlannedMiss> miss;  // reason past_when_added: the task is finished
};

// `now` is on the task's clock line, and `to_wall` what to add to elapsed time to get wall time. `next_run_time`
// (SEMANTICS) overrides the first run and an interval's phase.
[[nodiscard]] FirstFire plan_first(const Trigger& trigger, const Policies& policies, Uid uid, Instant now,
                                   Micros to_wall, std::optional<Instant> next_run_time);

}  // namespace uvsched
