// The calls of the operating system that this module needs: threads without signals, and which process and thread this
// is.
#pragma once

#include <cstdint>
#include <functional>

namespace uvsched::python {

[[nodiscard]] std::int64_t process_id() noexcept;

// Whether this is the thread that the process began with. In the child of a fork: the thread that called fork().
[[nodiscard]] bool is_main_thread() noexcept;

// Starts a thread that nobody waits for. It gets no signals: those are for Python's main thread. Throws
// std::system_error if there is no thread to be had, and bad_alloc.
void start_thread_without_signals(std::function<void()> body);

}  // namespace uvsched::python
