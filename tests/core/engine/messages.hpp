// What an error says.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "core/base/error.hpp"

namespace uvsched::test {

// The message of the error that a call ends with; it must have this code.
inline std::string message_of(const std::function<void()>& call, Code code) {
    try {
        call();
    } catch (const Error& error) {
        CHECK(error.code() == code);
        return error.message();
    }
    FAIL("no error");
    return {};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace uvsched::test
