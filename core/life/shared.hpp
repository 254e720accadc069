// Shared: the mutex, clock, alarm and events that all parts of one engine use.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "core/base/error.hpp"
#include "core/events/notices.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/life/alarm.hpp"
#include "core/life/shortage.hpp"
#include "core/model/clock_line.hpp"
#include "core/stores/memory/memory_task.hpp"

namespace uvsched {

struct Shared {
    // `scheduler` marks callbacks for CallbackScope; `ring`: see Observers.
    Shared(std::shared_ptr<Clock> time, TimeZone zone, const void* scheduler, std::function<void()> ring = {})
        : owner(scheduler),
          clock(std::move(time)),
          bus(scheduler, std::move(ring)),
          notices(bus, *clock, std::move(zone)) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() = default;

    const void* const owner;
    const std::shared_ptr<Clock> clock;
    EventBus bus;
    Notices notices;
    std::atomic<bool> forked{false};  // set in the child of a fork, which may touch nothing here

    // Guards the members below, and all parts of the engine that do not say otherwise. No callback, I/O or destroy
    // function runs while it is held.
    mutable std::mutex mutex;
    Releases releases;  // Lock calls them when the mutex is free
    Alarm alarm;
    Shortage shortage;

    void lack_memory() noexcept { shortage.note_memory(alarm, notices); }

    // The clock's present time.
    [[nodiscard]] Now now() const {
        const ClockReading reading = clock->read();
        return {.wall = reading.wall, .elapsed = reading.elapsed};
    }

    // Throws Error(forked).
    void check_process() const {
        if (!forked.load(std::memory_order_relaxed)) return;
        fail(Code::forked, "this scheduler was started in the parent process: make a new one after fork()");
    }
};

// Holds the mutex. unlock() and the destructor call the releases that were collected, with no lock held.
class Lock {
public:
    explicit Lock(Shared& shared) : shared_(shared) {
        shared.check_process();
        lock_ = std::unique_lock(shared.mutex);
    }
    ~Lock() {
        if (lock_.owns_lock()) unlock();
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

    void unlock() {
        const Releases releases = std::exchange(shared_.releases, {});
        lock_.unlock();
        if (releases.empty()) return;
        // This may be any thread of the scheduler, which would wait for itself.
        const CallbackScope scope(shared_.owner, true);
        for (const auto& release : releases) release();
    }
    std::unique_lock<std::mutex>& inner() noexcept { return lock_; }

private:
    Shared& shared_;
    std::unique_lock<std::mutex> lock_;
};

}  // namespace uvsched
