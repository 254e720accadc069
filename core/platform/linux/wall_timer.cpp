// A timerfd on the real-time clock. The kernel cancels it when the clock is set.
#include "core/platform/wall_timer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/errno.hpp"

namespace uvsched {

WallTimer::WallTimer(const char* failure) : descriptor_(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)) {
    if (descriptor_ < 0) fail_with_errno(Code::internal, failure, errno);
}

// A read that fails with ECANCELED tells of a clock step; the sleeper reads the clocks on every wake-up anyway.
void WallTimer::clear() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(descriptor_, &count, sizeof count);
}

void WallTimer::arm(std::int64_t wall) noexcept {
    const std::int64_t at = std::max<std::int64_t>(wall, 1);  // 0 would disarm
    itimerspec spec{};
    spec.it_value.tv_sec = at / 1'000'000;
    spec.it_value.tv_nsec = at % 1'000'000 * 1'000;
    const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    // ECANCELED here means that the clock was set meanwhile: the timer is armed all the same, but nobody else will
    // tell.
    set_ = timerfd_settime(descriptor_, flags, &spec, nullptr) != 0 && errno == ECANCELED;
    until_ = wall;
}

void WallTimer::disarm() noexcept {
    const itimerspec spec{};
    if (until_) timerfd_settime(descriptor_, 0, &spec, nullptr);
    until_.reset();
    set_ = false;
}

std::optional<std::chrono::milliseconds> WallTimer::nap() const noexcept {
    if (set_) return std::chrono::milliseconds(0);
    return std::nullopt;
}

bool WallTimer::is_over() noexcept { return true; }

std::chrono::milliseconds WallTimer::blindness() noexcept { return std::chrono::milliseconds(0); }

void WallTimer::abandon() noexcept {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

}  // namespace uvsched
