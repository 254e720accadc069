// The PLAN of the claim cycle: what a node asks of the store about the tasks and fires that a look found. Pure.
#pragma once

#include "core/model/clock_line.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// The claim of a task that is due. `ending`: how many of its open fires end in the batch that the claim is made in;
// they are over by then. Throws what the trigger throws.
[[nodiscard]] Claim plan_claim(const StoredTask& task, const Trigger& trigger, std::int32_t ending, const Now& now);

// The take of a fire that is ready.
[[nodiscard]] Take plan_take(const OpenFire& fire, const Now& now);

}  // namespace uvsched
