#include "arguments.hpp"

#include <climits>
#include <cstring>

namespace uvsched::python {

bool has_count(Py_ssize_t count, Py_ssize_t wanted, const char* method) noexcept {
    if (count == wanted) return true;
    PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments, not %zd", method, wanted, count);
    return false;
}

bool read_text(PyObject* object, const char* argument, const char*& out) noexcept {
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s: expected a string, not %s", argument, Py_TYPE(object)->tp_name);
        return false;
    }
    Py_ssize_t size = 0;
    const char* const text = PyUnicode_AsUTF8AndSize(object, &size);
    if (text == nullptr) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError) == 0) return false;
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "%s: %R holds a lone surrogate, which UTF-8 cannot encode", argument, object);
        return false;
    }
    if (std::strlen(text) != static_cast<std::size_t>(size)) {
        PyErr_Format(PyExc_ValueError, "%s: %R holds a NUL character", argument, object);
        return false;
    }
    out = text;
    return true;
}

bool read_optional_text(PyObject* object, const char* argument, const char*& out) noexcept {
    out = nullptr;
    return object == Py_None || read_text(object, argument, out);
}

bool read_int64(PyObject* object, const char* argument, std::int64_t& out) noexcept {
    if (!PyLong_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s: expected a whole number, not %s", argument, Py_TYPE(object)->tp_name);
        return false;
    }
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow != 0) {
        PyErr_Format(PyExc_ValueError, "%s: %R is out of range", argument, object);
        return false;
    }
    if (value == -1 && PyErr_Occurred() != nullptr) return false;
    out = value;
    return true;
}

bool read_int(PyObject* object, const char* argument, int& out) noexcept {
    std::int64_t value = 0;
    if (!read_int64(object, argument, value)) return false;
    if (value < INT_MIN || value > INT_MAX) {
        PyErr_Format(PyExc_ValueError, "%s: %R is out of range", argument, object);
        return false;
    }
    out = static_cast<int>(value);
    return true;
}

}  // namespace uvsched::python
