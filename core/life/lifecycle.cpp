#include "core/life/lifecycle.hpp"

#include <chrono>

namespace uvsched {
namespace {

constexpr auto kStopPatience = std::chrono::seconds(5);  // with a stop that is under way

template <class Done>
Code wait_for(std::condition_variable& changed, Lifecycle::Held& lock, std::optional<Micros> timeout, Done&& done) {
    if (!timeout) {
        changed.wait(lock, done);
        return Code::ok;
    }
    return changed.wait_for(lock, std::chrono::microseconds(*timeout), done) ? Code::ok : Code::timed_out;
}

}  // namespace

void Lifecycle::begin_start(Held& lock, bool inside) {
    if (state_ == SchedulerState::stopping && !inside) {
        state_changed_.wait_for(lock, kStopPatience, [this] { return state_ != SchedulerState::stopping; });
    }
    if (state_ == SchedulerState::stopping) {
        fail(Code::already, "the scheduler is still stopping, because runs are under way; wait until it has stopped");
    }
    if (state_ != SchedulerState::stopped) fail(Code::already, "the scheduler is already running");
    state_ = SchedulerState::starting;
    stop_asked_ = false;
    cancels_ = 0;
}

void Lifecycle::started(bool paused) noexcept {
    state_ = paused ? SchedulerState::paused : SchedulerState::running;
    state_changed_.notify_all();
}

void Lifecycle::abandon_start() noexcept { become_stopped(); }

bool Lifecycle::pause() {
    if (state_ == SchedulerState::paused) return false;
    if (state_ != SchedulerState::running) fail(Code::not_running, "the scheduler is not running; start it first");
    state_ = SchedulerState::paused;
    return true;
}

bool Lifecycle::resume() {
    if (state_ == SchedulerState::running) return false;
    if (state_ != SchedulerState::paused) fail(Code::not_running, "the scheduler is not running; start it first");
    state_ = SchedulerState::running;
    return true;
}

bool Lifecycle::stop(StopMode mode) noexcept {
    stop_asked_ = true;
    if (mode == StopMode::cancel) ++cancels_;
    if (state_ == SchedulerState::starting) return false;
    state_ = SchedulerState::stopping;
    return true;
}

void Lifecycle::become_stopped() noexcept {
    state_ = SchedulerState::stopped;
    tell_idle(idle_asked_);
    state_changed_.notify_all();
}

Code Lifecycle::wait_stopped(Held& lock, std::optional<Micros> timeout) {
    return wait_for(state_changed_, lock, timeout, [this] { return stopped(); });
}

void Lifecycle::wait_started(Held& lock) {
    state_changed_.wait(lock, [this] { return state_ != SchedulerState::starting; });
}

bool Lifecycle::wait_out_stop(Held& lock) {
    return state_changed_.wait_for(lock, kStopPatience, [this] { return stopped(); });
}

void Lifecycle::tell_idle(std::uint64_t ticket) noexcept {
    idle_told_ = ticket;
    idle_changed_.notify_all();
}

Code Lifecycle::wait_idle(Held& lock, std::uint64_t ticket, std::optional<Micros> timeout) {
    return wait_for(idle_changed_, lock, timeout, [this, ticket] { return idle_told_ >= ticket; });
}

}  // namespace uvsched
