#include "core/platform/clocks.hpp"

#include <ctime>

namespace uvsched {
namespace {

std::int64_t microseconds_of(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace

std::int64_t wall_microseconds() noexcept { return microseconds_of(CLOCK_REALTIME); }
std::int64_t elapsed_microseconds() noexcept { return microseconds_of(CLOCK_BOOTTIME); }

}  // namespace uvsched
