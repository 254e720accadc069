// What a process has, and what it may have.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

#include "tests/capi/support.hpp"

namespace limits_test {

// How many things a folder of /proc/self lists: "fd" or "task".
inline std::ptrdiff_t listed(const char* what) {
    const std::filesystem::directory_iterator first(std::filesystem::path("/proc/self") / what);
    return std::distance(first, std::filesystem::directory_iterator());
}

// Waits until no more are listed than before: a thread that has ended is still listed for a moment, and with it what it
// holds. `before` may have counted such a one, too.
inline bool back_to(const char* what, std::ptrdiff_t before) {
    for (int tries = 0; tries < 30'000; ++tries) {
        if (listed(what) <= before) return true;
        usleep(1'000);
    }
    return false;
}

// What a process makes once, as libuv does with its first loop, is made now.
inline void warm_up() {
    sched::Scheduler scheduler(capi_test::manual_config());
    scheduler.start();
    scheduler.shutdown(capi_test::kLong);
}

// The status that the child ended with: 0 to 255, or less than 0 where a signal ended it.
template <class Body>
int in_child(Body&& body) {
    const pid_t pid = fork();
    if (pid == 0) _exit(body());
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return 255;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// A fork() meets nothing that was freed, and the child can have a scheduler of its own.
inline bool child_is_fine() {
    return in_child([] {
               sched_config* config = nullptr;
               sched_scheduler* scheduler = nullptr;
               const bool fine = sched_config_new(&config) == UVSCHED_OK &&
                                 sched_new(&scheduler, config) == UVSCHED_OK && sched_start(scheduler) == UVSCHED_OK &&
                                 sched_shutdown(scheduler, sched::to_c(capi_test::kLong)) == UVSCHED_OK;
               return fine ? 0 : 1;
           }) == 0;
}

// No more than so many descriptors, until the end of the scope.
class DescriptorLimit {
public:
    explicit DescriptorLimit(rlim_t most) {
        getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit lower{.rlim_cur = most, .rlim_max = before_.rlim_max};
        setrlimit(RLIMIT_NOFILE, &lower);
    }
    ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;

private:
    rlimit before_{};
};

}  // namespace limits_test
