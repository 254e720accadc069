// The boundary: every function of uvsched.h runs its body in guarded(), out of which nothing is thrown.
#pragma once

#include <string>
#include <utility>

#include "core/base/error.hpp"
#include "uvsched.h"

namespace uvsched::capi {

// A handle or pointer that cannot be used. The boundary puts the function's name before the text.
class ArgumentError : public Error {
public:
    using Error::Error;
};

// Makes `text` this thread's last error, cut between characters where it is too long.
void set_last_error(const char* text) noexcept;

// The status of the exception being handled, whose text becomes the last error.
[[nodiscard]] int status_of_exception(const char* function) noexcept;

// Calls body(), which gives a status or nothing (UVSCHED_OK).
template <class Body>
int guarded(const char* function, Body&& body) noexcept {
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            return UVSCHED_OK;
        } else {
            return body();
        }
    } catch (...) {
        return status_of_exception(function);
    }
}

// guarded() for functions that return a value: `none` if they fail.
template <class Value, class Body>
Value guarded_value(const char* function, Value none, Body&& body) noexcept {
    try {
        return body();
    } catch (...) {
        static_cast<void>(status_of_exception(function));
        return none;
    }
}

}  // namespace uvsched::capi
