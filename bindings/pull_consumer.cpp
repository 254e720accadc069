#include "consumers.hpp"
#include "run_object.hpp"

namespace uvsched::python {

RunObject* PullConsumer::accept(const sched_item& item) noexcept {
    if (item.tag != UVSCHED_ITEM_RUN) {
        control(item);
        return nullptr;
    }
    if (!open()) {
        finish(cancelled(item.run_id));
        return nullptr;
    }
    const Call call = call_of(item);
    RunObject* const object = call.fn ? make_run_object(*this, item, RunUse::pulled, call.callable()) : nullptr;
    if (object != nullptr) object->function = PyUnicode_FromString(sched_run_function(item.run));
    if (object != nullptr && object->function != nullptr) return object;
    Outcome outcome = outcome_of_error(engine(), item.run_id, nullptr);
    if (object == nullptr) {
        finish(std::move(outcome));
    } else {
        end_run(object, std::move(outcome));
        Py_DECREF(reinterpret_cast<PyObject*>(object));
    }
    return nullptr;
}

void PullConsumer::cancel(RunObject* object) noexcept { object->cancelled = true; }

}  // namespace uvsched::python
