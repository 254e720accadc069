// The machine's clocks, as this program sees them.
#pragma once

#include <chrono>

namespace clock_step {

// The wall clock is set forwards or backwards; the time that the machine is up goes on.
void set_clock_by(std::chrono::seconds change);

// The machine wakes up after so long: both clocks have gone on.
void suspend_for(std::chrono::seconds span);

// Time as it really passes.
[[nodiscard]] std::chrono::microseconds really_elapsed();

}  // namespace clock_step
