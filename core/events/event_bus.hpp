// EventBus: carries events to observers and run queues. It never waits for a listener.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "core/events/observers.hpp"
#include "core/executors/run_queue.hpp"
#include "core/model/event.hpp"

namespace uvsched {

// Thread-safe.
class EventBus {
public:
    explicit EventBus(const void* owner, std::function<void()> ring = {})
        : observers_(std::make_shared<Observers>(owner, std::move(ring))) {}
    ~EventBus();
    EventBus(const EventBus&) = delete;
    EventBus& operator=(const EventBus&) = delete;

    // A queue whose subscription counts from now on. One call at a time; a queue that is known is not added again.
    void add_queue(const std::shared_ptr<RunQueue>& queue);

    // Whether a listener wants this event: ask before making one.
    [[nodiscard]] bool wants(EventCode code) const noexcept {
        EventMask mask = observers_->mask();
        for (const Link* link = first(); link != nullptr; link = link->next) mask |= link->queue->subscribed();
        return (mask & mask_of(code)) != 0;
    }

    // Tells the event of make(), if a listener wants it. An event that there is no memory for counts as dropped.
    template <class Make>
    void tell(EventCode code, Make&& make) noexcept {
        if (!wants(code)) return;
        try {
            emit(make());
        } catch (const std::bad_alloc&) {
            lose(code);
        }
    }

    [[nodiscard]] Observers& observers() noexcept { return *observers_; }

private:
    // Links are only added, so that whoever tells needs no lock.
    struct Link {
        std::shared_ptr<RunQueue> queue;
        const Link* next = nullptr;
    };

    [[nodiscard]] const Link* first() const noexcept { return first_.load(std::memory_order_acquire); }
    void emit(Event event);
    void lose(EventCode code) noexcept;

    const std::shared_ptr<Observers> observers_;
    std::atomic<const Link*> first_{nullptr};
};

}  // namespace uvsched
