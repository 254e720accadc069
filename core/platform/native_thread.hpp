// The library's own threads: named, and with every signal blocked, so that the program's handlers run on its own
// threads.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace uvsched {

// Starts a thread. Debuggers show its name as far as the system has room for it: 15 bytes on Linux. Throws
// Error(no_thread) if there is none to be had, and bad_alloc.
[[nodiscard]] std::thread start_native_thread(const std::string& name, std::function<void()> body);

// Names the thread that calls it, if the system names threads.
void name_this_thread(const std::string& name) noexcept;

}  // namespace uvsched
