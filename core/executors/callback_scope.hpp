// CallbackScope: records, for a thread, which scheduler's callback it is running, so that a call that would wait for
// itself is refused.
#pragma once

namespace uvsched {

class CallbackScope {
public:
    // `scheduler`: the scheduler of the callback; `on_loop`: the thread is that scheduler's loop thread.
    CallbackScope(const void* scheduler, bool on_loop) noexcept
        : outer_(current_), scheduler_(scheduler), on_loop_(on_loop) {
        current_ = this;
    }
    ~CallbackScope() { current_ = outer_; }
    CallbackScope(const CallbackScope&) = delete;
    CallbackScope& operator=(const CallbackScope&) = delete;

    // Whether this thread runs a callback of `scheduler`.
    [[nodiscard]] static bool inside(const void* scheduler) noexcept {
        for (const CallbackScope* scope = current_; scope != nullptr; scope = scope->outer_) {
            if (scope->scheduler_ == scheduler) return true;
        }
        return false;
    }

    // Whether this thread is the loop thread of any scheduler, inside a callback.
    [[nodiscard]] static bool on_loop() noexcept {
        for (const CallbackScope* scope = current_; scope != nullptr; scope = scope->outer_) {
            if (scope->on_loop_) return true;
        }
        return false;
    }

private:
    static thread_local constinit inline const CallbackScope* current_ = nullptr;
    const CallbackScope* outer_;
    const void* scheduler_;
    bool on_loop_;
};

}  // namespace uvsched
