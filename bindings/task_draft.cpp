#include "task_draft.hpp"

#include <cstdint>
#include <cstring>

#include "arguments.hpp"
#include "errors.hpp"

namespace uvsched::python {
namespace {

constexpr std::int64_t kDate = 0;
constexpr std::int64_t kInterval = 1;
constexpr std::int64_t kJson = 2;

// A status code as a Python error.
bool done(int code) noexcept {
    if (code == UVSCHED_OK) return true;
    set_error(code);
    return false;
}

template <auto Set>
bool set_text(sched_task* task, PyObject* value, const char* name) noexcept {
    const char* text = nullptr;
    return read_optional_text(value, name, text) && (text == nullptr || done(Set(task, text)));
}

// None takes arguments away.
bool set_arguments(sched_task* task, PyObject* value, const char* name) noexcept {
    const char* text = nullptr;
    return read_optional_text(value, name, text) && done(sched_task_set_arguments(task, text));
}

template <auto Set>
bool set_span(sched_task* task, PyObject* value, const char* name) noexcept {
    std::int64_t number = 0;
    return read_int64(value, name, number) && done(Set(task, number));
}

template <auto Set>
bool set_number(sched_task* task, PyObject* value, const char* name) noexcept {
    int number = 0;
    return read_int(value, name, number) && done(Set(task, number));
}

bool set_on_crash(sched_task* task, PyObject* value, const char* name) noexcept {
    int number = 0;
    return read_int(value, name, number) && done(sched_task_set_on_crash(task, static_cast<sched_on_crash>(number)));
}

template <auto Set>
bool set_flag(sched_task* task, PyObject* value, const char*) noexcept {
    const int flag = PyObject_IsTrue(value);
    return flag >= 0 && (flag == 0 || done(Set(task)));
}

struct Option {
    const char* name;
    bool (*set)(sched_task* task, PyObject* value, const char* name);
};
constexpr Option kOptions[] = {
    {"name", set_text<sched_task_set_name>},
    {"arguments", set_arguments},
    {"executor", set_text<sched_task_set_executor>},
    {"mistrigger_grace_time", set_span<sched_task_set_mistrigger_grace_time>},
    {"coalesce", set_number<sched_task_set_coalesce>},
    {"max_instances", set_number<sched_task_set_max_instances>},
    {"max_catch_up", set_number<sched_task_set_max_catch_up>},
    {"max_crashes", set_number<sched_task_set_max_crashes>},
    {"on_crash", set_on_crash},
    {"next_run_time", set_span<sched_task_set_next_run_time>},
    {"paused", set_flag<sched_task_set_paused>},
    {"local", set_flag<sched_task_set_local>},
};

bool set_option(sched_task* task, PyObject* key, PyObject* value) noexcept {
    const char* name = nullptr;
    if (!read_text(key, "options", name)) return false;
    for (const Option& option : kOptions) {
        if (std::strcmp(option.name, name) == 0) return option.set(task, value, option.name);
    }
    PyErr_Format(PyExc_TypeError, "options: %R is unknown", key);
    return false;
}

}  // namespace

bool set_trigger(sched_task* task, PyObject* spec) noexcept {
    if (!PyTuple_Check(spec) || PyTuple_GET_SIZE(spec) != 6) {
        PyErr_SetString(PyExc_TypeError, "spec: expected a tuple of 6");
        return false;
    }
    std::int64_t kind = 0;
    if (!read_int64(PyTuple_GET_ITEM(spec, 0), "kind", kind)) return false;
    PyObject* const value = PyTuple_GET_ITEM(spec, 1);
    if (kind == kInterval) {
        if (!set_span<sched_task_set_interval>(task, value, "interval")) return false;
    } else if (kind == kDate) {
        // A task without any trigger runs once, at once: that is a date without an instant.
        if (value != Py_None && !set_span<sched_task_set_date>(task, value, "run_at")) return false;
        if (value == Py_None && !done(sched_task_set_trigger_json(task, R"({"type":"date"})"))) return false;
    } else if (kind == kJson) {
        return set_text<sched_task_set_trigger_json>(task, value, "trigger");  // which holds all the rest
    } else {
        PyErr_Format(PyExc_ValueError, "kind: %lld is unknown", static_cast<long long>(kind));
        return false;
    }
    PyObject* const start = PyTuple_GET_ITEM(spec, 2);
    PyObject* const end = PyTuple_GET_ITEM(spec, 3);
    std::int64_t jitter = 0;
    if (start != Py_None && !set_span<sched_task_set_start_at>(task, start, "start_at")) return false;
    if (end != Py_None && !set_span<sched_task_set_end_at>(task, end, "end_at")) return false;
    if (!read_int64(PyTuple_GET_ITEM(spec, 4), "jitter", jitter)) return false;
    if (jitter != 0 && !done(sched_task_set_jitter(task, jitter))) return false;
    return set_text<sched_task_set_timezone>(task, PyTuple_GET_ITEM(spec, 5), "timezone");
}

bool set_options(sched_task* task, PyObject* options) noexcept {
    if (options == Py_None) return true;
    if (!PyDict_Check(options)) {
        PyErr_SetString(PyExc_TypeError, "options: expected a dict");
        return false;
    }
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    Py_ssize_t position = 0;
    while (PyDict_Next(options, &position, &key, &value) != 0) {
        if (!set_option(task, key, value)) return false;
    }
    return true;
}

}  // namespace uvsched::python
