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
        request = static_cast<Kind*>(wait_for(request, engine.own_threads(), engine.wait_limit_ms()));
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

// ---- life ----

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

// poll(). It may wait for a disk, and for another thread that polls.
PyObject* poll(PyObject* self, PyObject* const*, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    if (engine == nullptr || !has_count(count, 0, "poll")) return nullptr;
    sched_scheduler* const handle = engine->handle();
    return none_if(succeeded(without_gil([=] { return sched_poll(handle); })));
}

template <auto Call>
PyObject* waiting(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    int timeout_ms = 0;
    if (engine == nullptr || !has_count(count, 1, "wait") || !read_int(args[0], "timeout_ms", timeout_ms))
        return nullptr;
    return wait_sliced(engine->handle(), timeout_ms, Call);
}

// ---- tasks: adding and changing ----

// The parts that add_task() and update_task() share: a task handle, and the token of objects kept for it.
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

// add_task(reference, fn, args, kwargs, spec, id, store, executor, options, flags) -> (id, sched_add_outcome)
PyObject* add_task(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    if (engine == nullptr || !has_count(count, 10, "add_task")) return nullptr;
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
    sched_task_info info = UVSCHED_TASK_INFO_INIT;
    ok = ok && succeeded(sched_task_get_info(&info, request->draft()), id);
    PyObject* result = nullptr;
    if (ok)
        result = Py_BuildValue("(Ni)", id == nullptr ? PyUnicode_FromString(found) : Py_NewRef(args[5]), info.outcome);
    delete request;
    return result;
}

// update_task(id, store, reference, fn, args, kwargs, spec, options)
PyObject* update_task(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    if (engine == nullptr || !has_count(count, 8, "update_task")) return nullptr;
    const char* store = nullptr;
    const char* id = nullptr;
    const char* reference = nullptr;
    if (!read_text(args[0], "task_id", id) || !read_text(args[1], "store", store) ||
        !read_optional_text(args[2], "fn", reference)) {
        return nullptr;
    }
    Draft draft;
    if (!succeeded(sched_task_new(&draft.task, nullptr))) return nullptr;
    bool ok = (reference == nullptr || succeeded(sched_task_set_function(draft.task, reference))) &&
              describe(*engine, draft, args[3], args[4], args[5], args[6], args[7]);
    if (ok) {
        auto* request = new_request<UpdateRequest>(*engine, id, store, draft.task);
        ok = perform(*engine, store, request, id);
        delete request;
    }
    ok = ok && remember(*engine, draft, store, id);
    if (!ok) give_up(*engine, draft);
    return none_if(ok);
}

// ---- tasks: calls with an id and a store (or None) ----

struct TaskCall {
    Engine* engine;
    const char* id;
    const char* store;
};

bool read_task_call(PyObject* self, PyObject* const* args, Py_ssize_t count, Py_ssize_t wanted,
                    TaskCall& call) noexcept {
    call.engine = self_of<Engine>(self);
    return call.engine != nullptr && has_count(count, wanted, "call on a task") &&
           read_text(args[0], "task_id", call.id) && read_optional_text(args[1], "store", call.store);
}

// delete_task, pause_task, resume_task, run_task (id, store)
template <auto Call>
PyObject* on_task(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    TaskCall call{};
    if (!read_task_call(self, args, count, 2, call)) return nullptr;
    auto* request = new_request<TaskRequest<Call>>(*call.engine, call.id, call.store);
    const bool ok = perform(*call.engine, call.store, request, call.id);
    delete request;
    return none_if(ok);
}

// remove_all_tasks(store) -> int
PyObject* remove_all_tasks(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    if (engine == nullptr || !has_count(count, 1, "remove_all_tasks") || !read_optional_text(args[0], "store", store))
        return nullptr;
    auto* request = new_request<RemoveAllRequest>(*engine, store);
    PyObject* const removed = perform(*engine, store, request) ? PyLong_FromLongLong(request->removed) : nullptr;
    delete request;
    return removed;
}

// get_task(id, store) -> TaskRecord
PyObject* get_task(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    TaskCall call{};
    if (!read_task_call(self, args, count, 2, call)) return nullptr;
    auto* request = new_request<GetRequest>(*call.engine, call.id, call.store);
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

// get_tasks(store) -> list[TaskRecord]
PyObject* get_tasks(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    if (engine == nullptr || !has_count(count, 1, "get_tasks") || !read_optional_text(args[0], "store", store))
        return nullptr;
    auto* request = new_request<ListRequest>(*engine, store);
    PyObject* const found = perform(*engine, store, request) ? to_list(*engine, request->tasks) : nullptr;
    delete request;
    return found;
}

// count_tasks(store) -> (scheduled, idle, paused, pending)
PyObject* count_tasks(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    if (engine == nullptr || !has_count(count, 1, "count_tasks") || !read_optional_text(args[0], "store", store))
        return nullptr;
    auto* request = new_request<CountRequest>(*engine, store);
    PyObject* counts = nullptr;
    if (perform(*engine, store, request)) {
        const auto& found = request->counts;
        counts = Py_BuildValue("(LLLL)", static_cast<long long>(found.scheduled), static_cast<long long>(found.idle),
                               static_cast<long long>(found.paused), static_cast<long long>(found.pending));
    }
    delete request;
    return counts;
}

// preview_task_runs(id, store, after or None, count) -> list[int]
PyObject* preview_task_runs(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    TaskCall call{};
    std::int64_t after = INT64_MIN;
    int wanted = 0;
    if (!read_task_call(self, args, count, 4, call) || (args[2] != Py_None && !read_int64(args[2], "now", after)) ||
        !read_int(args[3], "count", wanted)) {
        return nullptr;
    }
    const auto most = static_cast<std::size_t>(std::clamp(wanted, 1, 10'000));
    auto* request = new_request<PreviewRequest>(*call.engine, call.id, call.store, after, most);
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

// check_store(store, watch_ms) -> str
PyObject* check_store(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    int watch_ms = 0;
    if (engine == nullptr || !has_count(count, 2, "check_store") || !read_text(args[0], "store", store) ||
        !read_int(args[1], "watch_ms", watch_ms)) {
        return nullptr;
    }
    auto* request = new_request<CheckRequest>(*engine, store, watch_ms);
    PyObject* const report =
        perform(*engine, store, request)
            ? PyUnicode_FromStringAndSize(request->report.data(), static_cast<Py_ssize_t>(request->report.size()))
            : nullptr;
    delete request;
    return report;
}

// ---- history ----

PyObject* to_list(const std::vector<sched::HistoryRow>& rows) noexcept {
    Owned list(PyList_New(static_cast<Py_ssize_t>(rows.size())));
    for (std::size_t i = 0; list && i < rows.size(); ++i) {
        PyObject* const record = history_record(rows[i]);
        if (record == nullptr) return nullptr;
        PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), record);
    }
    return list.release();
}

// history(task_id or None, store, state or None, before or None, limit) -> list[dict]
PyObject* history(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    auto* const engine = self_of<Engine>(self);
    const char* store = nullptr;
    const char* task_id = nullptr;
    const char* state = nullptr;
    std::int64_t before = 0;
    int limit = 0;
    if (engine == nullptr || !has_count(count, 5, "history") || !read_optional_text(args[0], "task_id", task_id) ||
        !read_text(args[1], "store", store) || !read_optional_text(args[2], "state", state) ||
        (args[3] != Py_None && !read_int64(args[3], "before", before)) || !read_int(args[4], "limit", limit)) {
        return nullptr;
    }
    auto* request = new_request<HistoryRequest>(*engine, task_id, store, state, before, limit);
    PyObject* const found = perform(*engine, store, request) ? to_list(request->rows) : nullptr;
    delete request;
    return found;
}

PyMethodDef engine_methods[] = {
    method_def("start", start, "start($self, paused, /)\n--\n\nOpens the stores and begins to fire."),
    method_def("wait", waiting<sched_wait>,
               "wait($self, timeout_ms, /)\n--\n\nWaits until it has stopped (-1: for ever); False: the time is over."),
    method_def(
        "wait_idle", waiting<sched_wait_idle>,
        "wait_idle($self, timeout_ms, /)\n--\n\nWaits until nothing is due and nothing runs; False: the time is over."),
    method_def("poll", poll, "poll($self, /)\n--\n\nDoes the work that is due, if the program polls it."),
    method_def("add_task", add_task,
               "add_task($self, reference, fn, args, kwargs, spec, id, store, executor, options, flags, /)\n--\n\n"
               "Adds a task and gives its id, and what that did."),
    method_def("update_task", update_task,
               "update_task($self, id, store, reference, fn, args, kwargs, spec, options, /)\n--\n\nChanges a task."),
    method_def("delete_task", on_task<sched_delete_task>, "delete_task($self, id, store, /)\n--\n\nDeletes a task."),
    method_def("pause_task", on_task<sched_pause_task>, "pause_task($self, id, store, /)\n--\n\nPauses a task."),
    method_def("resume_task", on_task<sched_resume_task>, "resume_task($self, id, store, /)\n--\n\nResumes a task."),
    method_def("run_task", on_task<sched_run_task>, "run_task($self, id, store, /)\n--\n\nRuns a task once now."),
    method_def("remove_all_tasks", remove_all_tasks,
               "remove_all_tasks($self, store, /)\n--\n\nDeletes all tasks of a store, or of all."),
    method_def("get_task", get_task, "get_task($self, id, store, /)\n--\n\nA task."),
    method_def("get_tasks", get_tasks, "get_tasks($self, store, /)\n--\n\nAll tasks of a store, or of all."),
    method_def(
        "count_tasks", count_tasks,
        "count_tasks($self, store, /)\n--\n\nHow many tasks of a store, or of all, are scheduled, idle, paused and "
        "pending."),
    method_def("preview_task_runs", preview_task_runs,
               "preview_task_runs($self, id, store, after, count, /)\n--\n\nThe next due times of a task."),
    method_def("check_store", check_store,
               "check_store($self, store, watch_ms, /)\n--\n\nWhat there is to say of a store as a whole, as JSON."),
    method_def("history", history,
               "history($self, task_id, store, state, before, limit, /)\n--\n\nRuns that ended, from new to old."),
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void add_engine_calls(py::handle type) { add_methods(type, engine_methods); }

}  // namespace uvsched::python
