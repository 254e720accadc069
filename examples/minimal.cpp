// minimal.c in C++: a task that ticks each second and goes on where it was when the program is started again.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <uvsched.hpp>

int main(int argc, char** argv) try {
    const std::chrono::duration<double> span(argc > 1 ? std::strtod(argv[1], nullptr) : 3.5);
    sched::Config config;
    config.add_store("default", "sqlite:tasks.db");
    sched::Scheduler scheduler(config);
    scheduler.register_function("tick", [](const sched::Run& run) { std::printf("tick: %s\n", run.task_id()); });

    sched::Task task("tick");
    task.set_id("tick").set_interval(std::chrono::seconds(1));
    scheduler.add_task(task, sched::OnExisting::replace);
    scheduler.start();
    std::this_thread::sleep_for(span);
    scheduler.shutdown(std::chrono::seconds(5));
    return 0;
} catch (const sched::Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.name(), error.what());
    return 1;
}
