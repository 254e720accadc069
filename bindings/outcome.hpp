// Outcome: how a call of a task's function ended, in the form the engine takes.
#pragma once

#include <cstdint>
#include <vector>

#include "engine.hpp"
#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

// One run's end. The texts are Python strings, or nullptr.
struct Outcome {
    std::uint64_t run_id = 0;
    std::int32_t status = UVSCHED_RUN_DONE;
    bool interrupted = false;  // by Ctrl-C, as far as can be known: who called the function raises it again
    Owned result;
    Owned error;
};

// The outcome of a function that returned: its value as JSON; a failure if it gave a coroutine that nobody would await.
// `fire_id` may be nullptr when the engine keeps neither values nor errors.
Outcome outcome_of_value(Engine& engine, std::uint64_t run_id, const char* fire_id, PyObject* value) noexcept;

// The outcome of a function that raised: takes the error that is set, clears it, and describes it. asyncio's
// CancelledError is a cancellation, everything else a failure, SystemExit and KeyboardInterrupt too.
Outcome outcome_of_error(Engine& engine, std::uint64_t run_id, const char* fire_id) noexcept;

// The outcome of a run that was given up.
Outcome cancelled(std::uint64_t run_id) noexcept;

// A failure that uvsched itself finds.
Outcome failed(std::uint64_t run_id, const char* text) noexcept;

// The error of a run that came to a queue of uvsched's own: a row of a store names that queue as its executor.
inline constexpr const char* kNoExecutor =
    "LookupError: the task's executor is a queue that uvsched keeps for itself, which runs no tasks";

// Once, before the first run.
void prepare_outcomes();

// Whether the error that is set is asyncio's CancelledError.
bool is_cancellation() noexcept;

// Reports ends to the engine. Never fails: runs that the engine does not know any more are none of its business.
void report(sched_queue* queue, const Outcome* outcomes, std::size_t count) noexcept;

// Calls a function with what it is to be called with. The caller keeps the objects alive.
PyObject* invoke(const Callable& callable) noexcept;

// Calls it in this context, which nobody else is in: variables that the function sets stay there.
PyObject* invoke_in(PyObject* context, const Callable& callable) noexcept;

// Reads the JSON arguments of a durable task's run into `args` and `kwargs`. False with a Python error set.
bool decode_arguments(const sched_run* run, Owned& args, Owned& kwargs) noexcept;

}  // namespace uvsched::python
