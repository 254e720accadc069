#include "trigger_consumer.hpp"

#include <pybind11/stl.h>

#include <optional>
#include <string>

#include "arguments.hpp"
#include "errors.hpp"

namespace uvsched::python {
namespace {

// (id, name, arguments, timezone, task id, previous or None, now). The ask is gone once another thread gets the GIL and
// closes the consumer: it is read before anything is allocated that the garbage collector counts.
PyObject* tuple_of(const sched_ask* ask) noexcept {
    const auto id = static_cast<unsigned long long>(sched_ask_id(ask));
    const auto now = static_cast<long long>(sched_ask_now(ask));
    const std::int64_t previous = sched_ask_previous(ask);
    Owned name(PyUnicode_FromString(sched_ask_trigger(ask)));
    Owned arguments(PyUnicode_FromString(sched_ask_arguments(ask)));
    Owned timezone(PyUnicode_FromString(sched_ask_timezone(ask)));
    Owned task(PyUnicode_FromString(sched_ask_task_id(ask)));
    Owned time = previous == INT64_MIN ? Owned::borrowed(Py_None) : Owned(PyLong_FromLongLong(previous));
    if (!name || !arguments || !timezone || !task || !time) return nullptr;
    return Py_BuildValue("(KNNNNNL)", id, name.release(), arguments.release(), timezone.release(), task.release(),
                         time.release(), now);
}

// take(timeout_ms)
PyObject* take(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const consumer = self_of<TriggerConsumer>(self);
    int timeout_ms = 0;
    if (consumer == nullptr || !has_count(count, 1, "take") || !read_int(args[0], "timeout_ms", timeout_ms))
        return nullptr;
    sched_item item{};
    const bool taken = consumer->wait_for(item, timeout_ms);
    // Closed while this thread waited for the GIL: what was taken is gone, and is asked again by whoever comes next.
    if (taken && consumer->open() && item.tag == UVSCHED_ITEM_TRIGGER_NEXT) return tuple_of(item.ask);
    if (taken && item.tag == UVSCHED_ITEM_RUN) consumer->finish(failed(item.run_id, kNoExecutor));
    if (PyErr_Occurred() != nullptr) return nullptr;
    Py_RETURN_NONE;
}

PyMethodDef consumer_methods[] = {
    method_def("take", take, "take($self, timeout_ms, /)\n--\n\nThe next ask, or None: the time is over, or wake()."),
    {nullptr, nullptr, 0, nullptr},
};

void answer(const TriggerConsumer& consumer, std::uint64_t ask, std::optional<std::int64_t> time,
            const std::optional<std::string>& error) {
    sched_answer out{};
    out.ask_id = ask;
    out.status = time ? UVSCHED_TRIGGER_TIME : UVSCHED_TRIGGER_NEVER;
    out.time = time.value_or(0);
    if (error) {
        out.status = UVSCHED_TRIGGER_FAILED;
        out.error = error->data();
        out.error_length = error->size();
    }
    consumer.answer(out);
}

}  // namespace

void TriggerConsumer::check_answer(int code) {
    if (code != UVSCHED_ENOTRUNNING) check(code);  // the scheduler is gone: nobody waits for it
}

std::shared_ptr<TriggerConsumer> attach_triggers(const std::shared_ptr<Engine>& engine) {
    return std::make_shared<TriggerConsumer>(engine, kTriggerQueue, std::size_t{1});
}

void bind_trigger_consumer(py::module_& module) {
    py::class_<TriggerConsumer, std::shared_ptr<TriggerConsumer>> type(module, "TriggerConsumer");
    type.def("answer", answer, py::arg("ask"), py::arg("time").none(true), py::arg("error").none(true), py::pos_only())
        .def_property_readonly("fd", &TriggerConsumer::descriptor)
        .def_property_readonly("closed", [](const TriggerConsumer& consumer) { return !consumer.open(); })
        .def("wake", [](TriggerConsumer& consumer) { consumer.wake(); })
        .def(
            "close", [](TriggerConsumer& consumer, bool cancel, bool usable) { consumer.close(cancel, usable); },
            py::arg("cancel"), py::arg("usable"));
    add_methods(type, consumer_methods);
}

}  // namespace uvsched::python
