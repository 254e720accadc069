#include "records.hpp"

#include "errors.hpp"

namespace uvsched::python {
namespace {

std::string text(const char* value) { return value == nullptr ? std::string() : std::string(value); }

py::object object_or_none(PyObject* object) {
    return object == nullptr ? py::none() : py::reinterpret_borrow<py::object>(object);
}

TaskRecord read_task(Engine& engine, const sched_task* task) {
    TaskRecord record;
    check(sched_task_get_info(&record.info, task));
    record.id = text(sched_task_id(task));
    record.name = text(sched_task_name(task));
    record.function = text(sched_task_function(task));
    record.store = text(sched_task_store(task));
    record.executor = text(sched_task_executor(task));
    record.arguments = text(sched_task_arguments(task));
    record.trigger = text(sched_task_trigger_json(task));
    record.trigger_text = text(sched_task_trigger_text(task));
    const std::uint64_t token = engine.objects().token_of(record.store.c_str(), record.id.c_str());
    const Callable* const callable = engine.objects().find(token);
    record.fn = object_or_none(callable == nullptr ? nullptr : callable->fn);
    record.args = object_or_none(callable == nullptr ? nullptr : callable->args);
    record.kwargs = object_or_none(callable == nullptr ? nullptr : callable->kwargs);
    return record;
}

void bind_task(py::module_& module) {
    py::class_<TaskRecord>(module, "TaskRecord")
        .def_readonly("id", &TaskRecord::id)
        .def_readonly("name", &TaskRecord::name)
        .def_readonly("function", &TaskRecord::function)
        .def_readonly("store", &TaskRecord::store)
        .def_readonly("executor", &TaskRecord::executor)
        .def_readonly("arguments", &TaskRecord::arguments)
        .def_readonly("trigger", &TaskRecord::trigger)
        .def_readonly("trigger_text", &TaskRecord::trigger_text)
        .def_readonly("fn", &TaskRecord::fn)
        .def_readonly("args", &TaskRecord::args)
        .def_readonly("kwargs", &TaskRecord::kwargs)
        .def_property_readonly("next_run_time", [](const TaskRecord& task) { return task.info.next_run_time; })
        .def_property_readonly("runs", [](const TaskRecord& task) { return task.info.runs; })
        .def_property_readonly("mistrigger_grace_time",
                               [](const TaskRecord& task) { return task.info.mistrigger_grace_time; })
        .def_property_readonly("max_instances", [](const TaskRecord& task) { return task.info.max_instances; })
        .def_property_readonly("max_catch_up", [](const TaskRecord& task) { return task.info.max_catch_up; })
        .def_property_readonly("max_crashes", [](const TaskRecord& task) { return task.info.max_crashes; })
        .def_property_readonly("running", [](const TaskRecord& task) { return task.info.running; })
        .def_property_readonly("coalesce", [](const TaskRecord& task) { return task.info.coalesce != 0; })
        .def_property_readonly("on_crash", [](const TaskRecord& task) { return int{task.info.on_crash}; })
        .def_property_readonly("paused", [](const TaskRecord& task) { return task.info.paused != 0; })
        .def_property_readonly("finished", [](const TaskRecord& task) { return task.info.finished != 0; })
        .def_property_readonly("pending", [](const TaskRecord& task) { return task.info.pending != 0; });
}

PyObject* to_python(const std::string& value) noexcept {
    return PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), "replace");
}
PyObject* to_python(std::int64_t value) noexcept { return PyLong_FromLongLong(value); }
PyObject* to_python(sched::Instant value) noexcept { return to_python(sched::to_c(value)); }

void bind_event(py::module_& module) {
    py::class_<EventRecord>(module, "EventRecord")
        .def_readonly("code", &EventRecord::code)
        .def_readonly("time", &EventRecord::time)
        .def_readonly("alias", &EventRecord::alias)
        .def_readonly("task_id", &EventRecord::task_id)
        .def_readonly("task_name", &EventRecord::task_name)
        .def_readonly("fire_id", &EventRecord::fire_id)
        .def_readonly("scheduled_time", &EventRecord::scheduled_time)
        .def_readonly("first_time", &EventRecord::first_time)
        .def_readonly("count", &EventRecord::count)
        .def_readonly("exact", &EventRecord::exact)
        .def_readonly("reason", &EventRecord::reason)
        .def_readonly("attempt", &EventRecord::attempt)
        .def_readonly("duration", &EventRecord::duration)
        .def_readonly("result", &EventRecord::result)
        .def_readonly("asked", &EventRecord::asked)
        .def_readwrite("message", &EventRecord::message);
}

}  // namespace

EventRecord::EventRecord(const sched_event* event)
    : code(sched_event_code(event)),
      alias(text(sched_event_alias(event))),
      task_id(text(sched_event_task_id(event))),
      task_name(text(sched_event_task_name(event))),
      fire_id(text(sched_event_fire_id(event))),
      reason(text(sched_event_reason(event))),
      result(text(sched_event_result(event))),
      message(text(sched_event_message(event))),
      time(sched_event_time(event)),
      scheduled_time(sched_event_scheduled_time(event)),
      first_time(sched_event_first_time(event)),
      count(sched_event_count(event)),
      duration(sched_event_duration(event)),
      attempt(sched_event_attempt(event)),
      exact(sched_event_exact(event) != 0),
      asked(sched_event_asked(event) != 0) {}

PyObject* task_record(Engine& engine, const sched_task* task) noexcept {
    try {
        return py::cast(read_task(engine, task)).release().ptr();
    } catch (py::error_already_set& error) {
        error.restore();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
    return nullptr;
}

PyObject* history_record(const sched::HistoryRow& row) noexcept {
    Owned record(PyDict_New());
    if (!record) return nullptr;
#define UVSCHED_PUT(name)                                                                                   \
    {                                                                                                       \
        static PyObject* const key = PyUnicode_InternFromString(#name);                                     \
        const Owned value(to_python(row.name));                                                             \
        if (key == nullptr || !value || PyDict_SetItem(record.get(), key, value.get()) < 0) return nullptr; \
    }
    UVSCHED_HISTORY_FIELDS(UVSCHED_PUT, UVSCHED_PUT, UVSCHED_PUT, UVSCHED_PUT)
#undef UVSCHED_PUT
    return record.release();
}

void bind_records(py::module_& module) {
    bind_task(module);
    bind_event(module);
}

}  // namespace uvsched::python
