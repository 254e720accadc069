// Observers: native listeners, the thread or the poll that calls them, and the ring in which events wait for them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/model/event.hpp"

namespace uvsched {

// Thread-safe; its mutex is a leaf. The thread starts with the first observer. It keeps this object alive: an observer
// may drop the last other reference to its scheduler.
class Observers : public std::enable_shared_from_this<Observers> {
public:
    // `owner` marks callbacks for CallbackScope. With `ring` there is no thread, and pump() calls the observers: ring()
    // is called when events wait for them, on any thread, with the mutex free, and must not throw.
    explicit Observers(const void* owner, std::function<void()> ring = {})
        : owner_(owner), ring_bell_(std::move(ring)) {}
    Observers(const Observers&) = delete;
    Observers& operator=(const Observers&) = delete;
    ~Observers() = default;

    [[nodiscard]] EventMask mask() const noexcept { return mask_.load(std::memory_order_relaxed); }
    // nullptr: an event was dropped before it came here.
    void tell(const std::shared_ptr<const Event>& event) noexcept;

    std::uint64_t add(EventMask mask, std::function<void(const Event&)> call, std::function<void()> release);
    void remove(std::uint64_t id);  // see Scheduler::remove_observer; throws Error(not_found)

    // Calls every observer for the events so far. Only with `ring`. If another thread does so, waits for it first.
    void pump();

    // Calls every observer for the events so far, then ends the thread and releases the observers. If an observer calls
    // it, no other observer is called any more, and the caller is released when its call has returned.
    void close();

    [[nodiscard]] std::int64_t dropped() const noexcept { return total_dropped_.load(std::memory_order_relaxed); }

private:
    struct Observer {
        std::uint64_t id = 0;
        EventMask mask = 0;
        std::function<void(const Event&)> call;
        std::function<void()> release;
        bool removed_itself = false;  // in its own call: it is released when the call has returned
    };

    void work();
    void call_for_next(std::unique_lock<std::mutex>& lock);
    void call_all(std::unique_lock<std::mutex>& lock, const Event& event);
    void count_dropped_locked() noexcept;
    void update_mask_locked();
    [[nodiscard]] bool is_known_locked(const std::shared_ptr<Observer>& observer) const;

    const void* const owner_;
    const std::function<void()> ring_bell_;
    std::atomic<EventMask> mask_{0};
    std::atomic<std::int64_t> total_dropped_{0};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable idle_;
    std::deque<std::shared_ptr<const Event>> ring_;
    std::int64_t dropped_ = 0;
    std::vector<std::shared_ptr<Observer>> observers_;
    std::shared_ptr<Observer> calling_;
    std::uint64_t last_id_ = 0;
    std::thread thread_;
    std::thread::id caller_;  // who calls observers
    bool ending_ = false;
};

}  // namespace uvsched
