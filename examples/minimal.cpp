// minimal.c in C++: a task that ticks each second and goes on where it was when the program is started again.
#include <cstdio>
#include <cstdlib>
#include <uvsched.hpp>

int main(int argc, char** argv) try {
    const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 3.5;
    sched::Config config;
    config.add_store("default", "sqlite:tasks.db");
    sched::Scheduler scheduler(config);
    scheduler.register_function("tick", [](const sched::Run& run) { std::printf("tick: %s\n", run.task_id()); });

    sched::Task task("tick");
    task.set_id("tick").set_interval(sched::kSecond);
    scheduler.add_task(task, UVSCHED_REPLACE_EXISTING);
    scheduler.start();
    sched_wait(scheduler.get(), static_cast<int>(seconds * 1000));  // nobody stops it: this is a sleep
    scheduler.shutdown(5000);
    return 0;
} catch (const sched::Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.name(), error.what());
    return 1;
}
