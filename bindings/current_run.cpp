#include "current_run.hpp"

#include "run_object.hpp"

namespace uvsched::python {
namespace {

constinit thread_local ThreadRun thread_run{nullptr, nullptr, nullptr};

// A contextvars.ContextVar, kept for the process's life.
PyObject* context_variable() noexcept {
    static PyObject* variable = nullptr;
    if (variable == nullptr) variable = PyContextVar_New("uvsched.current_run", nullptr);
    return variable;
}

PyObject* current_run() noexcept {
    if (thread_run.object != nullptr) return Py_NewRef(thread_run.object);
    if (thread_run.run != nullptr) return describe_run(*thread_run.consumer, thread_run.run);
    PyObject* const variable = context_variable();
    PyObject* value = nullptr;
    if (variable == nullptr || PyContextVar_Get(variable, Py_None, &value) < 0) return nullptr;
    return value;
}

}  // namespace

ThreadRunScope::ThreadRunScope(const ThreadRun& run) noexcept : before_(std::exchange(thread_run, run)) {}
ThreadRunScope::~ThreadRunScope() { thread_run = before_; }

bool enter_context(PyObject* object) noexcept {
    PyObject* const variable = context_variable();
    if (variable == nullptr) return false;
    const Owned token(PyContextVar_Set(variable, object));
    return static_cast<bool>(token);
}

bool inside_run_of(const Engine& engine) noexcept {
    if (thread_run.run != nullptr) return &thread_run.consumer->engine() == &engine;
    const Owned found(current_run());
    if (!found) PyErr_Clear();
    if (!found || found.get() == Py_None) return false;
    const auto* const object = reinterpret_cast<const RunObject*>(found.get());
    return object->state == RunStage::running && &object->consumer->engine() == &engine;
}

void bind_current_run(py::module_& module) {
    module.def("current_run", [] {
        PyObject* const object = current_run();
        if (object == nullptr) throw py::error_already_set();
        return py::reinterpret_steal<py::object>(object);
    });
}

}  // namespace uvsched::python
