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

// A smaller change of wall - elapsed is not a step of the clock.
inline constexpr Micros kClockStep = kMillisecond;

// The distance between two clocks that cannot be read at one moment: the first measurement, until another one shows
// that a clock was set. So a time converted from one clock to the other and back stays the same microsecond.
// Thread-safe.
class ClockDistance {
public:
    explicit ClockDistance(Micros measured) noexcept : held_(measured) {}
    // `doubt`: how far off the measurement may be.
    [[nodiscard]] Micros of(Micros measured, Micros doubt) noexcept;

private:
    std::atomic<Micros> held_;
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

    // Time since a fixed point that a clock step does not move; it goes on during a suspend (core/platform/clocks.hpp).
    // wall() - elapsed() changes exactly when the wall clock was set.
    [[nodiscard]] virtual Micros elapsed() const noexcept = 0;

    // Both clocks at one moment, for finding a step and for converting: wall - elapsed changes only by a step, to the
    // microsecond. Between two separate calls any amount of time may pass.
    [[nodiscard]] virtual ClockReading read() const noexcept = 0;

    // Whether a kernel timer on the real-time clock can wait for this clock. If false, the clock calls its wakers.
    [[nodiscard]] virtual bool real() const noexcept = 0;

    // A clock that is not real calls its wakers after each move, on the thread that moves it. A waker must not add or
    // remove wakers. It is not called after remove_waker() has returned.
    virtual void add_waker(const void* owner, std::function<void()> wake) = 0;
    virtual void remove_waker(const void* owner) = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
public:
    SystemClock() noexcept;
    [[nodiscard]] Instant wall() const noexcept override;
    [[nodiscard]] Micros elapsed() const noexcept override;
    [[nodiscard]] ClockReading read() const noexcept override;
    [[nodiscard]] bool real() const noexcept override { return true; }
    void add_waker(const void* owner, std::function<void()> wake) override;
    void remove_waker(const void* owner) override;

private:
    mutable ClockDistance distance_;
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

    // Both throw Error(invalid), and move nothing, if the wall clock would leave the years 1970 to 2199.
    void advance(Micros span);  // time passes: wall and elapsed move together; span >= 0
    void step(Micros change);   // the wall clock is set: only wall moves, forwards or backwards

private:
    void wake_all();
    mutable std::mutex time_mutex_;  // moves wall and elapsed together
    std::atomic<Instant> wall_;
    std::atomic<Micros> elapsed_{0};
    std::mutex mutex_;  // guards wakers_
    std::vector<std::pair<const void*, std::function<void()>>> wakers_;
};

}  // namespace uvsched
