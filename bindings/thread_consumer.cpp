#include <cstring>

#include "consumers.hpp"
#include "run_object.hpp"

namespace uvsched::python {

RunObject* ThreadConsumer::accept(const sched_item& item) noexcept {
    if (item.tag != UVSCHED_ITEM_RUN) {
        control(item);
        return nullptr;
    }
    // What a shutdown hands out may come to its thread only when that shutdown has closed this.
    if (!open() && std::strcmp(sched_run_kind(item.run), "shutdown") != 0) {
        finish(cancelled(item.run_id));
        return nullptr;
    }
    const Call call = call_of(item);
    RunObject* const object = call.fn ? make_run_object(*this, item, RunUse::thread, call.callable()) : nullptr;
    if (object == nullptr) finish(outcome_of_error(engine(), item.run_id, nullptr));
    return object;
}

}  // namespace uvsched::python
