#include "core/node/claim_plan.hpp"

#include <algorithm>

namespace uvsched {

Claim plan_claim(const StoredTask& task, const Trigger& trigger, const RunsHere& runs, const Now& now) {
    Claim claim;
    claim.task = task.number;
    claim.rev = task.state.rev;
    claim.now_wall = now.wall;
    claim.definition = task.definition;
    claim.clock = task.state.clock;
    claim.anchor = task.state.anchor;
    plan_due({.trigger = &trigger,
              .policies = &task.definition->policies,
              .uid = task.state.uid,
              .anchor = task.state.anchor,
              .slot = task.state.next_slot.value_or(task.state.next_due.value_or(0)),
              .hwm = task.state.hwm,
              .now = now.on(task.state.clock),
              .to_wall = now.to_wall(),
              .busy = std::max(0, task.open - runs.ending),
              .began = runs.began ? runs.began->on(task.state.clock) : kEarliest},
             claim.plan);
    return claim;
}

Take plan_take(const OpenFire& fire, const Now& now) {
    Take take;
    take.fire = {.task = fire.task.number, .key = fire.key, .token = fire.token};
    take.now_wall = now.wall;
    return take;
}

}  // namespace uvsched
