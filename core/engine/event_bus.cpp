#include "core/engine/event_bus.hpp"

#include <utility>

namespace uvsched {

bool EventBus::wants(EventCode code) const noexcept {
    EventMask mask = observers_->mask();
    for (const auto& queue : queues_) mask |= queue->subscribed();
    return (mask & mask_of(code)) != 0;
}

void EventBus::emit(Event event) {
    const EventMask bit = mask_of(event.code);
    const auto shared = std::make_shared<const Event>(std::move(event));
    for (const auto& queue : queues_) {
        if ((queue->subscribed() & bit) != 0) queue->push_event(shared);
    }
    if ((observers_->mask() & bit) != 0) observers_->tell(shared);
}

}  // namespace uvsched
