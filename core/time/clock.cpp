#include "core/time/clock.hpp"

#include "core/base/error.hpp"
#include "core/platform/clocks.hpp"

namespace uvsched {
namespace {

Instant moved(const char* how, Instant wall, Micros change) {
    const Instant to = saturating_add(wall, change);
    if (to >= 0 && to < kHorizon) return to;
    fail(Code::invalid, std::string(how) + ": " + std::to_string(change) + " us from " + format_utc(wall) +
                            " would move the clock out of the years 1970 to 2199");
}

struct Measured {
    Instant wall = 0;
    Micros distance = 0;
    Micros width = INT64_MAX;
};

// A thread that is set aside between the two readings would see a step that never was: read elapsed time on both sides
// of wall time, and keep the closest pair of a few tries.
Measured measure(const SystemClock& clock) noexcept {
    Measured best;
    for (int tries = 0; tries < 4 && best.width > 50; ++tries) {
        const Micros before = clock.elapsed();
        const Instant now = clock.wall();
        const Micros width = clock.elapsed() - before;
        if (width < best.width) best = {.wall = now, .distance = now - before - width / 2, .width = width};
    }
    return best;
}

}  // namespace

Micros ClockDistance::of(Micros measured, Micros doubt) noexcept {
    Micros held = held_.load(std::memory_order_relaxed);
    const Micros change = measured - held;
    if (change >= kClockStep + doubt || change <= -kClockStep - doubt) {
        held_.compare_exchange_strong(held, measured, std::memory_order_relaxed);  // two threads see one step as one
    }
    return held_.load(std::memory_order_relaxed);
}

SystemClock::SystemClock() noexcept : distance_(measure(*this).distance) {}

Instant SystemClock::wall() const noexcept { return wall_microseconds(); }
Micros SystemClock::elapsed() const noexcept { return elapsed_microseconds(); }

ClockReading SystemClock::read() const noexcept {
    const Measured now = measure(*this);
    return {.wall = now.wall, .elapsed = now.wall - distance_.of(now.distance, now.width)};
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
        wall_.store(moved("advance", wall(), span), std::memory_order_release);
        elapsed_.store(saturating_add(elapsed(), span), std::memory_order_release);
    }
    wake_all();
}

void ManualClock::step(Micros change) {
    {
        const std::lock_guard lock(time_mutex_);
        wall_.store(moved("step", wall(), change), std::memory_order_release);
    }
    wake_all();
}

void ManualClock::wake_all() {
    const std::lock_guard lock(mutex_);
    for (const auto& [owner, wake] : wakers_) wake();
}

}  // namespace uvsched
