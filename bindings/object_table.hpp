// ObjectTable: the Python objects behind the integer tokens that the engine hands out with runs.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "python.hpp"

namespace uvsched::python {

// A function and what it is called with. `args` is a tuple or nullptr, `kwargs` a dict or nullptr.
struct Callable {
    PyObject* fn = nullptr;
    PyObject* args = nullptr;
    PyObject* kwargs = nullptr;
    bool coroutine = false;  // fn is a coroutine function
    bool stored = false;     // registered by name: the arguments are the stored task's
};

// Whether calling it gives a coroutine. -1 with a Python error set.
int is_coroutine_function(PyObject* fn) noexcept;

// Guarded by the GIL. Tokens are never 0 and never used twice, so a late one finds nothing.
class ObjectTable {
public:
    ObjectTable() = default;
    ObjectTable(const ObjectTable&) = delete;
    ObjectTable& operator=(const ObjectTable&) = delete;
    ~ObjectTable();

    // Keeps references to the objects. 0 with a Python error set when it cannot.
    std::uint64_t add(PyObject* fn, PyObject* args, PyObject* kwargs, bool stored = false) noexcept;

    // nullptr when the token was released. The pointer holds until release() of the same token.
    [[nodiscard]] const Callable* find(std::uint64_t token) const noexcept;

    // Drops the objects, which may run any Python code. Unknown tokens are ignored.
    void release(std::uint64_t token) noexcept;

    // Remembers which task a token was added with, until its release.
    void name(std::uint64_t token, const char* store, const char* id);

    // The newest token of a task that is not released; 0 for none. An engine that keeps a task as it was releases the
    // newer one, so the answer is right again when its RELEASE item has been taken.
    [[nodiscard]] std::uint64_t token_of(const char* store, const char* id) const;

    // For the garbage collector.
    int traverse(visitproc visit, void* arg) const;
    void clear() noexcept;

private:
    struct Named {
        std::uint64_t token;
        std::uint64_t serial;
    };
    using Names = std::unordered_multimap<std::string, Named>;
    struct Slot {
        Callable callable;
        std::uint32_t generation = 1;
        std::uint32_t next_free = 0;
        bool named = false;
        Names::iterator name;
    };
    [[nodiscard]] const Slot* slot_of(std::uint64_t token) const noexcept;

    std::deque<Slot> slots_;  // addresses stay; slot i has the number i + 1
    std::uint32_t free_ = 0;
    Names names_;  // of memory-store tasks: store, a line feed, id
    std::uint64_t serial_ = 0;
};

}  // namespace uvsched::python
