// A scheduler that the program's own loop turns.
#include <poll.h>

#include "support.hpp"

using namespace capi_test;

namespace {

bool readable(int fd, int timeout_ms) {
    pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
    return poll(&one, 1, timeout_ms) == 1;
}

}  // namespace

TEST_CASE("a program's loop turns a scheduler from its start to its end") {
    sched::Config config;
    config.set_driver(sched::Driver::caller).add_executor("default", "inline");
    sched::Scheduler scheduler(config);
    int runs = 0;
    scheduler.register_function("tick", [&](const sched::Run&) {
        if (++runs == 3) scheduler.stop();
    });
    sched::Task task("tick");
    task.set_id("tick").set_interval(std::chrono::milliseconds(10));
    scheduler.add_task(task);
    CHECK_THROWS_AS(static_cast<void>(scheduler.poll_fd()), sched::Error);
    scheduler.start();
    const int fd = scheduler.poll_fd();
    while (scheduler.state() != sched::State::stopped) {
        readable(fd, static_cast<int>(scheduler.poll_timeout().count()));
        scheduler.poll();
    }
    CHECK(runs == 3);
    CHECK(scheduler.poll_timeout() == sched::kForever);
}

TEST_CASE("who may be polled") {
    sched::Config config;
    CHECK_FAILS(sched_config_set_driver(config.get(), static_cast<sched_driver>(7)), UVSCHED_EINVAL, "driver: 7");
    const sched::Scheduler scheduler(config);
    int number = 0;
    CHECK_FAILS(sched_poll(scheduler.get()), UVSCHED_EINVAL, "threads of its own");
    CHECK_FAILS(sched_poll_fd(&number, scheduler.get()), UVSCHED_EINVAL, "threads of its own");
    CHECK_FAILS(sched_poll_timeout(&number, scheduler.get()), UVSCHED_EINVAL, "threads of its own");
}
