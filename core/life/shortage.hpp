// Shortage: whether memory or threads are lacking. The loop tries again soon, and the user is told once.
#pragma once

#include <atomic>
#include <utility>

#include "core/events/notices.hpp"
#include "core/life/alarm.hpp"

namespace uvsched {

class Shortage {
public:
    // Any thread.
    void note() noexcept { any_ = true; }
    [[nodiscard]] bool any() const noexcept { return any_; }
    // Whether there was a shortage; the caller tries the work again.
    bool take() noexcept { return any_.exchange(false); }

    // Memory is lacking. The engine's mutex guards this and note_success().
    void note_memory(Alarm& alarm, Notices& notices) noexcept {
        note();
        alarm.wake();
        if (std::exchange(told_, true)) return;
        notices.tell(EventCode::resource_error, {}, {}, "memory ran out; the work that failed is tried again");
    }
    // All work that was left is done.
    void note_success() noexcept { told_ = false; }

private:
    std::atomic<bool> any_{false};
    bool told_ = false;
};

}  // namespace uvsched
