// Bytes that a task takes in the memory store, by kind of task: what the process has in memory, and what the allocator
// handed out, which includes room for more. Beside it a libuv timer, which has no name, no rule, no policies and no
// history. Each is measured in a process of its own.
//
//   bench_memory [TASKS]        (1000000)
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <functional>
#include <memory>
#include <vector>

#include "benchmarks/bench.hpp"

namespace {

constexpr std::int64_t kHour = 3'600LL * 1'000'000;
constexpr std::int64_t kStart = 1'700'000'000'000'000;

int nothing(const sched_run*, void*) { return 0; }

// What this thread has allocated and not freed.
double allocated() {
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

// What came since it was made.
class Bytes {
public:
    void print(const std::string& what, std::int64_t tasks) const {
        const auto count = static_cast<double>(tasks);
        bench::row(what, (bench::memory_in_use() - resident_) / count, "bytes",
                   bench::number((allocated() - allocated_) / count) + " allocated");
    }

private:
    double allocated_ = allocated();
    double resident_ = bench::memory_in_use();
};

// Memory that one measurement freed would be no news to the next.
void in_a_child(const std::function<void()>& measure) {
    const pid_t child = fork();
    if (child == 0) {
        measure();
        std::exit(0);  // NOLINT(concurrency-mt-unsafe)
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) bench::die("a measurement failed");
}

using Describe = std::function<void(sched_task* task, std::int64_t i)>;

void every_hour(sched_task* task) { bench::check(sched_task_set_interval(task, kHour)); }

void add_tasks(const std::string& what, std::int64_t tasks, const Describe& describe) {
    sched_config* config = nullptr;
    sched_scheduler* scheduler = nullptr;
    bench::check(sched_config_new(&config));
    bench::check(sched_config_add_executor(config, "default", "inline"));
    bench::check(sched_config_set_manual_clock(config, kStart));
    bench::check(sched_new(&scheduler, config));
    sched_config_free(config);
    bench::check(sched_register_function(scheduler, "nothing", nothing, nullptr, nullptr));
    bench::check(sched_start(scheduler));
    sched_task* task = nullptr;
    bench::check(sched_task_new(&task, "nothing"));
    const Bytes before;
    for (std::int64_t i = 0; i < tasks; ++i) {
        bench::check(sched_task_set_id(task, ("task-" + std::to_string(i)).c_str()));
        describe(task, i);
        bench::check(sched_add_task(scheduler, task, 0));
    }
    before.print("uvsched, " + what, tasks);
    sched_task_free(task);
    bench::check(sched_shutdown(scheduler, -1));
    sched_free(scheduler);
}

void measure(const std::string& what, std::int64_t tasks, const Describe& describe) {
    in_a_child([&] { add_tasks(what, tasks, describe); });
}

void start_timers(std::int64_t tasks) {
    uv_loop_t loop;
    uv_loop_init(&loop);
    const Bytes before;
    std::vector<std::unique_ptr<uv_timer_t>> timers(static_cast<std::size_t>(tasks));
    for (auto& timer : timers) {
        timer = std::make_unique<uv_timer_t>();
        uv_timer_init(&loop, timer.get());
        uv_timer_start(
            timer.get(), [](uv_timer_t*) {}, 3'600'000, 3'600'000);
    }
    before.print("libuv, a timer and a pointer to it", tasks);
    for (auto& timer : timers) uv_close(reinterpret_cast<uv_handle_t*>(timer.get()), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t tasks = argc > 1 ? bench::argument(argv[1]) : 1'000'000;
    measure("interval, the same for all", tasks, [](sched_task* task, std::int64_t) { every_hour(task); });
    measure("interval, from a time of its own", tasks, [](sched_task* task, std::int64_t i) {
        every_hour(task);
        bench::check(sched_task_set_start_at(task, kStart + 1 + i));
    });
    measure("date of its own", tasks,
            [](sched_task* task, std::int64_t i) { bench::check(sched_task_set_date(task, kStart + kHour + i)); });
    measure("cron, the same for all", tasks, [](sched_task* task, std::int64_t) {
        bench::check(sched_task_set_cron(task, "*/5 * * * *", "Europe/Madrid"));
    });
    measure("cron, a minute of the month of its own", tasks, [](sched_task* task, std::int64_t i) {
        const std::string rule = std::to_string(i % 60) + " " + std::to_string(i / 60 % 24) + " " +
                                 std::to_string(i / 1'440 % 28 + 1) + " * *";
        bench::check(sched_task_set_cron(task, rule.c_str(), "Europe/Madrid"));
    });
    measure("interval, arguments of 40 bytes of its own", tasks, [](sched_task* task, std::int64_t i) {
        every_hour(task);
        const std::string number = std::to_string(10'000'000 + i);
        bench::check(sched_task_set_arguments(task, ("{\"user\":" + number + ",\"what\":\"a reminder\"}").c_str()));
    });
    measure("interval, a name of 20 bytes of its own", tasks, [](sched_task* task, std::int64_t i) {
        every_hour(task);
        bench::check(sched_task_set_name(task, ("reminder to " + std::to_string(10'000'000 + i)).c_str()));
    });
    in_a_child([&] { start_timers(tasks); });
    return 0;
}
