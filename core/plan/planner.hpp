// The planner decides and does nothing else: (task, due time, now, policies) -> runs, misses, next due time. Pure.
#pragma once

#include <optional>
#include <vector>

#include "core/model/fire.hpp"
#include "core/model/policy.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// Beyond this many folded or missed times a count says "at least".
inline constexpr std::int64_t kCountLimit = 10'000;

// One plan runs at most this many due times. A longer pile is planned in pieces, the oldest first, each when the runs
// of the one before are over. Between two pieces, and while due times are put off, `hwm` is just before the next slot;
// no other task's hwm does. Stores look at such a task when a run of it ends.
inline constexpr std::size_t kPiece = 1'000;
[[nodiscard]] constexpr bool between_pieces(Instant slot, Instant hwm) noexcept {
    return hwm == saturating_sub(slot, 1);
}

// How long a piece waits before it checks whether the one before is over.
inline constexpr Micros kPiecePause = kSecond;

// How long due times wait that came while a run of their task waited for its turn: until that run is over, or the task
// is due again, and this long at most before the next look.
inline constexpr Micros kTurnPause = kSecond;

struct PlanInput {
    const Trigger* trigger = nullptr;
    const Policies* policies = nullptr;
    Uid uid = 0;
    Instant anchor = 0;
    Instant slot = 0;         // the task's next_slot
    Instant hwm = kEarliest;  // the task's highest claimed slot
    Instant now = 0;          // on the task's clock line
    Micros to_wall = 0;       // add to elapsed time to get wall time
    std::int32_t busy = 0;    // runs of this task that are claimed, running or waiting
    // When the last of them was called that had waited for its turn, on the task's clock line.
    Instant began = kEarliest;
};

struct PlannedRun {
    Instant slot = 0;  // the earliest folded time: part of the fire's key
    Instant last = 0;  // the latest folded time: the run's scheduled time
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

// Callers that plan many tasks reuse one Plan, so that its vectors are allocated once.
struct Plan {
    std::vector<PlannedRun> runs;  // in nominal order
    std::vector<PlannedMiss> misses;
    std::optional<Instant> next_slot;
    std::optional<Instant> next_due;
    Instant hwm = kEarliest;  // the highest slot that this plan uses up

    // A custom trigger must be asked before the task can go on: for the time after hwm or, if next_slot is set, for the
    // times that may have piled up after it, before it is run. There is no next_due then.
    bool asks = false;

    void clear();
};

// A custom trigger is asked for times that piled up only if this much time has passed since the slot.
inline constexpr Micros kPileUp = kSecond;

// Plans a task that is due (next_due <= now). If due times are coalesced, this takes O(log n) for n piled-up times; if
// not, it is bounded by max_catch_up and kCountLimit. A slot stays if its due time, with jitter, has not come.
void plan_due(const PlanInput& input, Plan& out);

// How a task begins: its anchor, first slot and due time, or a miss at once.
struct FirstFire {
    Instant anchor = 0;
    std::optional<Instant> slot;
    std::optional<Instant> due;
    std::optional<PlannedMiss> miss;  // past_when_added, never_fires: the task is finished
};

// `now` is on the task's clock line; `to_wall` is added to elapsed time to get wall time. `next_run_time` overrides the
// first run and the phase of an interval.
[[nodiscard]] FirstFire plan_first(const Trigger& trigger, const Policies& policies, Uid uid, Instant now,
                                   Micros to_wall, std::optional<Instant> next_run_time);

}  // namespace uvsched
