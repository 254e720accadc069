// Records: tasks, ended runs and events as the engine shows them, copied for Python. Times are microseconds.
#pragma once

#include <cstdint>
#include <string>

#include "engine.hpp"
#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

struct TaskRecord {
    std::string id, name, function, store, executor;
    std::string arguments;  // JSON, or ""
    std::string trigger;    // JSON
    std::string trigger_text;
    sched_task_info info{};
    py::object fn, args, kwargs;  // of a memory-store task added from Python; else None
};

struct HistoryRecord {
    explicit HistoryRecord(const sched_history_row& row);
    std::int64_t seq;
    std::string task_id, fire_id, kind, state, reason, owner, result, error, late_result;
    std::int64_t first, last, folded, claimed_at, started_at, finished_at;
    std::int32_t attempt, crashes;
    bool exact;
};

struct EventRecord {
    explicit EventRecord(const sched_event* event);
    std::uint64_t code;
    std::string alias, task_id, fire_id, reason, result, message;
    std::int64_t time, scheduled, first, count, duration;
    std::int32_t attempt;
    bool exact;
};

// A new reference to a TaskRecord; nullptr with a Python error set. Does not free the handle.
PyObject* task_record(Engine& engine, const sched_task* task) noexcept;

void bind_records(py::module_& module);

}  // namespace uvsched::python
