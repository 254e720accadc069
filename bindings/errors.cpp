#include "errors.hpp"

#include "uvsched.h"

namespace uvsched::python {

PyObject* set_error(int code, const char* task_id) noexcept {
    return set_error_text(code, sched_last_error(), task_id);
}

PyObject* set_error_text(int code, const char* last, const char* task_id) noexcept {
    const Owned module(PyImport_ImportModule("uvsched._errors"));
    if (!module) return nullptr;
    // The text may hold what a user gave; what is not UTF-8 in it must not hide it.
    const Owned text(
        PyUnicode_DecodeUTF8(last, static_cast<Py_ssize_t>(std::char_traits<char>::length(last)), "replace"));
    if (!text) return nullptr;
    const Owned error(
        PyObject_CallMethod(module.get(), "error_for", "sOz", sched_error_name(code), text.get(), task_id));
    if (error) PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
    return nullptr;
}

void check(int code, const char* task_id) {
    if (code == UVSCHED_OK) return;
    set_error(code, task_id);
    throw py::error_already_set();
}

}  // namespace uvsched::python
