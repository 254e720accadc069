// BeatThread: a thread that pumps the heartbeat of a node, so that it waits for nothing else: neither for a batch nor
// for another language's lock.
#pragma once

#include <atomic>
#include <thread>

#include "core/node/heartbeat.hpp"
#include "core/platform/waker.hpp"

namespace uvsched {

class BeatThread {
public:
    // Throws Error(no_descriptor), Error(no_thread) and bad_alloc.
    explicit BeatThread(Heartbeat& heartbeat);
    ~BeatThread();
    BeatThread(const BeatThread&) = delete;
    BeatThread& operator=(const BeatThread&) = delete;

    // Heartbeat::Hooks::ring.
    void ring() const noexcept { waker_.wake(); }

private:
    void work() noexcept;

    Heartbeat& heartbeat_;
    Waker waker_;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace uvsched
