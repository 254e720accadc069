#include "tests/clock_step/clocks.hpp"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace {

std::atomic<std::int64_t> wall_change{0};  // seconds
std::atomic<std::int64_t> elapsed_change{0};

}  // namespace

// Stands before the C library's, also for libuv.
extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
    if (syscall(SYS_clock_gettime, clock, now) != 0) return -1;
    const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    now->tv_sec += wall ? wall_change : elapsed_change;
    return 0;
}

namespace clock_step {

void set_clock_by(std::chrono::seconds change) { wall_change += change.count(); }

void suspend_for(std::chrono::seconds span) {
    elapsed_change += span.count();
    wall_change += span.count();
}

std::chrono::microseconds really_elapsed() {
    timespec now{};
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::microseconds(now.tv_nsec / 1'000);
}

}  // namespace clock_step
