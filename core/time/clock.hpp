// Clock: the only place where the time is read. Everything else takes `now` as a parameter.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "core/time/instant.hpp"

namespace uvsched {

struct ClockReading {
    Instant wall = 0;
    Micros elapsed = 0;
};

// Thread-safe.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    // Wall time, UTC.
    [[nodiscard]] virtual Instant wall() const noexcept = 0;

    // Time since some fixed point that a clock step does not move; it goes on through a suspend
    // (CLOCK_BOOTTIME on Linux). wall() - elapsed() changes exactly when the wall clock was set.
    [[nodiscard]] virtual Micros elapsed() const noexcept = 0;

    // Both, of one moment: what to compare when looking for a step. Two separate calls may lie any time apart.
    [[nodiscard]] virtual ClockReading read() const noexcept = 0;

    // Whether a kernel timer on the real-time clock can wait for this clock. When false, the clock calls its wakers.
    [[nodiscard]] virtual bool real() const noexcept = 0;

    // Wakers are called, on the thread that moves the clock, after each move of a clock that is not real. They
    // add and remove no wakers, and are not called any more once remove_waker has returned.
    virtual void add_waker(const void* owner, std::function<void()> wake) = 0;
    virtual void remove_waker(const void* owner) = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant wall() const noexcept override;
    [[nodiscard]] Micros elapsed() const noexcept override;
    [[nodiscard]] ClockReading read() const noexcept override;
    [[nodiscard]] bool real() const noexcept override { return true; }
    void add_waker(const void* owner, std::function<void()> wake) override;
    void remove_waker(const void* owner) override;
};

// A clock that stands still until it is moved: for tests, simulations and benchmarks.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Instant wall) noexcept : wall_(wall) {}
    [[nodiscard]] Instant wall() const noexcept override { return wall_.load(std::memory_order_acquire); }
    [[nodiscard]] Micros elapsed() const noexcept override { return elapsed_.load(std::memory_order_acquire); }
    [[nodiscard]] ClockReading read() const noexcept override;
    [[nodiscard]] bool real() const noexcept override { return false; }
    void add_waker(const void* owner, std::function<void()> wake) override;
    void remove_waker(const void* owner) override;

    void advance(Micros span);  // time passes: wall and elapsed move together; span >= 0
    void step(Micros change);   // the wall clock is set: only wall moves, forwards or backwards

private:
    void wake_all();
    mutable std::mutex time_mutex_;  // moves wall and elapsed together
    std::atomic<Instant> wall_;
    std::atomic<Micros> elapsed_{0};
    std::mutex mutex_;  // of the wakers
    std::vector<std::pair<const void*, std::function<void()>>> wakers_;
};

}  // namespace uvsched
