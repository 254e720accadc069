// Records: tasks, rows of history and events as the engine shows them, copied for Python. Times are microseconds.
#pragma once

#include <cstdint>
#include <string>

#include "engine.hpp"
#include "python.hpp"
#include "uvsched.hpp"

namespace uvsched::python {

struct TaskRecord {
    std::string id, name, function, store, executor;
    std::string arguments;  // JSON, or ""
    std::string trigger;    // JSON
    std::string trigger_text;
    sched_task_info info = UVSCHED_TASK_INFO_INIT;
    py::object fn, args, kwargs;  // of a memory-store task added from Python; else None
};

struct EventRecord {
    explicit EventRecord(const sched_event* event);
    std::uint64_t code;
    std::string alias, task_id, task_name, fire_id, reason, result, message;
    std::int64_t time, scheduled_time, first_time, count, duration;
    std::int32_t attempt;
    bool exact, asked;
};

// A new reference to a TaskRecord; nullptr with a Python error set. Does not free the handle.
PyObject* task_record(Engine& engine, const sched_task* task) noexcept;

// A new dict with the members of UVSCHED_HISTORY_FIELDS, times in microseconds; nullptr with a Python error set.
PyObject* history_record(const sched::HistoryRow& row) noexcept;

void bind_records(py::module_& module);

}  // namespace uvsched::python
