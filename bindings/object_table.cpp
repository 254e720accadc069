#include "object_table.hpp"

#include <new>

namespace uvsched::python {
namespace {

bool has_flag(PyObject* function, int flag) noexcept {
    return (reinterpret_cast<PyCodeObject*>(PyFunction_GetCode(function))->co_flags & flag) != 0;
}

// Asks about callables that are not plain functions: partials, marked functions, objects with a __call__.
int ask_python(PyObject* fn) noexcept {
    const Owned module(PyImport_ImportModule("uvsched._functions"));
    const Owned answer(module ? PyObject_CallMethod(module.get(), "is_coroutine_function", "(O)", fn) : nullptr);
    return answer ? PyObject_IsTrue(answer.get()) : -1;
}

std::string key_of(const char* store, const char* id) {
    std::string key(store);
    key += '\n';
    key += id;
    return key;
}

}  // namespace

int is_coroutine_function(PyObject* fn) noexcept {
    PyObject* const function = PyMethod_Check(fn) ? PyMethod_Function(fn) : fn;
    if (PyFunction_Check(function)) {
        if (has_flag(function, CO_COROUTINE)) return 1;
        // A wrapper may be marked as a coroutine function; without attributes of its own it is not.
        PyObject* const marks = reinterpret_cast<PyFunctionObject*>(function)->func_dict;
        if (marks == nullptr || PyDict_Size(marks) == 0) return 0;
    }
    return ask_python(fn);
}

ObjectTable::~ObjectTable() { clear(); }

void ObjectTable::clear() noexcept {
    for (std::size_t i = 0; i < slots_.size(); ++i) release((std::uint64_t{slots_[i].generation} << 32U) | (i + 1));
}

std::uint64_t ObjectTable::add(PyObject* fn, PyObject* args, PyObject* kwargs, bool stored) noexcept {
    const int coroutine = is_coroutine_function(fn);
    if (coroutine < 0) return 0;
    std::uint32_t number = free_;
    if (number != 0) {
        free_ = slots_[number - 1].next_free;
    } else {
        try {
            slots_.emplace_back();
        } catch (const std::bad_alloc&) {
            PyErr_NoMemory();
            return 0;
        }
        number = static_cast<std::uint32_t>(slots_.size());
    }
    Slot& slot = slots_[number - 1];
    Py_INCREF(fn);
    Py_XINCREF(args);
    Py_XINCREF(kwargs);
    slot.callable = {fn, args, kwargs, coroutine == 1, stored};
    return (std::uint64_t{slot.generation} << 32U) | number;
}

const ObjectTable::Slot* ObjectTable::slot_of(std::uint64_t token) const noexcept {
    const auto number = static_cast<std::uint32_t>(token);
    if (number == 0 || number > slots_.size()) return nullptr;
    const Slot& slot = slots_[number - 1];
    return slot.generation == token >> 32U && slot.callable.fn != nullptr ? &slot : nullptr;
}

const Callable* ObjectTable::find(std::uint64_t token) const noexcept {
    const Slot* const slot = slot_of(token);
    return slot == nullptr ? nullptr : &slot->callable;
}

void ObjectTable::release(std::uint64_t token) noexcept {
    if (slot_of(token) == nullptr) return;
    const auto number = static_cast<std::uint32_t>(token);
    Slot& slot = slots_[number - 1];
    const Callable old = std::exchange(slot.callable, Callable{});
    if (std::exchange(slot.named, false)) names_.erase(slot.name);
    ++slot.generation;
    slot.next_free = std::exchange(free_, number);
    // Last: destructors of the objects may add to this table.
    Py_XDECREF(old.fn);
    Py_XDECREF(old.args);
    Py_XDECREF(old.kwargs);
}

void ObjectTable::name(std::uint64_t token, const char* store, const char* id) {
    if (slot_of(token) == nullptr) return;
    Slot& slot = slots_[static_cast<std::uint32_t>(token) - 1];
    slot.name = names_.emplace(key_of(store, id), Named{token, ++serial_});
    slot.named = true;
}

std::uint64_t ObjectTable::token_of(const char* store, const char* id) const {
    Named newest{0, 0};
    const auto [begin, end] = names_.equal_range(key_of(store, id));
    for (auto it = begin; it != end; ++it) {
        if (it->second.serial > newest.serial) newest = it->second;
    }
    return newest.token;
}

int ObjectTable::traverse(visitproc visit, void* arg) const {
    for (const Slot& slot : slots_) {
        Py_VISIT(slot.callable.fn);
        Py_VISIT(slot.callable.args);
        Py_VISIT(slot.callable.kwargs);
    }
    return 0;
}

}  // namespace uvsched::python
