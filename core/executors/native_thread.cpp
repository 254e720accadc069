#include "core/executors/native_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace uvsched {

std::thread start_native_thread(const std::string& name, std::function<void()> body) {
    // The new thread inherits the mask: there is no moment at which a signal could reach it.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread thread(std::move(body));
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
        return thread;
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
}

}  // namespace uvsched
