// One call of each function of uvsched.h that takes a handle, with everything but the handle in order.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace capi_test {

enum class Handle { config, scheduler, task, queue, consumer, trigger, task_iterator, history_iterator };

struct HandleCall {
    std::string function;
    Handle kind;
    std::string argument;                // as the header names it
    std::function<bool(void*)> refuses;  // makes the call with this handle; whether it failed
};

// Those that free are left out.
[[nodiscard]] const std::vector<HandleCall>& handle_calls();

}  // namespace capi_test
