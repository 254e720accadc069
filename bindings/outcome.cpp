#include "outcome.hpp"

#include <array>

namespace uvsched::python {
namespace {

PyObject* cancelled_error = nullptr;  // asyncio.CancelledError, kept for the process's life

// The exception that is set, cleared, with its traceback.
Owned take_error() noexcept {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value != nullptr && traceback != nullptr) PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return Owned(value);
}

Owned call_helper(const char* module_name, const char* function, PyObject* argument) noexcept {
    const Owned module(PyImport_ImportModule(module_name));
    return Owned(module ? PyObject_CallMethod(module.get(), function, "(O)", argument) : nullptr);
}

Owned describe(PyObject* error) noexcept {
    Owned text = call_helper("uvsched._failures", "describe", error);
    if (text) return text;
    PyErr_Clear();
    return Owned(PyUnicode_FromString(Py_TYPE(error)->tp_name));
}

bool is_ctrl_c(PyObject* error) noexcept {
    const Owned answer = call_helper("uvsched._failures", "is_ctrl_c", error);
    if (!answer) PyErr_Clear();
    return answer.get() == Py_True;
}

// A coroutine that nobody will await is closed, so that it does not warn later.
bool is_lost_coroutine(PyObject* value) noexcept {
    if (!PyCoro_CheckExact(value)) return false;
    const Owned closed(PyObject_CallMethod(value, "close", nullptr));
    if (!closed) PyErr_Clear();
    return true;
}

}  // namespace

Outcome cancelled(std::uint64_t run_id) noexcept {
    Outcome outcome;
    outcome.run_id = run_id;
    outcome.status = UVSCHED_RUN_CANCELLED;
    return outcome;
}

Outcome failed(std::uint64_t run_id, const char* text) noexcept {
    Outcome outcome;
    outcome.run_id = run_id;
    outcome.status = UVSCHED_RUN_FAILED;
    outcome.error.reset(PyUnicode_FromString(text));
    if (!outcome.error) PyErr_Clear();
    return outcome;
}

Outcome outcome_of_value(Engine& engine, std::uint64_t run_id, const char* fire_id, PyObject* value) noexcept {
    if (is_lost_coroutine(value)) {
        return failed(run_id,
                      "TypeError: the function returned a coroutine, which is not awaited here; "
                      "run async functions on an AsyncIOExecutor");
    }
    Outcome outcome;
    outcome.run_id = run_id;
    if (engine.keeps_values() && fire_id != nullptr) engine.put_outcome(fire_id, true, value);
    if (value != Py_None) {
        outcome.result = call_helper("uvsched._arguments", "encode_result", value);
        if (!outcome.result) PyErr_Clear();
    }
    return outcome;
}

Outcome outcome_of_error(Engine& engine, std::uint64_t run_id, const char* fire_id) noexcept {
    if (is_cancellation()) {
        PyErr_Clear();
        return cancelled(run_id);
    }
    const bool keyboard = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0;
    const Owned error = take_error();
    if (!error) return failed(run_id, "SystemError: the function failed without an exception");
    if (engine.keeps_errors() && fire_id != nullptr) engine.put_outcome(fire_id, false, error.get());
    Outcome outcome;
    outcome.run_id = run_id;
    outcome.status = UVSCHED_RUN_FAILED;
    outcome.error = describe(error.get());
    outcome.interrupted = keyboard && is_ctrl_c(error.get());
    return outcome;
}

bool is_cancellation() noexcept { return PyErr_ExceptionMatches(cancelled_error) != 0; }

void prepare_outcomes() {
    py::object type = py::module_::import("asyncio").attr("CancelledError");
    cancelled_error = type.release().ptr();
}

void report(sched_queue* queue, const Outcome* outcomes, std::size_t count) noexcept {
    constexpr std::size_t kBatch = 512;
    std::array<sched_result, kBatch> results;
    for (std::size_t from = 0; from < count; from += kBatch) {
        const std::size_t size = std::min(kBatch, count - from);
        for (std::size_t i = 0; i < size; ++i) {
            const Outcome& outcome = outcomes[from + i];
            sched_result& result = results[i];
            result = {};
            result.run_id = outcome.run_id;
            result.status = outcome.status;
            Py_ssize_t length = 0;
            if (outcome.result) result.result = PyUnicode_AsUTF8AndSize(outcome.result.get(), &length);
            result.result_length = result.result == nullptr ? 0 : static_cast<std::size_t>(length);
            if (outcome.error) result.error = PyUnicode_AsUTF8AndSize(outcome.error.get(), &length);
            result.error_length = result.error == nullptr ? 0 : static_cast<std::size_t>(length);
            if (PyErr_Occurred() != nullptr) PyErr_Clear();
        }
        (void)sched_queue_finish(queue, results.data(), size);
    }
}

PyObject* invoke(const Callable& callable) noexcept {
    PyObject* const* items = nullptr;
    std::size_t count = 0;
    if (callable.args != nullptr) {
        items = &PyTuple_GET_ITEM(callable.args, 0);
        count = static_cast<std::size_t>(PyTuple_GET_SIZE(callable.args));
    }
    if (callable.kwargs == nullptr) return PyObject_Vectorcall(callable.fn, items, count, nullptr);
    return PyObject_VectorcallDict(callable.fn, items, count, callable.kwargs);
}

PyObject* invoke_in(PyObject* context, const Callable& callable) noexcept {
    if (PyContext_Enter(context) < 0) return nullptr;
    Owned value(invoke(callable));
    if (PyContext_Exit(context) < 0) value.reset();
    return value.release();
}

bool decode_arguments(const sched_run* run, Owned& args, Owned& kwargs) noexcept {
    const char* const text = sched_run_arguments(run);
    if (text == nullptr || *text == '\0') return true;
    const Owned json(PyUnicode_FromString(text));
    if (!json) return false;
    const Owned pair = call_helper("uvsched._arguments", "decode_arguments", json.get());
    if (!pair) return false;
    args = Owned::borrowed(PyTuple_GetItem(pair.get(), 0));
    kwargs = Owned::borrowed(PyTuple_GetItem(pair.get(), 1));
    return PyErr_Occurred() == nullptr;
}

}  // namespace uvsched::python
