// Reading arguments of plain C methods. Failures set a Python error that names the argument and give false.
#pragma once

#include <cstdint>

#include "python.hpp"

namespace uvsched::python {

// A TypeError unless there are exactly so many.
bool has_count(Py_ssize_t count, Py_ssize_t wanted, const char* method) noexcept;

// UTF-8 without NUL, borrowed from the object. `optional`: None gives nullptr.
bool read_text(PyObject* object, const char* argument, const char*& out) noexcept;
bool read_optional_text(PyObject* object, const char* argument, const char*& out) noexcept;

bool read_int64(PyObject* object, const char* argument, std::int64_t& out) noexcept;
bool read_int(PyObject* object, const char* argument, int& out) noexcept;

}  // namespace uvsched::python
