#include "system.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include <thread>
#include <utility>

namespace uvsched::python {

std::int64_t process_id() noexcept { return getpid(); }

bool is_main_thread() noexcept {
#ifdef __linux__
    return syscall(SYS_gettid) == getpid();
#else
    return pthread_main_np() != 0;
#endif
}

void start_thread_without_signals(std::function<void()> body) {
    // The new thread inherits the mask: there is no moment at which a signal could reach it.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread(std::move(body)).detach();
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace uvsched::python
