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
    record.info.size = sizeof record.info;
    check(sched_task_get_info(task, &record.info));
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
        .def_property_readonly("next_run", [](const TaskRecord& task) { return task.info.next_run; })
        .def_property_readonly("runs", [](const TaskRecord& task) { return task.info.runs; })
        .def_property_readonly("grace_time", [](const TaskRecord& task) { return task.info.grace_time; })
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

void bind_history(py::module_& module) {
    py::class_<HistoryRecord>(module, "HistoryRecord")
        .def_readonly("seq", &HistoryRecord::seq)
        .def_readonly("task_id", &HistoryRecord::task_id)
        .def_readonly("fire_id", &HistoryRecord::fire_id)
        .def_readonly("kind", &HistoryRecord::kind)
        .def_readonly("state", &HistoryRecord::state)
        .def_readonly("reason", &HistoryRecord::reason)
        .def_readonly("owner", &HistoryRecord::owner)
        .def_readonly("result", &HistoryRecord::result)
        .def_readonly("error", &HistoryRecord::error)
        .def_readonly("late_result", &HistoryRecord::late_result)
        .def_readonly("first", &HistoryRecord::first)
        .def_readonly("last", &HistoryRecord::last)
        .def_readonly("folded", &HistoryRecord::folded)
        .def_readonly("exact", &HistoryRecord::exact)
        .def_readonly("attempt", &HistoryRecord::attempt)
        .def_readonly("crashes", &HistoryRecord::crashes)
        .def_readonly("claimed_at", &HistoryRecord::claimed_at)
        .def_readonly("started_at", &HistoryRecord::started_at)
        .def_readonly("finished_at", &HistoryRecord::finished_at);
}

void bind_event(py::module_& module) {
    py::class_<EventRecord>(module, "EventRecord")
        .def_readonly("code", &EventRecord::code)
        .def_readonly("time", &EventRecord::time)
        .def_readonly("alias", &EventRecord::alias)
        .def_readonly("task_id", &EventRecord::task_id)
        .def_readonly("fire_id", &EventRecord::fire_id)
        .def_readonly("scheduled", &EventRecord::scheduled)
        .def_readonly("first", &EventRecord::first)
        .def_readonly("count", &EventRecord::count)
        .def_readonly("exact", &EventRecord::exact)
        .def_readonly("reason", &EventRecord::reason)
        .def_readonly("attempt", &EventRecord::attempt)
        .def_readonly("duration", &EventRecord::duration)
        .def_readonly("result", &EventRecord::result)
        .def_readonly("message", &EventRecord::message);
}

}  // namespace

HistoryRecord::HistoryRecord(const sched_history_row& row)
    : seq(row.seq),
      task_id(text(row.task_id)),
      fire_id(text(row.fire_id)),
      kind(text(row.kind)),
      state(text(row.state)),
      reason(text(row.reason)),
      owner(text(row.owner)),
      result(text(row.result)),
      error(text(row.error)),
      late_result(text(row.late_result)),
      first(row.first),
      last(row.last),
      folded(row.folded),
      claimed_at(row.claimed_at),
      started_at(row.started_at),
      finished_at(row.finished_at),
      attempt(row.attempt),
      crashes(row.crashes),
      exact(row.exact != 0) {}

EventRecord::EventRecord(const sched_event* event)
    : code(sched_event_code(event)),
      alias(text(sched_event_alias(event))),
      task_id(text(sched_event_task_id(event))),
      fire_id(text(sched_event_fire_id(event))),
      reason(text(sched_event_reason(event))),
      result(text(sched_event_result(event))),
      message(text(sched_event_message(event))),
      time(sched_event_time(event)),
      scheduled(sched_event_scheduled_time(event)),
      first(sched_event_first_time(event)),
      count(sched_event_count(event)),
      duration(sched_event_duration(event)),
      attempt(sched_event_attempt(event)),
      exact(sched_event_exact(event) != 0) {}

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

void bind_records(py::module_& module) {
    bind_task(module);
    bind_history(module);
    bind_event(module);
}

}  // namespace uvsched::python
