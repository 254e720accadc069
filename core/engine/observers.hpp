// Observers: who listens on a thread of the engine's own, and the ring in which events wait for them.
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
    // `owner` marks callbacks for CallbackScope.
    explicit Observers(const void* owner) : owner_(owner) {}
    Observers(const Observers&) = delete;
    Observers& operator=(const Observers&) = delete;
    ~Observers() = default;

    [[nodiscard]] EventMask mask() const noexcept { return mask_.load(std::memory_order_relaxed); }
    void tell(const std::shared_ptr<const Event>& event);

    std::uint64_t add(EventMask mask, std::function<void(const Event&)> call, std::function<void()> release);
    void remove(std::uint64_t id);  // see Scheduler::remove_observer; throws Error(not_found)

    // Calls every observer for what it was told so far, then ends the thread and releases the observers. From one of
    // them: no other is called any more, and it is released when its call has returned.
    void close();

    [[nodiscard]] std::int64_t dropped() const noexcept { return total_dropped_.load(std::memory_order_relaxed); }

private:
    struct Observer {
        std::uint64_t id = 0;
        EventMask mask = 0;
        std::function<void(const Event&)> call;
        std::function<void()> release;
        bool removed_itself = false;  // from its own call: released when that has returned
    };

    void work();
    void update_mask_locked();
    [[nodiscard]] bool is_known_locked(const std::shared_ptr<Observer>& observer) const;

    const void* const owner_;
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
    bool ending_ = false;
};

}  // namespace uvsched
