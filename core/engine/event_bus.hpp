// EventBus: carries events to observers without ever slowing whoever decides.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/executors/run_queue.hpp"
#include "core/model/event.hpp"

namespace uvsched {

// Thread-safe; its mutex is a leaf. Observers are called on a thread that starts with the first of them.
class EventBus {
public:
    // `owner` marks callbacks for CallbackScope.
    explicit EventBus(const void* owner) : owner_(owner) {}
    ~EventBus();
    EventBus(const EventBus&) = delete;
    EventBus& operator=(const EventBus&) = delete;

    // Queues whose subscription counts. Before the first emit; not thread-safe.
    void add_queue(std::shared_ptr<RunQueue> queue) { queues_.push_back(std::move(queue)); }

    // Whether anybody wants this event: ask before making one.
    [[nodiscard]] bool wants(EventCode code) const noexcept;
    void emit(Event event);

    std::uint64_t add(EventMask mask, std::function<void(const Event&)> call, std::function<void()> release);
    void remove(std::uint64_t id);  // see Scheduler::remove_observer; throws Error(not_found)

    // Calls every observer for what was emitted so far, then ends the thread and releases the observers.
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
    std::vector<std::shared_ptr<RunQueue>> queues_;
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
