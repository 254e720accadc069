// Starts of schedulers on a durable store: many new tasks, many processes that declare the same ones, many stored ones.
#pragma once

#include "benchmarks/processes.hpp"

namespace bench {

inline constexpr std::int64_t kNew = 100'000;
inline constexpr std::int64_t kSame = 1'000;
inline constexpr std::size_t kWorkers = 8;

// A paused scheduler with so many tasks, the first of which has this number.
class Starting {
public:
    Starting(const std::string& url, std::int64_t tasks, std::int64_t first = 0) {
        sched_config* config = nullptr;
        check(sched_config_new(&config));
        check(sched_config_add_store(config, "default", url.c_str()));
        check(sched_new(&scheduler_, config));
        sched_config_free(config);
        check(sched_register_function(scheduler_, "nothing", on_fire, &calls_, nullptr));
        sched_task* task = nullptr;
        check(sched_task_new(&task, "nothing"));
        check(sched_task_set_interval(task, 3'600 * kSecond));
        check(sched_task_set_start_at(task, wall_microseconds() / (86'400 * kSecond) * (86'400 * kSecond)));
        for (std::int64_t i = first; i < first + tasks; ++i) {
            check(sched_task_set_id(task, ("task-" + std::to_string(i)).c_str()));
            check(sched_add_task(scheduler_, task, 0));
        }
        sched_task_free(task);
    }
    ~Starting() {
        check(sched_shutdown(scheduler_, -1));
        sched_free(scheduler_);
    }
    Starting(const Starting&) = delete;
    Starting& operator=(const Starting&) = delete;

    void start() { check(sched_start_paused(scheduler_)); }

private:
    std::atomic<std::int64_t> calls_{0};
    sched_scheduler* scheduler_ = nullptr;
};

inline double seconds_to_declare(const std::string& url) {
    const double begin = seconds();
    Starting scheduler(url, kNew);
    scheduler.start();
    return seconds() - begin;
}

// The tasks are stored, as they are. From the first of all starts to the last one that is done.
inline double seconds_of_workers(const std::string& url) {
    Starting(url, kSame).start();
    double begin = 0;
    {
        const Processes processes(kWorkers, [&](std::size_t) {
            Starting scheduler(url, kSame);
            ready();
            scheduler.start();
            ++shared().latest;
            wait_until([] { return shared().over.load(); });
        });
        begin = seconds();
        wait_until([] { return shared().latest == static_cast<std::int64_t>(kWorkers); });
        begin = seconds() - begin;
    }
    return begin;
}

inline void measure_starts(const std::string& place, const std::function<std::string(const std::string& name)>& url) {
    Control control;
    control.look();
    const double declared = seconds_to_declare(url("declared"));
    const double workers = seconds_of_workers(url("workers"));
    control.look();
    control.judge();
    row("100,000 new tasks added and started " + place, declared, "s");
    row("8 processes start with the same 1,000 stored tasks " + place, workers, "s");
}

}  // namespace bench
