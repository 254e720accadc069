#include <array>

#include "consumers.hpp"
#include "records.hpp"

namespace uvsched::python {

py::tuple ControlConsumer::drain(bool everything) {
    const std::shared_ptr<Consumer> alive = shared_from_this();
    py::list events;
    bool stopped = false;
    std::array<sched_item, 256> items;
    std::size_t count = items.size();
    for (bool more = true; more; more = count == items.size() && (everything || stopped)) {
        count = take(items.data(), items.size());
        for (std::size_t i = 0; i < count; ++i) {
            if (items[i].tag == UVSCHED_ITEM_EVENT) events.append(py::cast(EventRecord(items[i].event)));
            if (items[i].tag == UVSCHED_ITEM_STOPPED) stopped = true;
            control(items[i]);
        }
    }
    return py::make_tuple(events, stopped);
}

}  // namespace uvsched::python
