// The tools that every file here needs: pybind11, owned references, and the way out of the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <utility>

namespace uvsched::python {

namespace py = pybind11;

// An owned reference, for code that must not throw. Only with the GIL held.
class Owned {
public:
    Owned() noexcept = default;
    explicit Owned(PyObject* stolen) noexcept : object_(stolen) {}
    Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept {
        if (this != &other) reset(std::exchange(other.object_, nullptr));
        return *this;
    }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() { Py_XDECREF(object_); }

    static Owned borrowed(PyObject* object) noexcept {
        Py_XINCREF(object);
        return Owned(object);
    }
    [[nodiscard]] PyObject* get() const noexcept { return object_; }
    [[nodiscard]] PyObject* release() noexcept { return std::exchange(object_, nullptr); }
    explicit operator bool() const noexcept { return object_ != nullptr; }
    void reset(PyObject* stolen = nullptr) noexcept {
        PyObject* const old = std::exchange(object_, stolen);
        Py_XDECREF(old);
    }

private:
    PyObject* object_ = nullptr;
};

// Makes a call that may wait, without the GIL.
//
// When the interpreter is being finalized, PyEval_RestoreThread() may not come back (see thread_end.cpp): what others
// wait for must not be held here.
template <class Call>
auto without_gil(Call&& call) {
    PyThreadState* const state = PyEval_SaveThread();
    const auto result = call();
    PyEval_RestoreThread(state);
    return result;
}

// A method of an extension type, as a plain C function: the cheapest call there is.
using Method = PyObject* (*)(PyObject* self, PyObject* const* args, Py_ssize_t count);

inline PyMethodDef method_def(const char* name, Method method, const char* doc) {
    return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method)), METH_FASTCALL, doc};
}

// Adds such methods to a bound class. The table lives for ever.
inline void add_methods(const py::handle type, PyMethodDef* table) {
    for (; table->ml_name != nullptr; ++table) {
        PyObject* const method = PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), table);
        if (method == nullptr) throw py::error_already_set();
        type.attr(table->ml_name) = py::reinterpret_steal<py::object>(method);
    }
}

// The C++ object behind `self` of such a method; nullptr, with a Python error set, when there is none.
template <class T>
T* self_of(PyObject* self) noexcept {
    try {
        return py::cast<T*>(py::handle(self));
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_TypeError, error.what());
        return nullptr;
    }
}

}  // namespace uvsched::python
