// From the engine's status codes to Python exceptions.
#pragma once

#include "python.hpp"

namespace uvsched::python {

// Sets the Python error for what this thread's last call of the C ABI left; `task_id` may be nullptr. Always gives
// nullptr.
PyObject* set_error(int code, const char* task_id = nullptr) noexcept;

// Sets the error of a call that another thread made, with the text that it left there.
PyObject* set_error_text(int code, const char* last, const char* task_id = nullptr) noexcept;

// Throws that error. For functions bound with pybind11.
void check(int code, const char* task_id = nullptr);

}  // namespace uvsched::python
