// TaskDraft: a sched_task described with what Python gives.
#pragma once

#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

// A trigger's spec, as python/uvsched/triggers/base.py makes it: (kind, span, instant or JSON, start, end, jitter,
// zone). On failure a Python error is set and the result is false.
bool set_trigger(sched_task* task, PyObject* spec) noexcept;

// The members of a dict: name, arguments, executor, mistrigger_grace_time, coalesce, max_instances, max_catch_up,
// max_crashes, on_crash, next_run_time, paused, local. None: nothing. On failure a Python error is set and the result
// is false.
bool set_options(sched_task* task, PyObject* options) noexcept;

}  // namespace uvsched::python
