#include "engine_calls.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <vector>

#include "arguments.hpp"
#include "engine.hpp"
#include "errors.hpp"
#include "records.hpp"
#include "task_draft.hpp"

// The functions here are plain C: nothing with a destructor is alive where they let go of the GIL (see without_gil()).
// What they collect meanwhile is held by plain pointers, and is leaked if the interpreter ends the thread there.
namespace uvsched::python {
namespace {

constexpr int kSliceMs = 100;  // a waiting main thread looks this often whether a signal came

using Clock = std::chrono::steady_clock;

// Whether the call succeeded; else a Python error is set.
bool succeeded(int code, const char* task_id = nullptr) noexcept {
    if (code == UVSCHED_OK) return true;
    set_error(code, task_id);
    return false;
}

PyObject* none_if(bool ok) noexcept {
    if (!ok) return nullptr;
    Py_RETURN_NONE;
}

// ---- life
// ------------------------------------------------------------------------------------------------------------

PyObject* start(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    if (engine == nullptr || !has_count(count, 1, "start")) return nullptr;
    const int paused = PyObject_IsTrue(args[0]);
    if (paused < 0) return nullptr;
    sched_scheduler* const handle = engine->handle();
    return none_if(
        succeeded(without_gil([=] { return paused != 0 ? sched_start_paused(handle) : sched_start(handle); })));
}

// Waits in slices, so that Ctrl-C reaches the main thread. -1: for ever. True when the wait ended before its time was
// over.
using Wait = int (*)(sched_scheduler*, int);
PyObject* wait_sliced(sched_scheduler* handle, int timeout_ms, Wait wait) {
    const Clock::time_point start = Clock::now();
    while (true) {
        int slice = kSliceMs;
        if (timeout_ms >= 0) {
            const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
            slice = static_cast<int>(std::clamp<long long>(timeout_ms - passed, 0, kSliceMs));
        }
        const int code = without_gil([=] { return wait(handle, slice); });
        if (code == UVSCHED_OK || code == UVSCHED_ENOTRUNNING) Py_RETURN_TRUE;
        if (code != UVSCHED_ETIMEDOUT) return set_error(code);
        if (PyErr_CheckSignals() < 0) return nullptr;
        if (timeout_ms >= 0 && slice < kSliceMs) Py_RETURN_FALSE;
    }
}

template <auto Call>
PyObject* waiting(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    int timeout_ms = 0;
    if (engine == nullptr || !has_count(count, 1, "wait") || !read_int(args[0], "timeout_ms", timeout_ms))
        return nullptr;
    return wait_sliced(engine->handle(), timeout_ms, Call);
}

// ---- tasks: adding and changing
// --------------------------------------------------------------------------------------

// What add() and change() have in common: a task handle, and the token of objects kept for it.
struct Draft {
    sched_task* task = nullptr;
    std::uint64_t token = 0;
};

// `fn` None: the task's function was registered under its name, and its arguments are in `options`.
bool describe(Engine& engine, Draft& draft, PyObject* fn, PyObject* args, PyObject* kwargs, PyObject* spec,
              PyObject* options) noexcept {
    if (fn != Py_None) {
        PyObject* const given = PyTuple_Check(args) && PyTuple_GET_SIZE(args) > 0 ? args : nullptr;
        PyObject* const named = PyDict_Check(kwargs) && PyDict_Size(kwargs) > 0 ? kwargs : nullptr;
        draft.token = engine.objects().add(fn, given, named);
        if (draft.token == 0) return false;
        if (!succeeded(sched_task_set_token(draft.task, draft.token, engine.control()))) return false;
    }
    return (spec == Py_None || set_trigger(draft.task, spec)) && set_options(draft.task, options);
}

void give_up(Engine& engine, Draft& draft) noexcept {
    // Keeps the error that is being reported: dropping objects may run any code.
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    if (draft.token != 0) engine.objects().release(draft.token);
    sched_task_free(draft.task);
    PyErr_Restore(type, value, traceback);
}

bool remember(Engine& engine, const Draft& draft, const char* store, const char* id) noexcept {
    if (draft.token == 0) return true;
    try {
        engine.objects().name(draft.token, store, id);
        return true;
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
        return false;
    }
}

// add(reference, fn, args, kwargs, spec, id, store, executor, options, flags) -> id
PyObject* add(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    if (engine == nullptr || !has_count(count, 10, "add")) return nullptr;
    const char* reference = nullptr;
    const char* id = nullptr;
    const char* store = nullptr;
    const char* executor = nullptr;
    int flags = 0;
    if (!read_text(args[0], "fn", reference) || !read_optional_text(args[5], "id", id) ||
        !read_text(args[6], "store", store) || !read_text(args[7], "executor", executor) ||
        !read_int(args[9], "flags", flags)) {
        return nullptr;
    }
    Draft draft;
    if (!succeeded(sched_task_new(&draft.task, reference))) return nullptr;
    bool ok = (id == nullptr || succeeded(sched_task_set_id(draft.task, id))) &&
              succeeded(sched_task_set_store(draft.task, store)) &&
              succeeded(sched_task_set_executor(draft.task, executor)) &&
              describe(*engine, draft, args[1], args[2], args[3], args[4], args[8]);
    if (ok) {
        sched_scheduler* const handle = engine->handle();
        sched_task* const task = draft.task;
        const auto mode = static_cast<unsigned>(flags);
        // A memory store never waits: letting go of the GIL would only invite other threads.
        const int code = draft.token != 0 ? sched_add_task(handle, task, mode)
                                          : without_gil([=] { return sched_add_task(handle, task, mode); });
        ok = succeeded(code, id);
    }
    const char* const found = ok ? sched_task_id(draft.task) : nullptr;
    if (!ok || !remember(*engine, draft, store, found)) {
        give_up(*engine, draft);
        return nullptr;
    }
    PyObject* const result = id == nullptr ? PyUnicode_FromString(found) : Py_NewRef(args[5]);
    sched_task_free(draft.task);
    return result;
}

// change(store, id, reference, fn, args, kwargs, spec, options)
PyObject* change(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    if (engine == nullptr || !has_count(count, 8, "change")) return nullptr;
    const char* store = nullptr;
    const char* id = nullptr;
    const char* reference = nullptr;
    if (!read_text(args[0], "store", store) || !read_text(args[1], "task_id", id) ||
        !read_optional_text(args[2], "fn", reference)) {
        return nullptr;
    }
    Draft draft;
    if (!succeeded(sched_task_new(&draft.task, nullptr))) return nullptr;
    bool ok = (reference == nullptr || succeeded(sched_task_set_function(draft.task, reference))) &&
              describe(*engine, draft, args[3], args[4], args[5], args[6], args[7]);
    if (ok) {
        sched_scheduler* const handle = engine->handle();
        sched_task* const task = draft.task;
        ok = succeeded(without_gil([=] { return sched_change_task(handle, store, id, task); }), id);
    }
    if (!ok || !remember(*engine, draft, store, id)) {
        give_up(*engine, draft);
        return nullptr;
    }
    sched_task_free(draft.task);
    Py_RETURN_NONE;
}

// ---- tasks: calls with a store (or None) and an id
// -------------------------------------------------------------------

struct TaskCall {
    Engine* engine;
    const char* store;
    const char* id;
};

bool read_task_call(PyObject* self, PyObject* const* args, Py_ssize_t count, Py_ssize_t wanted,
                    TaskCall& call) noexcept {
    call.engine = self_of<Engine>(self);
    return call.engine != nullptr && has_count(count, wanted, "call on a task") &&
           read_optional_text(args[0], "store", call.store) && read_text(args[1], "task_id", call.id);
}

// remove, pause_task, resume_task, run_task (store, id)
template <auto Call>
PyObject* on_task(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    TaskCall call{};
    if (!read_task_call(self, args, count, 2, call)) return nullptr;
    sched_scheduler* const handle = call.engine->handle();
    return none_if(succeeded(without_gil([=] { return Call(handle, call.store, call.id); }), call.id));
}

// remove_all(store) -> int
PyObject* remove_all(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    if (engine == nullptr || !has_count(count, 1, "remove_all") || !read_optional_text(args[0], "store", store))
        return nullptr;
    sched_scheduler* const handle = engine->handle();
    std::int64_t removed = 0;
    const int code = without_gil([&] { return sched_remove_all_tasks(handle, store, &removed); });
    return succeeded(code) ? PyLong_FromLongLong(removed) : nullptr;
}

// get(store, id) -> TaskRecord
PyObject* get(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    TaskCall call{};
    if (!read_task_call(self, args, count, 2, call)) return nullptr;
    sched_scheduler* const handle = call.engine->handle();
    sched_task* task = nullptr;
    const int code = without_gil([&] { return sched_get_task(handle, &task, call.store, call.id); });
    if (!succeeded(code, call.id)) return nullptr;
    PyObject* const record = task_record(*call.engine, task);
    sched_task_free(task);
    return record;
}

using Tasks = std::vector<sched_task*>;

int collect(sched_iterator* iterator, Tasks& tasks) noexcept {
    while (true) {
        sched_task* task = nullptr;
        const int code = sched_iterator_next(iterator, &task);
        if (code == UVSCHED_ENOTFOUND) return UVSCHED_OK;
        if (code != UVSCHED_OK) return code;
        try {
            tasks.push_back(task);
        } catch (const std::bad_alloc&) {
            sched_task_free(task);
            return UVSCHED_ENOMEM;
        }
    }
}

PyObject* to_list(Engine& engine, const Tasks& tasks) noexcept {
    Owned list(PyList_New(static_cast<Py_ssize_t>(tasks.size())));
    for (std::size_t i = 0; list && i < tasks.size(); ++i) {
        PyObject* const record = task_record(engine, tasks[i]);
        if (record == nullptr) return nullptr;
        PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), record);
    }
    return list.release();
}

// list(store) -> list[TaskRecord]
PyObject* list(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    if (engine == nullptr || !has_count(count, 1, "list") || !read_optional_text(args[0], "store", store))
        return nullptr;
    sched_scheduler* const handle = engine->handle();
    auto* const tasks = new (std::nothrow) Tasks;
    if (tasks == nullptr) return PyErr_NoMemory();
    const int code = without_gil([=] {
        sched_iterator* iterator = nullptr;
        int result = sched_list_tasks(handle, &iterator, store);
        if (result == UVSCHED_OK) result = collect(iterator, *tasks);
        sched_iterator_free(iterator);
        return result;
    });
    PyObject* const found = succeeded(code) ? to_list(*engine, *tasks) : nullptr;
    for (sched_task* const task : *tasks) sched_task_free(task);
    delete tasks;
    return found;
}

// preview(store, id, after or None, count) -> list[int]
PyObject* preview(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    TaskCall call{};
    std::int64_t after = INT64_MIN;
    int wanted = 0;
    if (!read_task_call(self, args, count, 4, call) || (args[2] != Py_None && !read_int64(args[2], "now", after)) ||
        !read_int(args[3], "count", wanted)) {
        return nullptr;
    }
    const auto capacity = static_cast<std::size_t>(std::clamp(wanted, 1, 10'000));
    auto* const times = new (std::nothrow) std::int64_t[capacity];
    if (times == nullptr) return PyErr_NoMemory();
    sched_scheduler* const handle = call.engine->handle();
    std::size_t found = 0;
    const int code =
        without_gil([&] { return sched_preview_task(handle, call.store, call.id, after, times, capacity, &found); });
    PyObject* const out = succeeded(code, call.id) ? PyList_New(static_cast<Py_ssize_t>(found)) : nullptr;
    for (std::size_t i = 0; out != nullptr && i < found; ++i) {
        PyList_SET_ITEM(out, static_cast<Py_ssize_t>(i), PyLong_FromLongLong(times[i]));
    }
    delete[] times;
    return out;
}

// ---- history
// ---------------------------------------------------------------------------------------------------------

struct Rows {
    std::vector<HistoryRecord> rows;
    bool complete = true;
};

void add_row(const sched_history_row* row, void* user_data) {
    auto& out = *static_cast<Rows*>(user_data);
    try {
        out.rows.emplace_back(*row);
    } catch (const std::bad_alloc&) {
        out.complete = false;
    }
}

PyObject* to_list(Rows& rows) noexcept {
    try {
        return py::cast(std::move(rows.rows)).release().ptr();
    } catch (py::error_already_set& error) {
        error.restore();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
    return nullptr;
}

// history(store, task_id or None, state or None, before or None, limit) -> list[HistoryRecord]
PyObject* history(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    const char* task_id = nullptr;
    const char* state = nullptr;
    std::int64_t before = INT64_MAX;
    int limit = 0;
    if (engine == nullptr || !has_count(count, 5, "history") || !read_text(args[0], "store", store) ||
        !read_optional_text(args[1], "task_id", task_id) || !read_optional_text(args[2], "state", state) ||
        (args[3] != Py_None && !read_int64(args[3], "before", before)) || !read_int(args[4], "limit", limit)) {
        return nullptr;
    }
    auto* const rows = new (std::nothrow) Rows;
    if (rows == nullptr) return PyErr_NoMemory();
    sched_scheduler* const handle = engine->handle();
    const auto most = static_cast<std::size_t>(std::max(limit, 0));
    const int code =
        without_gil([=] { return sched_query_history(handle, store, task_id, state, before, most, add_row, rows); });
    PyObject* found = nullptr;
    if (succeeded(code)) found = rows->complete ? to_list(*rows) : PyErr_NoMemory();
    delete rows;
    return found;
}

PyMethodDef methods[] = {
    method_def("start", start, "start($self, paused, /)\n--\n\nOpens the stores and begins to fire."),
    method_def("wait", waiting<sched_wait>,
               "wait($self, timeout_ms, /)\n--\n\nWaits until it has stopped (-1: for ever); False: the time is over."),
    method_def(
        "wait_idle", waiting<sched_wait_idle>,
        "wait_idle($self, timeout_ms, /)\n--\n\nWaits until nothing is due and nothing runs; False: the time is over."),
    method_def("add", add,
               "add($self, reference, fn, args, kwargs, spec, id, store, executor, options, flags, /)\n--\n\n"
               "Adds a task and gives its id."),
    method_def("change", change,
               "change($self, store, id, reference, fn, args, kwargs, spec, options, /)\n--\n\nChanges a task."),
    method_def("remove", on_task<sched_remove_task>, "remove($self, store, id, /)\n--\n\nDeletes a task."),
    method_def("pause_task", on_task<sched_pause_task>, "pause_task($self, store, id, /)\n--\n\nPauses a task."),
    method_def("resume_task", on_task<sched_resume_task>, "resume_task($self, store, id, /)\n--\n\nResumes a task."),
    method_def("run_task", on_task<sched_run_task>, "run_task($self, store, id, /)\n--\n\nRuns a task once now."),
    method_def("remove_all", remove_all, "remove_all($self, store, /)\n--\n\nDeletes all tasks of a store, or of all."),
    method_def("get", get, "get($self, store, id, /)\n--\n\nA task."),
    method_def("list", list, "list($self, store, /)\n--\n\nAll tasks of a store, or of all."),
    method_def("preview", preview, "preview($self, store, id, after, count, /)\n--\n\nThe next due times of a task."),
    method_def("history", history,
               "history($self, store, task_id, state, before, limit, /)\n--\n\nRuns that ended, from new to old."),
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void add_engine_calls(py::handle type) { add_methods(type, methods); }

}  // namespace uvsched::python
