// Loop: the uv_loop_t a scheduler sleeps on. The only file that includes uv.h is loop.cpp.
#pragma once

#include <memory>

#include "core/time/clock.hpp"

namespace uvsched {

// Made and used by the loop thread; only signal() may be called from any thread.
class Loop {
public:
    // Throws Error(internal) where the kernel refuses a descriptor.
    explicit Loop(Clock& clock);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Makes the present or the next wait() return. Async-signal-safe.
    void signal() noexcept;

    // Sleeps until the wall clock reads `until` (kLatest: no time), a signal, or a step of the wall clock. May return
    // early.
    void wait(Instant until);

    // After fork(), in the child: closes the descriptors it shares with the parent, and nothing else.
    void abandon() noexcept;

private:
    struct Handles;
    std::unique_ptr<Handles> handles_;
};

}  // namespace uvsched
