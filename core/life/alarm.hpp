// Alarm: until when the loop thread sleeps, and how to wake it earlier. Guarded by the engine's mutex.
#pragma once

#include <functional>
#include <utility>

#include "core/time/instant.hpp"

namespace uvsched {

class Alarm {
public:
    // `ring` ends the loop thread's sleep. Without a `ring` there is no loop thread.
    void connect(std::function<void()> ring) noexcept { ring_ = std::move(ring); }
    void disconnect() noexcept { ring_ = nullptr; }

    // set(): the loop thread goes to sleep. awake(): it is awake, and looks again before it sleeps.
    void set(Instant until) noexcept { until_ = until; }
    void awake() noexcept { until_ = kEarliest; }

    // There is work now.
    void wake() {
        if (until_ == kEarliest || !ring_) return;
        until_ = kEarliest;
        ring_();
    }
    // There is work at that time.
    void wake_for(Instant due) {
        if (due < until_) wake();
    }

private:
    Instant until_ = kEarliest;  // kEarliest: awake
    std::function<void()> ring_;
};

}  // namespace uvsched
