// The one exception type of the core, and the status codes that cross the C ABI.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace uvsched {

// The values are ABI: capi/include/uvsched.h repeats them as UVSCHED_* and a test compares the two.
enum class Code : int {
    ok = 0,
    invalid = -1,         // an argument's value is wrong; the message names the argument and the value
    no_memory = -2,       // allocation failed
    bad_handle = -3,      // a stale, freed or foreign handle
    not_found = -4,       // no such task, store, executor, function
    conflict = -5,        // the id is taken by a different definition
    not_running = -6,     // the scheduler is not running (never started, or stopped)
    already = -7,         // already running, already registered
    deadlock = -8,        // a call that waits was made where waiting could never end
    timed_out = -9,       // the deadline passed; the work goes on
    forked = -10,         // this scheduler was started in the parent process
    version = -11,        // two copies of the library, or a newer database schema
    store = -12,          // the store failed: I/O, disk full, read-only
    busy = -13,           // the store file is in use by a process that it cannot be shared with
    corrupt = -14,        // the file is not a database of ours, or is damaged
    unsupported = -15,    // known, but not available in this build
    internal = -16,       // a bug in uvsched
    no_thread = -17,      // the system gave no thread
    no_descriptor = -18,  // too many open files
};

// Thrown inside core only; the C ABI turns it into a status and sched_last_error().
class Error : public std::exception {
public:
    Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}
    [[nodiscard]] Code code() const noexcept { return code_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

private:
    Code code_;
    std::string message_;
};

[[noreturn]] inline void fail(Code code, std::string message) { throw Error(code, std::move(message)); }

}  // namespace uvsched
