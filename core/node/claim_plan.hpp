// The PLAN of the claim cycle: what a node asks of the store about the tasks and fires that a look found. Pure.
#pragma once

#include <optional>

#include "core/model/clock_line.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// What a node knows of a task's runs beyond what the store says.
struct RunsHere {
    std::int32_t ending = 0;     // open fires that end in the batch that the claim is made in; they are over by then
    std::optional<Now> began{};  // PlanInput::began
};

// The claim of a task that is due. Throws what the trigger throws.
[[nodiscard]] Claim plan_claim(const StoredTask& task, const Trigger& trigger, const RunsHere& runs, const Now& now);

// The take of a fire that is ready.
[[nodiscard]] Take plan_take(const OpenFire& fire, const Now& now);

}  // namespace uvsched
