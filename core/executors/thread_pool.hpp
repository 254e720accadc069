// ThreadPool: runs native functions on threads of its own (not libuv's).
#pragma once

#include <memory>
#include <string>

#include "core/executors/executor.hpp"

namespace uvsched {

// `owner` marks the callbacks' threads for CallbackScope. Threads start with the first run that needs them.
[[nodiscard]] std::shared_ptr<Executor> make_thread_pool(std::string name, std::size_t threads, const void* owner);

}  // namespace uvsched
