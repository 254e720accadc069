// Calls that several tests of the engine make: one body on each kind of store, and the error of a call.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "tests/core/engine/fixture.hpp"

namespace uvsched::test {

// Runs `body` with a scheduler whose tasks are in memory, then with one whose tasks are in SQLite.
template <class Body>
void on_each_store(Body body) {
    SUBCASE("memory") {
        Fixture f;
        body(f);
    }
    SUBCASE("sqlite") {
        const TemporaryFolder folder;
        Fixture f("sqlite:" + folder / "tasks.db");
        body(f);
    }
}

// The code and the message of the Error that `call` throws; Code::ok if it throws none.
inline Code code_of(const std::function<void()>& call, std::string* message = nullptr) {
    try {
        call();
    } catch (const Error& error) {
        if (message != nullptr) *message = error.message();
        return error.code();
    }
    return Code::ok;
}

}  // namespace uvsched::test
