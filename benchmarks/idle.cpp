// What an idle scheduler costs: 100,000 tasks that are due in a year, memory store. It should sleep and never wake.
//
//   bench_idle [SECONDS]        (5)
#include <time.h>

#include <thread>

#include "benchmarks/bench.hpp"

namespace {

constexpr std::int64_t kTasks = 100'000;
constexpr std::int64_t kYear = 365LL * 86'400 * 1'000'000;

int never(const sched_run*, void*) { return 0; }

std::int64_t wakeups(sched_scheduler* scheduler) {
    sched_stats stats = UVSCHED_STATS_INIT;
    bench::check(sched_get_stats(&stats, scheduler));
    return stats.wakeups;
}

double processor_microseconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t seconds = argc > 1 ? bench::argument(argv[1]) : 5;
    sched_config* config = nullptr;
    sched_scheduler* scheduler = nullptr;
    sched_task* task = nullptr;
    bench::check(sched_config_new(&config));
    bench::check(sched_config_add_executor(config, "default", "inline"));
    bench::check(sched_new(&scheduler, config));
    sched_config_free(config);
    bench::check(sched_register_function(scheduler, "never", never, nullptr, nullptr));
    bench::check(sched_start(scheduler));
    bench::check(sched_task_new(&task, "never"));
    const std::int64_t far = bench::wall_microseconds() + kYear;
    for (std::int64_t i = 0; i < kTasks; ++i) {
        bench::check(sched_task_set_id(task, std::to_string(i).c_str()));
        bench::check(sched_task_set_interval(task, kYear));
        bench::check(sched_task_set_start_at(task, far + i));
        bench::check(sched_add_task(scheduler, task, 0));
    }
    sched_task_free(task);
    bench::check(sched_wait_idle(scheduler, -1));

    const std::int64_t before = wakeups(scheduler);
    const double used = processor_microseconds();
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    const double spent = processor_microseconds() - used;
    const std::int64_t after = wakeups(scheduler);
    bench::row("uvsched, 100,000 far tasks, wake-ups while idle", static_cast<double>(after - before), "in all",
               "over " + std::to_string(seconds) + " s");
    bench::row("processor time of the process meanwhile", spent / static_cast<double>(seconds), "us/s");
    bench::check(sched_shutdown(scheduler, -1));
    sched_free(scheduler);
    return 0;
}
