// invoke: calls a run's native function and says how it ended.
#pragma once

#include "core/executors/executor.hpp"

namespace uvsched {

// Calls run.function. An exception that leaves it becomes a failure. Fills run.error if the function failed without a
// text. Returns done or failed; cancelled if the function failed after it was asked to end early.
[[nodiscard]] FireState invoke(Run& run) noexcept;

}  // namespace uvsched
