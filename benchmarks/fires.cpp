// Fires per second of recurring no-op tasks: memory store, inline executor, every task always due. Beside it as many
// libuv timers that are always due. Through the C ABI; the clock is a manual one, moved by one period after every pass.
//
//   bench_fires [TASKS…]        (1000 1000000)
#include <uv.h>

#include <random>
#include <semaphore>

#include "benchmarks/bench.hpp"

namespace {

constexpr std::int64_t kPeriod = 1'000'000;
constexpr int kRounds = 5;
constexpr std::int64_t kFiresPerRound = 2'000'000;

// What the callback needs; the loop thread's own between two uses of `done`.
struct Saturation {
    sched_scheduler* scheduler = nullptr;
    std::int64_t tasks = 0;
    std::int64_t fires = 0;
    std::int64_t passes_left = 0;
    std::binary_semaphore done{0};
};

int on_fire(const sched_run*, void* user_data) {
    auto* state = static_cast<Saturation*>(user_data);
    if (++state->fires < state->tasks) return 0;
    state->fires = 0;
    if (--state->passes_left == 0) {
        state->done.release();
        return 0;
    }
    return sched_clock_advance(state->scheduler, kPeriod);
}

enum class Phase { same, spread };

class Uvsched {
public:
    Uvsched(std::int64_t tasks, Phase phase) {
        constexpr std::int64_t kStart = 1'700'000'000'000'000;
        sched_config* config = nullptr;
        bench::check(sched_config_new(&config));
        bench::check(sched_config_add_executor(config, "default", "inline"));
        bench::check(sched_config_set_manual_clock(config, kStart));
        bench::check(sched_new(&state_.scheduler, config));
        sched_config_free(config);
        bench::check(sched_register_function(state_.scheduler, "nothing", on_fire, &state_, nullptr));
        bench::check(sched_start(state_.scheduler));
        state_.tasks = tasks;

        std::mt19937_64 random(1);
        sched_task* task = nullptr;
        bench::check(sched_task_new(&task, "nothing"));
        bench::check(sched_task_set_interval(task, kPeriod));
        const double begin = bench::seconds();
        for (std::int64_t i = 0; i < tasks; ++i) {
            bench::check(sched_task_set_id(task, ("task-" + std::to_string(i)).c_str()));
            const auto offset = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(kPeriod));
            if (phase == Phase::spread) bench::check(sched_task_set_start_at(task, kStart + 1 + offset));
            bench::check(sched_add_task(state_.scheduler, task, 0));
        }
        adds_per_second_ = static_cast<double>(tasks) / (bench::seconds() - begin);
        sched_task_free(task);
    }
    ~Uvsched() {
        sched_shutdown(state_.scheduler, -1);
        sched_free(state_.scheduler);
    }
    Uvsched(const Uvsched&) = delete;
    Uvsched& operator=(const Uvsched&) = delete;

    bench::Speed fire(std::int64_t passes) {
        state_.passes_left = passes;
        bench::Stopwatch watch;
        watch.resume();
        bench::check(sched_clock_advance(state_.scheduler, kPeriod));
        state_.done.acquire();
        watch.pause();
        return watch.of(static_cast<double>(state_.tasks * passes));
    }
    [[nodiscard]] double adds_per_second() const { return adds_per_second_; }

private:
    Saturation state_;
    double adds_per_second_ = 0;
};

// Repeating timers of one millisecond, run by passes of a loop that never waits. Only the passes are timed: with few
// timers the loop would else sleep until the next millisecond.
class LibuvTimers {
public:
    explicit LibuvTimers(std::int64_t tasks) : timers_(static_cast<std::size_t>(tasks)) {
        uv_loop_init(&loop_);
        for (uv_timer_t& timer : timers_) {
            uv_timer_init(&loop_, &timer);
            timer.data = &fires_;
            uv_timer_start(
                &timer, [](uv_timer_t* handle) { ++*static_cast<std::int64_t*>(handle->data); }, 1, 1);
        }
    }
    ~LibuvTimers() {
        for (uv_timer_t& timer : timers_) uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
    }
    LibuvTimers(const LibuvTimers&) = delete;
    LibuvTimers& operator=(const LibuvTimers&) = delete;

    bench::Speed fire(std::int64_t passes) {
        fires_ = 0;
        bench::Stopwatch watch;
        const std::int64_t wanted = static_cast<std::int64_t>(timers_.size()) * passes;
        while (fires_ < wanted) {
            const std::uint64_t last = uv_now(&loop_);
            while (uv_now(&loop_) == last) uv_update_time(&loop_);
            watch.resume();
            uv_run(&loop_, UV_RUN_NOWAIT);
            watch.pause();
        }
        return watch.of(static_cast<double>(fires_));
    }

private:
    uv_loop_t loop_{};
    std::vector<uv_timer_t> timers_;
    std::int64_t fires_ = 0;
};

void report(const std::string& what, const bench::Speed& speed, const bench::Speed& peer) {
    bench::row(what, speed.per_second, "fires/s",
               bench::number(speed.nanoseconds) + " ns of processor each, " +
                   bench::ratio(speed.per_second, peer.per_second, "libuv timers"));
}

void measure(std::int64_t tasks) {
    const std::int64_t passes = std::max<std::int64_t>(1, kFiresPerRound / tasks);
    Uvsched same(tasks, Phase::same);
    Uvsched spread(tasks, Phase::spread);
    LibuvTimers libuv(tasks);
    std::vector<bench::Speed> ours;
    std::vector<bench::Speed> ours_spread;
    std::vector<bench::Speed> theirs;
    for (int round = -1; round < kRounds; ++round) {  // the first one warms up
        const bench::Speed a = same.fire(passes);
        const bench::Speed b = spread.fire(passes);
        const bench::Speed c = libuv.fire(passes);
        if (round < 0) continue;
        ours.push_back(a);
        ours_spread.push_back(b);
        theirs.push_back(c);
    }
    const std::string count = bench::number(static_cast<double>(tasks)) + " tasks";
    const bench::Speed peer = bench::median(theirs);
    report("uvsched, " + count + ", all at the same times", bench::median(ours), peer);
    report("uvsched, " + count + ", each at its own time", bench::median(ours_spread), peer);
    report("libuv timers, " + count, peer, peer);
    bench::row("uvsched, add_task by id, up to " + count, same.adds_per_second(), "adds/s");
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::int64_t> sizes{1'000, 1'000'000};
    if (argc > 1) sizes.clear();
    for (int i = 1; i < argc; ++i) sizes.push_back(bench::argument(argv[i]));
    for (const std::int64_t tasks : sizes) measure(tasks);
    return 0;
}
