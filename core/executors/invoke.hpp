// invoke: calls a run's native function and says how it ended.
#pragma once

#include "core/executors/executor.hpp"

namespace uvsched {

// Calls run.function. A C++ exception that leaves it becomes a failure. Fills run.error where the function failed
// without a text. Returns done or failed, or cancelled when it failed after it had been asked to end early.
[[nodiscard]] FireState invoke(Run& run) noexcept;

}  // namespace uvsched
