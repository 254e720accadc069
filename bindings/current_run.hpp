// The run that the calling thread, or the calling coroutine, is in.
#pragma once

#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

class Consumer;
class Engine;

// The run on this thread now: its object, or the run itself for inline runs, which have none.
struct ThreadRun {
    PyObject* object;      // borrowed; the caller of the function holds it
    const sched_run* run;  // not yet reported
    Consumer* consumer;
};

// Puts a run in its place for the time of a call, and back what was there.
class ThreadRunScope {
public:
    explicit ThreadRunScope(const ThreadRun& run) noexcept;
    ~ThreadRunScope();
    ThreadRunScope(const ThreadRunScope&) = delete;
    ThreadRunScope& operator=(const ThreadRunScope&) = delete;

private:
    ThreadRun before_;
};

// Puts a run into the present context, a coroutine's own. False with a Python error set.
bool enter_context(PyObject* object) noexcept;

// Whether the caller is in a run of this engine that has not ended: it, or a thread or task that it started.
bool inside_run_of(const Engine& engine) noexcept;

void bind_current_run(py::module_& module);

}  // namespace uvsched::python
