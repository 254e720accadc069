#include <array>
#include <vector>

#include "consumers.hpp"
#include "records.hpp"

namespace uvsched::python {

py::tuple ControlConsumer::drain(bool everything) {
    const std::shared_ptr<Consumer> alive = shared_from_this();
    py::list events;
    bool stopped = false;
    std::array<sched_item, 256> items;
    std::vector<EventRecord> records;
    std::size_t count = items.size();
    for (bool more = true; more; more = count == items.size() && (everything || stopped)) {
        count = take(items.data(), items.size());
        // Events are gone once another thread gets the GIL and closes this: they are read before Python is asked for
        // anything.
        for (std::size_t i = 0; i < count; ++i) {
            if (items[i].tag == UVSCHED_ITEM_EVENT) records.emplace_back(items[i].event);
        }
        for (EventRecord& record : records) events.append(py::cast(std::move(record)));
        records.clear();
        for (std::size_t i = 0; i < count; ++i) {
            if (items[i].tag == UVSCHED_ITEM_STOPPED) stopped = true;
            if (items[i].tag == UVSCHED_ITEM_RUN) finish(failed(items[i].run_id, kNoExecutor));
            control(items[i]);
        }
    }
    return py::make_tuple(events, stopped);
}

}  // namespace uvsched::python
