// Bell: wakes the program's loop, if it drives an engine that has no thread of its own.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace uvsched {

// Thread-safe; its mutex is a leaf.
class Bell {
public:
    // `ring` throws nothing and takes no lock.
    void hang(std::function<void()> ring) {
        const std::lock_guard lock(mutex_);
        ring_ = std::move(ring);
    }
    void take_down() noexcept {
        const std::lock_guard lock(mutex_);
        ring_ = nullptr;
    }

    // Does nothing if no `ring` is there.
    void ring() noexcept {
        const std::lock_guard lock(mutex_);
        if (ring_) ring_();
    }

private:
    std::mutex mutex_;
    std::function<void()> ring_;
};

}  // namespace uvsched
