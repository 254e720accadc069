// Function: the function behind a name that tasks use.
#pragma once

#include <cstdint>
#include <functional>

#include "core/executors/executor.hpp"

namespace uvsched {

struct Function {
    NativeFunction call = nullptr;  // or, for another language:
    std::uint64_t token = 0;
    void* user_data = nullptr;
    std::function<void()> release;  // called once, after the function was unregistered or replaced and its runs ended
};

}  // namespace uvsched
