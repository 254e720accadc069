#include "core/events/event_bus.hpp"

#include <utility>

namespace uvsched {

void EventBus::emit(Event event) {
    const EventCode code = event.code;
    const auto shared = std::make_shared<const Event>(std::move(event));
    for (const auto& queue : queues_) {
        if ((queue->subscribed() & mask_of(code)) != 0) queue->push_event(shared);
    }
    if ((observers_->mask() & mask_of(code)) != 0) observers_->tell(shared);
}

void EventBus::lose(EventCode code) noexcept {
    for (const auto& queue : queues_) {
        if ((queue->subscribed() & mask_of(code)) != 0) queue->push_event(nullptr);
    }
    if ((observers_->mask() & mask_of(code)) != 0) observers_->tell(nullptr);
}

}  // namespace uvsched
