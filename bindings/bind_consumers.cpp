// The consumers as Python sees them.
#include "arguments.hpp"
#include "consumers.hpp"
#include "run_object.hpp"

namespace uvsched::python {
namespace {

// drain() as a plain C method: it calls users' functions, and costs no conversion.
template <class Kind>
PyObject* drain(PyObject* self, PyObject* const*, Py_ssize_t count) {
    auto* const consumer = self_of<Kind>(self);
    if (consumer == nullptr || !has_count(count, 0, "drain")) return nullptr;
    try {
        consumer->drain();
    } catch (py::error_already_set& error) {
        error.restore();
        return nullptr;
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
        return nullptr;
    }
    Py_RETURN_NONE;
}

// flush() of a LoopConsumer.
PyObject* flush(PyObject* self, PyObject* const*, Py_ssize_t count) {
    auto* const consumer = self_of<LoopConsumer>(self);
    if (consumer == nullptr || !has_count(count, 0, "flush")) return nullptr;
    consumer->flush();
    Py_RETURN_NONE;
}

// take(timeout_ms) of a ThreadConsumer or a PullConsumer.
template <class Kind>
PyObject* take(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const consumer = self_of<Kind>(self);
    int timeout_ms = 0;
    if (consumer == nullptr || !has_count(count, 1, "take") || !read_int(args[0], "timeout_ms", timeout_ms))
        return nullptr;
    sched_item item{};
    for (; consumer->wait_for(item, timeout_ms); timeout_ms = 0) {  // a run may stand behind items of other kinds
        RunObject* const object = consumer->accept(item);
        if (object != nullptr) return reinterpret_cast<PyObject*>(object);
        if (PyErr_Occurred() != nullptr) return nullptr;
    }
    if (PyErr_Occurred() != nullptr) return nullptr;
    Py_RETURN_NONE;
}

PyMethodDef inline_methods[] = {
    method_def("drain", drain<InlineConsumer>, "drain($self, /)\n--\n\nCalls what waits."),
    {nullptr, nullptr, 0, nullptr},
};
PyMethodDef loop_methods[] = {
    method_def("drain", drain<LoopConsumer>, "drain($self, /)\n--\n\nStarts what waits."),
    method_def("flush", flush, "flush($self, /)\n--\n\nReports what ended."),
    {nullptr, nullptr, 0, nullptr},
};
PyMethodDef thread_methods[] = {
    method_def("take", take<ThreadConsumer>,
               "take($self, timeout_ms, /)\n--\n\nThe next run, or None: the time is over, or wake()."),
    {nullptr, nullptr, 0, nullptr},
};
PyMethodDef pull_methods[] = {
    method_def("take", take<PullConsumer>,
               "take($self, timeout_ms, /)\n--\n\nThe next run, or None: the time is over, or wake()."),
    {nullptr, nullptr, 0, nullptr},
};

template <class Kind>
py::class_<Kind, std::shared_ptr<Kind>> bind(py::module_& module, const char* name) {
    return py::class_<Kind, std::shared_ptr<Kind>>(module, name)
        .def_property_readonly("fd", &Kind::descriptor)
        .def_property_readonly("runs", &Kind::runs)
        .def_property_readonly("busy", [](const Kind& consumer) { return consumer.busy(); })
        .def(
            "close", [](Kind& consumer, bool cancel, bool usable) { consumer.close(cancel, usable); },
            py::arg("cancel"), py::arg("usable"))
        .def(
            "leave", [](Kind& consumer, bool cancel) { return consumer.leave(cancel); }, py::arg("cancel"));
}

}  // namespace

std::shared_ptr<InlineConsumer> attach_inline(const std::shared_ptr<Engine>& engine, const std::string& alias,
                                              std::size_t room) {
    return std::make_shared<InlineConsumer>(engine, alias.c_str(), room);
}

std::shared_ptr<LoopConsumer> attach_loop(const std::shared_ptr<Engine>& engine, const std::string& alias,
                                          std::size_t room, py::object create_task, py::object call_soon,
                                          py::object run_in_thread) {
    auto consumer = std::make_shared<LoopConsumer>(engine, alias.c_str(), room, std::move(create_task),
                                                   std::move(call_soon), std::move(run_in_thread));
    consumer->set_flush(py::cast(consumer).attr("flush"));
    return consumer;
}

std::shared_ptr<ThreadConsumer> attach_thread(const std::shared_ptr<Engine>& engine, const std::string& alias) {
    return std::make_shared<ThreadConsumer>(engine, alias.c_str(), std::size_t{1}, &sched_consumer_new_workers);
}

std::shared_ptr<PullConsumer> attach_pull(const std::shared_ptr<Engine>& engine, const std::string& alias,
                                          std::size_t room, bool workers) {
    return std::make_shared<PullConsumer>(engine, alias.c_str(), room,
                                          workers ? &sched_consumer_new_workers : &sched_consumer_new);
}

std::shared_ptr<ControlConsumer> attach_control(const std::shared_ptr<Engine>& engine) {
    return std::make_shared<ControlConsumer>(engine, kControlQueue, std::size_t{1});
}

void bind_consumers(py::module_& module) {
    add_methods(bind<InlineConsumer>(module, "InlineConsumer"), inline_methods);
    add_methods(bind<LoopConsumer>(module, "LoopConsumer"), loop_methods);
    auto thread = bind<ThreadConsumer>(module, "ThreadConsumer");
    thread.def("wake", [](ThreadConsumer& consumer) { consumer.wake(); });
    add_methods(thread, thread_methods);
    auto pull = bind<PullConsumer>(module, "PullConsumer");
    pull.def("wake", [](PullConsumer& consumer) { consumer.wake(); });
    add_methods(pull, pull_methods);
    bind<ControlConsumer>(module, "ControlConsumer").def("drain", &ControlConsumer::drain, py::arg("everything"));
}

}  // namespace uvsched::python
