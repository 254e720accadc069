#include "core/time/clock.hpp"

#include <ctime>

#include "core/base/error.hpp"

namespace uvsched {
namespace {

std::int64_t read_clock(clockid_t id) noexcept {
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<std::int64_t>(now.tv_sec) * kSecond + now.tv_nsec / 1'000;
}

}  // namespace

Instant SystemClock::wall() const noexcept { return read_clock(CLOCK_REALTIME); }

Micros SystemClock::elapsed() const noexcept {
#ifdef CLOCK_BOOTTIME
    return read_clock(CLOCK_BOOTTIME);
#else
    return read_clock(CLOCK_MONOTONIC);
#endif
}

ClockReading SystemClock::read() const noexcept {
    // A thread that is set aside between the two readings would see a step that never was: read elapsed time on both
    // sides of wall time, and keep the closest pair of a few tries.
    ClockReading best;
    Micros best_width = INT64_MAX;
    for (int tries = 0; tries < 4 && best_width > 50; ++tries) {
        const Micros before = elapsed();
        const Instant now = wall();
        const Micros width = elapsed() - before;
        if (width < best_width) {
            best = {now, before + width / 2};
            best_width = width;
        }
    }
    return best;
}

void SystemClock::add_waker(const void* /*owner*/, std::function<void()> /*wake*/) {}
void SystemClock::remove_waker(const void* /*owner*/) {}

ClockReading ManualClock::read() const noexcept {
    const std::lock_guard lock(time_mutex_);
    return {wall(), elapsed()};
}

void ManualClock::add_waker(const void* owner, std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wakers_.emplace_back(owner, std::move(wake));
}

void ManualClock::remove_waker(const void* owner) {
    const std::lock_guard lock(mutex_);
    std::erase_if(wakers_, [owner](const auto& entry) { return entry.first == owner; });
}

void ManualClock::advance(Micros span) {
    if (span < 0)
        fail(Code::invalid, "advance: " + std::to_string(span) + " us is negative; use step to set a clock back");
    {
        const std::lock_guard lock(time_mutex_);
        wall_.store(saturating_add(wall(), span), std::memory_order_release);
        elapsed_.store(saturating_add(elapsed(), span), std::memory_order_release);
    }
    wake_all();
}

void ManualClock::step(Micros change) {
    {
        const std::lock_guard lock(time_mutex_);
        wall_.store(saturating_add(wall(), change), std::memory_order_release);
    }
    wake_all();
}

void ManualClock::wake_all() {
    const std::lock_guard lock(mutex_);
    for (const auto& [owner, wake] : wakers_) wake();
}

}  // namespace uvsched
