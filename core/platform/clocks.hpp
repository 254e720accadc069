// The machine's two clocks, as numbers. Everybody but SystemClock and the platform takes the time as an argument.
#pragma once

#include <cstdint>

namespace uvsched {

// Wall time: microseconds since 1970-01-01T00:00:00Z.
[[nodiscard]] std::int64_t wall_microseconds() noexcept;

// Microseconds since some fixed point, which setting the wall clock does not move. On Linux and macOS it goes on while
// the machine is suspended; where the platform is plain POSIX on Linux it does not, and a suspend looks like a step of
// the wall clock.
[[nodiscard]] std::int64_t elapsed_microseconds() noexcept;

}  // namespace uvsched
