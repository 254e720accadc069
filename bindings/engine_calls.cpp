#include "engine_calls.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <new>
#include <type_traits>

#include "arguments.hpp"
#include "engine_requests.hpp"
#include "errors.hpp"
#include "task_draft.hpp"

// Requests are held by plain pointers: one that is given up goes on by itself (see wait_for()).
namespace uvsched::python {
namespace {

constexpr int kSliceMs = 50;  // a waiting main thread looks this often whether a signal came

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

// A request; nullptr with a Python error set.
template <class Kind, class... Arguments>
Kind* new_request(Arguments&&... arguments) noexcept {
    try {
        return new Kind(std::forward<Arguments>(arguments)...);
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
        return nullptr;
    }
}

// Makes a request about a store; true when it succeeded. Else a Python error is set; where a signal's handler raised,
// the request is nullptr afterwards and goes on by itself.
template <class Kind>
bool perform(const Engine& engine, const char* store, Kind*& request, const char* task_id = nullptr) {
    if (request == nullptr) return false;
    if (engine.waits(store)) {
        request = static_cast<Kind*>(wait_for(request));
        if (request == nullptr) return false;
    } else if constexpr (std::is_same_v<Kind, AddRequest>) {
        request->make();  // a memory store never waits: letting go of the GIL would only invite other threads
    } else {
        without_gil([&] {
            request->make();
            return 0;
        });
    }
    if (request->code() == UVSCHED_OK) return true;
    set_error_text(request->code(), request->error().c_str(), task_id);
    return false;
}

// ---- life
// ------------------------------------------------------------------------------------------------------------

PyObject* start(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    if (engine == nullptr || !has_count(count, 1, "start")) return nullptr;
    const int paused = PyObject_IsTrue(args[0]);
    if (paused < 0) return nullptr;
    auto* request = new_request<StartRequest>(*engine, paused != 0);
    const bool ok = perform(*engine, nullptr, request);
    delete request;
    return none_if(ok);
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
    AddRequest* request = nullptr;
    bool ok = (id == nullptr || succeeded(sched_task_set_id(draft.task, id))) &&
              succeeded(sched_task_set_store(draft.task, store)) &&
              succeeded(sched_task_set_executor(draft.task, executor)) &&
              describe(*engine, draft, args[1], args[2], args[3], args[4], args[8]);
    if (ok) {
        request = new_request<AddRequest>(*engine, store, draft.task, static_cast<unsigned>(flags));
        ok = perform(*engine, store, request, id);
    }
    const char* const found = ok ? sched_task_id(request->draft()) : nullptr;
    ok = ok && remember(*engine, draft, store, found);
    if (!ok) give_up(*engine, draft);
    PyObject* result = nullptr;
    if (ok) result = id == nullptr ? PyUnicode_FromString(found) : Py_NewRef(args[5]);
    delete request;
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
        auto* request = new_request<ChangeRequest>(*engine, store, id, draft.task);
        ok = perform(*engine, store, request, id);
        delete request;
    }
    ok = ok && remember(*engine, draft, store, id);
    if (!ok) give_up(*engine, draft);
    return none_if(ok);
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
    auto* request = new_request<TaskRequest<Call>>(*call.engine, call.store, call.id);
    const bool ok = perform(*call.engine, call.store, request, call.id);
    delete request;
    return none_if(ok);
}

// remove_all(store) -> int
PyObject* remove_all(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    if (engine == nullptr || !has_count(count, 1, "remove_all") || !read_optional_text(args[0], "store", store))
        return nullptr;
    auto* request = new_request<RemoveAllRequest>(*engine, store);
    PyObject* const removed = perform(*engine, store, request) ? PyLong_FromLongLong(request->removed) : nullptr;
    delete request;
    return removed;
}

// get(store, id) -> TaskRecord
PyObject* get(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    TaskCall call{};
    if (!read_task_call(self, args, count, 2, call)) return nullptr;
    auto* request = new_request<GetRequest>(*call.engine, call.store, call.id);
    const bool ok = perform(*call.engine, call.store, request, call.id);
    PyObject* const record = ok ? task_record(*call.engine, request->task) : nullptr;
    delete request;
    return record;
}

PyObject* to_list(Engine& engine, const std::vector<sched_task*>& tasks) noexcept {
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
    auto* request = new_request<ListRequest>(*engine, store);
    PyObject* const found = perform(*engine, store, request) ? to_list(*engine, request->tasks) : nullptr;
    delete request;
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
    const auto most = static_cast<std::size_t>(std::clamp(wanted, 1, 10'000));
    auto* request = new_request<PreviewRequest>(*call.engine, call.store, call.id, after, most);
    PyObject* out = nullptr;
    if (perform(*call.engine, call.store, request, call.id)) {
        out = PyList_New(static_cast<Py_ssize_t>(request->found));
        for (std::size_t i = 0; out != nullptr && i < request->found; ++i) {
            PyList_SET_ITEM(out, static_cast<Py_ssize_t>(i), PyLong_FromLongLong(request->times[i]));
        }
    }
    delete request;
    return out;
}

// ---- history
// ---------------------------------------------------------------------------------------------------------

PyObject* to_list(std::vector<HistoryRecord>& rows) noexcept {
    try {
        return py::cast(std::move(rows)).release().ptr();
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
    const auto most = static_cast<std::size_t>(std::max(limit, 0));
    auto* request = new_request<HistoryRequest>(*engine, store, task_id, state, before, most);
    PyObject* const found = perform(*engine, store, request) ? to_list(request->rows) : nullptr;
    delete request;
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
