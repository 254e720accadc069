// The run that the calling thread, or the calling coroutine, is in.
#pragma once

#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

class Consumer;
class Engine;

// What runs on this thread now. A fire, or for inline runs, which have no object of their own, the run itself.
struct ThreadRun {
    PyObject* fire;        // borrowed; the caller of the function holds it
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

// Puts a fire into the present context, a coroutine's own. False with a Python error set.
bool enter_context(PyObject* fire) noexcept;

// Whether the caller is in a run of this engine that has not ended: it, or a thread or task that it started.
bool inside_run_of(const Engine& engine) noexcept;

void bind_current_run(py::module_& module);

}  // namespace uvsched::python
