#include "core/events/event_bus.hpp"

#include <utility>

namespace uvsched {

EventBus::~EventBus() {
    observers_->close();
    for (const Link* link = first(); link != nullptr;) delete std::exchange(link, link->next);
}

void EventBus::add_queue(const std::shared_ptr<RunQueue>& queue) {
    for (const Link* link = first(); link != nullptr; link = link->next) {
        if (link->queue == queue) return;
    }
    first_.store(new Link{queue, first()}, std::memory_order_release);
}

void EventBus::emit(Event event) {
    const EventCode code = event.code;
    const auto shared = std::make_shared<const Event>(std::move(event));
    for (const Link* link = first(); link != nullptr; link = link->next) {
        if ((link->queue->subscribed() & mask_of(code)) != 0) link->queue->push_event(shared);
    }
    if ((observers_->mask() & mask_of(code)) != 0) observers_->tell(shared);
}

void EventBus::lose(EventCode code) noexcept {
    for (const Link* link = first(); link != nullptr; link = link->next) {
        if ((link->queue->subscribed() & mask_of(code)) != 0) link->queue->push_event(nullptr);
    }
    if ((observers_->mask() & mask_of(code)) != 0) observers_->tell(nullptr);
}

}  // namespace uvsched
