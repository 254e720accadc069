// Touching a file, and learning that somebody has touched it.
#pragma once

#include <string>

namespace uvsched {

// Those who watch the file learn of it. What is in the file stays as it is. Throws nothing, and does nothing if it
// cannot be done.
void touch(int descriptor) noexcept;

class TouchWatch {
public:
    TouchWatch() noexcept;
    ~TouchWatch();
    TouchWatch(const TouchWatch&) = delete;
    TouchWatch& operator=(const TouchWatch&) = delete;

    // Readable from a touch until clear(); also when names of the file come or go, and not when it is written. -1 where
    // the system does not tell.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    // From now on this file, instead of another. False where the system does not tell.
    bool watch(const std::string& path) noexcept;

    void clear() noexcept;

private:
    int descriptor_ = -1;
    int watched_ = -1;
};

}  // namespace uvsched
