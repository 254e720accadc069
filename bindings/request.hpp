// Request: a call of the C ABI that may wait, for a commit or for a store to open.
//
// Python's main thread handles signals between its own steps only, and such a call cannot be cut into slices. So on the
// main thread a helper thread makes it while the main thread waits in slices: Ctrl-C ends the waiting, and the request
// goes on by itself. So does the thread of an event loop, which may not wait for long. Other threads get no signals and
// make the call themselves.
#pragma once

#include <cstdint>
#include <string>

#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

// Owns all that its call reads and writes: it may outlive who asked for it. Nothing of it belongs to Python.
class Request {
public:
    Request() = default;
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    virtual ~Request() = default;

    // Makes the call. Without the GIL.
    void make() noexcept;
    // The caller was interrupted and has left: undoes what only it could use. On the helper thread, after make().
    virtual void abandoned() noexcept {}

    // The status that the call returned, and for failures sched_last_error().
    [[nodiscard]] int code() const noexcept { return code_; }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    virtual int call() noexcept = 0;

    int code_ = UVSCHED_OK;
    std::string error_;
};

// Makes the call of a request (from `new`) and waits for it. nullptr, with a Python error set, when a signal handler
// raised, or after `limit_ms` (-1: never) with a TimeoutError; the request is then deleted when it has ended. For that
// there is a helper thread; if not `interruptible`, the call is made on this thread. A plain C function may call this:
// see without_gil().
[[nodiscard]] Request* wait_for(Request* request, bool interruptible, std::int64_t limit_ms = -1);

}  // namespace uvsched::python
