// WallTimer: ends a sleep at a time of the wall clock, and when somebody sets that clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace uvsched {

// A sleeper arms it, waits for its descriptor or for as long as nap() says, and then asks is_over(); if that is false,
// it takes the next nap. Not thread-safe.
class WallTimer {
public:
    // Throws Error(no_descriptor), whose text begins with `failure`: what cannot be made without it.
    explicit WallTimer(const char* failure);
    ~WallTimer() { abandon(); }
    WallTimer(const WallTimer&) = delete;
    WallTimer& operator=(const WallTimer&) = delete;

    // Readable from the time that it waits for, or a step of the wall clock, until clear(). -1 where the platform has
    // no such descriptor: then naps end each sleep.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    void clear() const noexcept;

    // Waits for this time: microseconds since 1970 UTC.
    void arm(std::int64_t wall) noexcept;
    void disarm() noexcept;

    // How long a sleep may be, from now on, before is_over() is asked. Nothing: until the descriptor is readable, or
    // for ever if the timer is not armed.
    [[nodiscard]] std::optional<std::chrono::milliseconds> nap() const noexcept;

    // Whether the time has come, or the wall clock was set.
    [[nodiscard]] bool is_over() noexcept;

    // How long after a step of the wall clock, or after the end of a suspend, an armed sleep goes on at most.
    [[nodiscard]] static std::chrono::milliseconds blindness() noexcept;

    // Closes the descriptor. In the child of a fork too, which shares it with its parent.
    void abandon() noexcept;

private:
    int descriptor_ = -1;
    std::optional<std::int64_t> until_;        // while it is armed
    [[maybe_unused]] std::int64_t shift_ = 0;  // wall time less elapsed time, when the clock was last seen to be set
    bool set_ = false;                         // the clock was set while the timer was being armed
};

}  // namespace uvsched
