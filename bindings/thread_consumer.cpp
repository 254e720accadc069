#include "consumers.hpp"
#include "fire.hpp"

namespace uvsched::python {

Fire* ThreadConsumer::accept(const sched_item& item) noexcept {
    if (item.tag != UVSCHED_ITEM_RUN) {
        control(item);
        return nullptr;
    }
    if (!open()) {
        finish(cancelled(item.run_id));
        return nullptr;
    }
    const Call call = call_of(item);
    Fire* const fire = call.fn ? make_fire(*this, item, FireKind::thread, call.callable()) : nullptr;
    if (fire == nullptr) finish(outcome_of_error(engine(), item.run_id, nullptr));
    return fire;
}

}  // namespace uvsched::python
