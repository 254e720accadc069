// Fires per second of recurring no-op tasks: memory store, inline executor, every task always due. Beside them as many
// libuv timers. Both once all at equal times, and once each at a time of its own. Through the C ABI. The clocks of both
// are moved by hand, by one period after every pass.
//
//   bench_fires [TASKS…]        (1000 1000000)
#include <dlfcn.h>
#include <uv.h>

#include <random>
#include <semaphore>

#include "benchmarks/bench.hpp"

namespace {

constexpr std::int64_t kPeriod = 1'000'000;
constexpr int kRounds = 5;
constexpr std::int64_t kFiresPerRound = 2'000'000;

// What this thread reads from CLOCK_MONOTONIC, in milliseconds, if it is not 0. libuv reads no other clock.
thread_local std::int64_t hand_moved_clock = 0;

}  // namespace

// Stands before the C library's, for libuv too: a program exports it only if it is not hidden.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* now) {
    using Function = int (*)(clockid_t, timespec*);
    static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "clock_gettime"));
    if (hand_moved_clock == 0 || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)) return real(clock, now);
    now->tv_sec = hand_moved_clock / 1'000;
    now->tv_nsec = hand_moved_clock % 1'000 * 1'000'000;
    return 0;
}

namespace {

// What the callback needs; the loop thread's own between two uses of `done`.
struct Saturation {
    sched_scheduler* scheduler = nullptr;
    std::int64_t tasks = 0;
    std::int64_t fires = 0;
    std::int64_t passes_left = 0;
    bool watching = false;     // measures pauses
    double last = 0;           // fire, in seconds
    double longest_pause = 0;  // between two fires of a pass
    std::binary_semaphore done{0};
};

int on_fire(const sched_run*, void* user_data) {
    auto* state = static_cast<Saturation*>(user_data);
    if (state->watching) {
        const double now = bench::seconds();
        if (state->fires > 0) state->longest_pause = std::max(state->longest_pause, now - state->last);
        state->last = now;
    }
    if (++state->fires < state->tasks) return 0;
    state->fires = 0;
    if (--state->passes_left == 0) {
        state->done.release();
        return 0;
    }
    return sched_clock_advance(state->scheduler, kPeriod);
}

enum class Phase { same, own };

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
        const double memory = bench::memory_in_use();
        sched_task* task = nullptr;
        bench::check(sched_task_new(&task, "nothing"));
        bench::check(sched_task_set_interval(task, kPeriod));
        const double begin = bench::seconds();
        for (std::int64_t i = 0; i < tasks; ++i) {
            bench::check(sched_task_set_id(task, ("task-" + std::to_string(i)).c_str()));
            const auto offset = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(kPeriod));
            if (phase == Phase::own) bench::check(sched_task_set_start_at(task, kStart + 1 + offset));
            bench::check(sched_add_task(state_.scheduler, task, 0));
        }
        adds_per_second_ = static_cast<double>(tasks) / (bench::seconds() - begin);
        bytes_a_task_ = (bench::memory_in_use() - memory) / static_cast<double>(tasks);
        sched_task_free(task);
    }
    ~Uvsched() {
        sched_shutdown(state_.scheduler, -1);
        sched_free(state_.scheduler);
    }
    Uvsched(const Uvsched&) = delete;
    Uvsched& operator=(const Uvsched&) = delete;

    void fire(std::int64_t passes, bench::Speeds& speeds) {
        bench::Stopwatch watch;
        watch.resume();
        pass(passes);
        watch.pause();
        watch.add_to(speeds, static_cast<double>(state_.tasks * passes));
    }
    // In microseconds.
    double longest_pause() {
        state_.longest_pause = 0;
        state_.watching = true;
        pass(1);
        state_.watching = false;
        return state_.longest_pause * 1e6;
    }
    [[nodiscard]] double adds_per_second() const { return adds_per_second_; }
    [[nodiscard]] double bytes_a_task() const { return bytes_a_task_; }

private:
    void pass(std::int64_t passes) {
        state_.passes_left = passes;
        bench::check(sched_clock_advance(state_.scheduler, kPeriod));
        state_.done.acquire();
    }

    Saturation state_;
    double adds_per_second_ = 0;
    double bytes_a_task_ = 0;
};

// Timers with a period of 1,000 s, so that a million of them can have times of their own: libuv counts milliseconds.
// The clock is moved by one period for each pass of the loop. A timer that repeats is started again by libuv, counted
// from the pass; one with a time of its own is started again by its callback, so that it keeps that time.
class LibuvTimers {
public:
    LibuvTimers(std::int64_t tasks, Phase phase) : timers_(static_cast<std::size_t>(tasks)) {
        uv_loop_init(&loop_);
        std::mt19937_64 random(1);
        const std::uint64_t now = uv_now(&loop_);
        now_ = static_cast<std::int64_t>(now);
        for (Timer& timer : timers_) {
            timer.owner = this;
            uv_timer_init(&loop_, &timer.handle);
            timer.handle.data = &timer;
            if (phase == Phase::same) {
                uv_timer_start(&timer.handle, on_same, kLibuvPeriod, kLibuvPeriod);
            } else {
                timer.due = now + 1 + random() % kLibuvPeriod;
                uv_timer_start(&timer.handle, on_own, timer.due - now, 0);
            }
        }
    }
    ~LibuvTimers() {
        for (Timer& timer : timers_) uv_close(reinterpret_cast<uv_handle_t*>(&timer.handle), nullptr);
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
    }
    LibuvTimers(const LibuvTimers&) = delete;
    LibuvTimers& operator=(const LibuvTimers&) = delete;

    void fire(std::int64_t passes, bench::Speeds& speeds) {
        fires_ = 0;
        bench::Stopwatch watch;
        for (std::int64_t i = 0; i < passes; ++i) {
            now_ += kLibuvPeriod;
            watch.resume();
            hand_moved_clock = now_;
            uv_run(&loop_, UV_RUN_NOWAIT);
            hand_moved_clock = 0;
            watch.pause();
        }
        watch.add_to(speeds, static_cast<double>(fires_));
        if (fires_ != static_cast<std::int64_t>(timers_.size()) * passes) bench::die("libuv's timers weren't due");
    }

private:
    static constexpr std::int64_t kLibuvPeriod = 1'000'000;  // milliseconds

    struct Timer {
        uv_timer_t handle{};
        LibuvTimers* owner = nullptr;
        std::uint64_t due = 0;
    };
    static void on_same(uv_timer_t* handle) { ++static_cast<Timer*>(handle->data)->owner->fires_; }
    static void on_own(uv_timer_t* handle) {
        auto* timer = static_cast<Timer*>(handle->data);
        ++timer->owner->fires_;
        timer->due += kLibuvPeriod;
        uv_timer_start(handle, on_own, timer->due - uv_now(handle->loop), 0);
    }

    uv_loop_t loop_{};
    std::vector<Timer> timers_;
    std::int64_t fires_ = 0;
    std::int64_t now_ = 0;
};

// Ratios are those of processor time: other programs disturb it least.
void report(const std::string& what, const bench::Speeds& ours, const bench::Speeds& theirs) {
    const bench::Peer peer{"libuv timers", theirs.nanoseconds};
    bench::row("uvsched, " + what, ours.per_second, "fires/s");
    bench::row("uvsched, " + what + ", processor", ours.nanoseconds, "ns", &peer);
    bench::row("libuv timers, " + what, theirs.per_second, "fires/s");
    bench::row("libuv timers, " + what + ", processor", theirs.nanoseconds, "ns");
}

// All contenders take turns within a round.
void measure(std::int64_t tasks) {
    const std::int64_t passes = std::max<std::int64_t>(1, kFiresPerRound / tasks);
    Uvsched same(tasks, Phase::same);
    Uvsched own(tasks, Phase::own);
    LibuvTimers libuv_same(tasks, Phase::same);
    LibuvTimers libuv_own(tasks, Phase::own);
    bench::Speeds ours_same;
    bench::Speeds ours_own;
    bench::Speeds theirs_same;
    bench::Speeds theirs_own;
    std::vector<double> pauses;
    bench::Control control;
    for (int round = -1; round < kRounds; ++round) {
        if (round == 0) ours_same = ours_own = theirs_same = theirs_own = {};  // the first one warms up
        control.look();
        same.fire(passes, ours_same);
        libuv_same.fire(passes, theirs_same);
        own.fire(passes, ours_own);
        libuv_own.fire(passes, theirs_own);
        if (round >= 0) pauses.push_back(own.longest_pause());
    }
    control.judge();
    const std::string count = bench::number(static_cast<double>(tasks)) + " tasks";
    report(count + ", all at equal times", ours_same, theirs_same);
    report(count + ", each at its own time", ours_own, theirs_own);
    bench::row("uvsched, " + count + ", longest pause between two fires", pauses, "us", nullptr,
               "the longest of a loop that only polls the clock: " + bench::number(control.longest()) + " us");
    bench::row("uvsched, add_task by id, up to " + count, same.adds_per_second(), "adds/s");
    bench::row("uvsched, memory of " + count, own.bytes_a_task(), "bytes", "each, its definition and its id included");
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::int64_t> sizes{1'000, 1'000'000};
    if (argc > 1) sizes.clear();
    for (int i = 1; i < argc; ++i) sizes.push_back(bench::argument(argv[i]));
    for (const std::int64_t tasks : sizes) measure(tasks);
    return 0;
}
