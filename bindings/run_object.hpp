// RunObject: one run on its way through Python.
//
// It is what current_run() shows, what a worker thread calls, and the coroutine that asyncio drives: asyncio's task
// gets the run itself, which makes the user's coroutine at its first step and sees how it ends. So no callback is
// needed for the end, an exception never reaches asyncio, and SystemExit cannot stop the loop.
#pragma once

#include <cstdint>

#include "consumer.hpp"
#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

enum class RunStage : std::uint8_t { waiting, running, finished };
enum class RunUse : std::uint8_t { description, coroutine, thread, pulled };

struct RunObject {
    PyObject_HEAD Consumer* consumer;  // pinned
    std::uint64_t run_id;
    std::int64_t scheduled_time;
    std::int64_t first_time;
    std::int64_t folded;
    int attempt;
    char fire_id[UVSCHED_FIRE_ID_SIZE];
    PyObject* task_id;
    PyObject* store;
    PyObject* kind_text;
    PyObject* function;  // of a run that was pulled: the name of its function
    PyObject* fn;
    PyObject* args;
    PyObject* kwargs;
    PyObject* context;  // of a run in a thread: its own
    PyObject* inner;    // the user's coroutine, once it runs
    PyObject* task;     // asyncio's task or future for it
    RunObject* previous;
    RunObject* next;
    RunUse kind;
    RunStage state;
    bool cancelled;  // a run that was pulled was asked to end early
};

// An object for a run that is to be called. nullptr with a Python error set.
RunObject* make_run_object(Consumer& consumer, const sched_item& item, RunUse kind, const Callable& callable) noexcept;

// An object that only describes a run. nullptr with a Python error set.
PyObject* describe_run(Consumer& consumer, const sched_run* run) noexcept;

// Whether it is a run of a task on a shutdown trigger.
bool is_of_shutdown(const RunObject* object) noexcept;

// Whether the error that is set says that a generator has ended. For a task on a shutdown trigger that is no failure:
// it has told a generator to clean up and end.
bool is_end_of_generator() noexcept;

// Ends a run: its consumer reports the outcome, once; later ends are ignored.
void end_run(RunObject* object, Outcome outcome) noexcept;

// Ends a run that is given up: its task is cancelled where its loop is `usable`, else forgotten.
void give_up_run(RunObject* object, bool usable) noexcept;

void bind_run_object(py::module_& module);

}  // namespace uvsched::python
