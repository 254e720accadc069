// EventBus: carries events to observers and run queues. It never waits for a listener.
#pragma once

#include <functional>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "core/events/observers.hpp"
#include "core/executors/run_queue.hpp"
#include "core/model/event.hpp"

namespace uvsched {

// Thread-safe.
class EventBus {
public:
    explicit EventBus(const void* owner, std::function<void()> ring = {})
        : observers_(std::make_shared<Observers>(owner, std::move(ring))) {}
    ~EventBus() { observers_->close(); }
    EventBus(const EventBus&) = delete;
    EventBus& operator=(const EventBus&) = delete;

    // Queues whose subscription counts. Before the first emit; not thread-safe.
    void add_queue(std::shared_ptr<RunQueue> queue) { queues_.push_back(std::move(queue)); }

    // Whether a listener wants this event: ask before making one.
    [[nodiscard]] bool wants(EventCode code) const noexcept {
        EventMask mask = observers_->mask();
        for (const auto& queue : queues_) mask |= queue->subscribed();
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
    void emit(Event event);
    void lose(EventCode code) noexcept;

    const std::shared_ptr<Observers> observers_;
    std::vector<std::shared_ptr<RunQueue>> queues_;
};

}  // namespace uvsched
