// Fires per second of tasks in SQLite, synchronous FULL: claim, start gate, run and history row of each on disk. Beside
// it the same rows written with bare SQLite, in one transaction for each fire and in batches.
//
//   bench_sqlite_fires [FOLDER]      (/var/tmp: a folder on a real disk)
#include <semaphore>

#include "benchmarks/bare_sqlite.hpp"

namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000;
constexpr std::int64_t kPeriod = 1'000'000;
constexpr std::int64_t kTasks = 10'000;
constexpr int kRounds = 5;
constexpr std::int64_t kPasses = 3;
constexpr int kBatch = 100;

// ---- uvsched ----

struct Saturation {
    sched_scheduler* scheduler = nullptr;
    std::int64_t fires = 0;
    std::int64_t passes_left = 0;
    std::binary_semaphore done{0};
};

int on_fire(const sched_run*, void* user_data) {
    auto* state = static_cast<Saturation*>(user_data);
    if (++state->fires < kTasks) return 0;
    state->fires = 0;
    if (--state->passes_left == 0) {
        state->done.release();
        return 0;
    }
    return sched_clock_advance(state->scheduler, kPeriod);
}

class Uvsched {
public:
    explicit Uvsched(const std::string& file) {
        sched_config* config = nullptr;
        bench::check(sched_config_new(&config));
        const std::string url = "sqlite:" + file + "?synchronous=full";
        bench::check(sched_config_add_store(config, "default", url.c_str()));
        bench::check(sched_config_add_executor(config, "default", "inline"));
        bench::check(sched_config_set_manual_clock(config, kStart));
        bench::check(sched_new(&state_.scheduler, config));
        sched_config_free(config);
        bench::check(sched_register_function(state_.scheduler, "nothing", on_fire, &state_, nullptr));
        sched_task* task = nullptr;
        bench::check(sched_task_new(&task, "nothing"));
        bench::check(sched_task_set_interval(task, kPeriod));
        for (std::int64_t i = 0; i < kTasks; ++i) {
            bench::check(sched_task_set_id(task, ("task-" + std::to_string(i)).c_str()));
            bench::check(sched_add_task(state_.scheduler, task, 0));
        }
        sched_task_free(task);
        bench::check(sched_start(state_.scheduler));
    }
    ~Uvsched() {
        sched_shutdown(state_.scheduler, -1);
        sched_free(state_.scheduler);
    }
    Uvsched(const Uvsched&) = delete;
    Uvsched& operator=(const Uvsched&) = delete;

    // Until the last result is in the file.
    double fires_per_second() {
        state_.passes_left = kPasses;
        const double begin = bench::seconds();
        bench::check(sched_clock_advance(state_.scheduler, kPeriod));
        state_.done.acquire();
        bench::check(sched_wait_idle(state_.scheduler, -1));
        return static_cast<double>(kTasks * kPasses) / (bench::seconds() - begin);
    }

private:
    Saturation state_;
};

// A claim and a finish for each fire, `batch` of each in one transaction.
double bare_fires_per_second(bench::BareSqlite& bare, std::int64_t fires, int batch) {
    const double begin = bench::seconds();
    for (std::int64_t done = 0; done < fires; done += batch) bare.fire(done, batch);
    return static_cast<double>(fires) / (bench::seconds() - begin);
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Folder folder(argc > 1 ? argv[1] : "/var/tmp");
    std::vector<double> ours;
    bench::Peer single{"one transaction a step", {}};
    std::vector<double> batched;
    bench::Control control;
    {
        Uvsched scheduler(folder.file("uvsched.db"));
        bench::BareSqlite bare(folder.file("bare.db"), kTasks);
        for (int round = -1; round < kRounds; ++round) {
            if (round == 0) ours = single.samples = batched = {};  // the first one warms up
            control.look();
            ours.push_back(scheduler.fires_per_second());
            single.samples.push_back(bare_fires_per_second(bare, 2'000, 1));
            batched.push_back(bare_fires_per_second(bare, kTasks * kPasses, kBatch));
        }
    }
    control.judge();
    bench::row("uvsched, 10,000 tasks in SQLite FULL", ours, "fires/s", &single);
    bench::row("bare SQLite, claim and finish a transaction each", single.samples, "fires/s");
    bench::row("bare SQLite, the same in batches of 100", batched, "fires/s", nullptr,
               "an upper limit: no gate, no ledger");
    return 0;
}
