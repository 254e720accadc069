// DriverSeat: the thread that drives a scheduler without a thread of its own. One thread at a time has the seat; it
// takes turns, and may sleep between them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace uvsched {

// Guarded by the engine's mutex, which `lock` holds.
class DriverSeat {
public:
    using Held = std::unique_lock<std::mutex>;

    [[nodiscard]] bool taken() const noexcept { return driver_ != std::thread::id(); }
    [[nodiscard]] bool mine() const noexcept { return driver_ == std::this_thread::get_id(); }
    void take() noexcept { driver_ = std::this_thread::get_id(); }
    void leave() noexcept {
        driver_ = {};
        changed_.notify_all();
    }

    void begin_turn() noexcept { ++begun_; }
    void end_turn() noexcept {
        ended_ = begun_;
        changed_.notify_all();
    }

    // Waits until the present driver has taken a turn that began after this call: true; or until the seat is free.
    bool await_turn(Held& lock) {
        const std::uint64_t before = begun_;
        changed_.wait(lock, [&] { return ended_ > before || !taken(); });
        return ended_ > before;
    }
    // Waits until a turn is over or the seat is free, and no longer than `at_most`. May return early.
    void await_change(Held& lock, std::optional<std::chrono::milliseconds> at_most) {
        if (at_most) {
            changed_.wait_for(lock, *at_most);
        } else {
            changed_.wait(lock);
        }
    }

private:
    std::thread::id driver_;  // none: the seat is free
    std::uint64_t begun_ = 0;
    std::uint64_t ended_ = 0;  // the last of these that is over
    std::condition_variable changed_;
};

}  // namespace uvsched
