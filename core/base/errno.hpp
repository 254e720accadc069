// Errors of the operating system as an Error.
#pragma once

#include <cerrno>
#include <new>
#include <string>
#include <system_error>

#include "core/base/error.hpp"

namespace uvsched {

// Throws that `what` failed for the reason `number` (an errno). If the reason is a limit, the code says which limit and
// the text what to do about it; for any other reason the code is `otherwise`.
[[noreturn]] inline void fail_with_errno(Code otherwise, const std::string& what, int number) {
    const std::string text = what + ": " + std::generic_category().message(number);
    switch (number) {
        case EMFILE:
            fail(Code::no_descriptor, text + "; close some, or raise the limit of the process (ulimit -n)");
        case ENFILE:
            fail(Code::no_descriptor, text + "; close some, or raise the limit of the system (fs.file-max)");
        case ENOMEM:
            fail(Code::no_memory, text + "; free some and try again");
        default:
            fail(otherwise, text);
    }
}

// The exception that is being handled, as an Error. Short texts need no memory.
[[nodiscard]] inline Error present_error() noexcept {
    try {
        try {
            throw;
        } catch (const Error& error) {
            return error;
        } catch (const std::bad_alloc&) {
            return {Code::no_memory, "out of memory"};
        } catch (const std::exception& error) {
            return {Code::internal, error.what()};
        } catch (...) {
            return {Code::internal, "an exception of an unknown type"};
        }
    } catch (const std::bad_alloc&) {
        return {Code::no_memory, "out of memory"};
    }
}

}  // namespace uvsched
