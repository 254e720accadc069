#include "core/platform/native_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <utility>

#include "core/base/error.hpp"

namespace uvsched {

std::thread start_native_thread(const std::string& name, std::function<void()> body) {
    // The new thread inherits the mask: there is no moment at which a signal could reach it.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread thread([name, body = std::move(body)] {
            name_this_thread(name);
            body();
        });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return thread;
    } catch (const std::system_error& error) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        fail(Code::no_thread, "thread " + name + " cannot be started: " + error.code().message() +
                                  "; end some threads, or raise their limit (ulimit -u, or pids.max of the container)");
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
}

}  // namespace uvsched
