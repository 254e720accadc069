// Lifecycle: the state of a scheduler, requests to stop, and threads that wait. Guarded by the engine's mutex.
// docs/architecture.md draws the states.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "core/base/error.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

enum class StopMode : std::uint8_t { wait, cancel };
enum class SchedulerState : std::uint8_t { stopped, running, paused, starting, stopping };

class Lifecycle {
public:
    using Held = std::unique_lock<std::mutex>;

    [[nodiscard]] SchedulerState state() const noexcept { return state_; }
    [[nodiscard]] bool stopped() const noexcept { return state_ == SchedulerState::stopped; }
    // The stores are open and the loop works, paused or not.
    [[nodiscard]] bool up() const noexcept {
        return state_ == SchedulerState::running || state_ == SchedulerState::paused;
    }
    // Nothing new begins: a stop was requested, even if the start is not over yet.
    [[nodiscard]] bool ending() const noexcept { return stop_asked_; }
    [[nodiscard]] bool claims() const noexcept { return state_ == SchedulerState::running && !stop_asked_; }

    // ---- transitions ----

    // stopped -> starting. Waits a while for a stop that is under way, but not `inside` a callback, because that stop
    // waits for the callback. Throws Error(already).
    void begin_start(Held& lock, bool inside);
    void started(bool paused) noexcept;
    void abandon_start() noexcept;

    // Throw Error(not_running). False if the scheduler is in that state already.
    bool pause();
    bool resume();

    // From any state but stopped; may be repeated. True if the scheduler was up and stops now.
    bool stop(StopMode mode) noexcept;
    void become_stopped() noexcept;

    // How often a stop asked the running runs to end early.
    [[nodiscard]] int cancels() const noexcept { return cancels_; }

    // ---- waiting ----

    // Without a timeout: for ever.
    Code wait_stopped(Held& lock, std::optional<Micros> timeout);
    void wait_started(Held& lock);  // while it is starting
    // Waits for a stop that is under way. False if the stop takes too long.
    bool wait_out_stop(Held& lock);

    // Waiting until nothing is left to do: a caller takes a ticket, and the loop answers it when it is idle.
    [[nodiscard]] std::uint64_t ask_idle() noexcept { return ++idle_asked_; }
    [[nodiscard]] std::uint64_t last_ticket() const noexcept { return idle_asked_; }
    [[nodiscard]] bool idle_told(std::uint64_t ticket) const noexcept { return idle_told_ >= ticket; }
    [[nodiscard]] bool idle_wanted() const noexcept { return idle_told_ != idle_asked_; }
    void tell_idle(std::uint64_t ticket) noexcept;
    Code wait_idle(Held& lock, std::uint64_t ticket, std::optional<Micros> timeout);

private:
    SchedulerState state_ = SchedulerState::stopped;
    bool stop_asked_ = false;
    int cancels_ = 0;
    std::condition_variable state_changed_;
    std::uint64_t idle_asked_ = 0;
    std::uint64_t idle_told_ = 0;
    std::condition_variable idle_changed_;
};

}  // namespace uvsched
