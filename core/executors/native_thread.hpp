// Threads of the engine's own: named, and with every signal blocked, so that the program's handlers run on its own
// threads.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace uvsched {

// Starts a thread. `name` is cut to the 15 bytes that Linux shows. Throws std::system_error when there is none to be
// had.
[[nodiscard]] std::thread start_native_thread(const std::string& name, std::function<void()> body);

}  // namespace uvsched
