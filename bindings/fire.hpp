// Fire: one run on its way through Python.
//
// It is what current_run() shows, what a worker thread calls, and the coroutine that asyncio drives: asyncio's task
// gets the fire itself, which makes the user's coroutine at its first step and sees how it ends. So no callback is
// needed for the end, an exception never reaches asyncio, and SystemExit cannot stop the loop.
#pragma once

#include <cstdint>

#include "consumer.hpp"
#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

enum class FireState : std::uint8_t { waiting, running, finished };
enum class FireKind : std::uint8_t { description, coroutine, thread };

struct Fire {
    PyObject_HEAD Consumer* consumer;  // pinned
    std::uint64_t run_id;
    std::int64_t scheduled;
    std::int64_t first;
    std::int64_t folded;
    int attempt;
    char fire_id[33];
    PyObject* task_id;
    PyObject* store;
    PyObject* kind_text;
    PyObject* fn;
    PyObject* args;
    PyObject* kwargs;
    PyObject* inner;  // the user's coroutine, once it runs
    PyObject* task;   // asyncio's task or future for it
    Fire* previous;
    Fire* next;
    FireKind kind;
    FireState state;
};

// A fire for a run that is to be called. nullptr with a Python error set.
Fire* make_fire(Consumer& consumer, const sched_item& item, FireKind kind, const Callable& callable) noexcept;

// A fire that only describes a run. nullptr with a Python error set.
PyObject* describe_run(Consumer& consumer, const sched_run* run) noexcept;

// Ends a fire: its consumer reports the outcome, once; later ends are ignored.
void end_fire(Fire* fire, Outcome outcome) noexcept;

// Ends a fire that is given up: its task is cancelled where its loop is `usable`, else forgotten.
void give_up_fire(Fire* fire, bool usable) noexcept;

void bind_fire(py::module_& module);

}  // namespace uvsched::python
