// EventBus: carries events to observers and run queues without ever slowing whoever decides.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/observers.hpp"
#include "core/executors/run_queue.hpp"
#include "core/model/event.hpp"

namespace uvsched {

// Thread-safe.
class EventBus {
public:
    explicit EventBus(const void* owner) : observers_(std::make_shared<Observers>(owner)) {}
    ~EventBus() { observers_->close(); }
    EventBus(const EventBus&) = delete;
    EventBus& operator=(const EventBus&) = delete;

    // Queues whose subscription counts. Before the first emit; not thread-safe.
    void add_queue(std::shared_ptr<RunQueue> queue) { queues_.push_back(std::move(queue)); }

    // Whether anybody wants this event: ask before making one.
    [[nodiscard]] bool wants(EventCode code) const noexcept;
    void emit(Event event);

    [[nodiscard]] Observers& observers() noexcept { return *observers_; }

private:
    const std::shared_ptr<Observers> observers_;
    std::vector<std::shared_ptr<RunQueue>> queues_;
};

}  // namespace uvsched
