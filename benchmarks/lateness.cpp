// How late a C callback is called: 50 tasks at 10 ms on an idle machine. Beside it, on the same grid of times, a bare
// timerfd, a libuv timer, and a busy poll that shows what the machine itself takes away.
//
//   bench_lateness [SECONDS]    (of each, 10)
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <semaphore>

#include "benchmarks/bench.hpp"

namespace {

constexpr std::int64_t kTasks = 50;
constexpr std::int64_t kPeriod = 10'000;            // microseconds
constexpr std::int64_t kStride = kPeriod / kTasks;  // each task at its own time
constexpr int kRounds = 5;
constexpr std::int64_t kLead = 50'000;  // from setting up to the first sample

using Samples = std::vector<double>;  // microseconds of lateness

std::int64_t wall_nanoseconds() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

double lateness(std::int64_t due_microseconds) {
    return static_cast<double>(wall_nanoseconds() - due_microseconds * 1'000) / 1'000;
}

std::int64_t start_of_round() { return (bench::wall_microseconds() + kLead) / kPeriod * kPeriod; }

struct Recorder {
    Samples* samples = nullptr;
    std::size_t wanted = 0;
    std::binary_semaphore full{0};
};

int on_fire(const sched_run* run, void* user_data) {
    auto* recorder = static_cast<Recorder*>(user_data);
    recorder->samples->push_back(lateness(sched_run_scheduled_time(run)));
    if (recorder->samples->size() == recorder->wanted) recorder->full.release();
    return 0;
}

void uvsched_round(std::size_t count, Samples& samples) {
    Recorder recorder{.samples = &samples, .wanted = samples.size() + count};
    samples.reserve(recorder.wanted + 10'000);
    sched_config* config = nullptr;
    sched_scheduler* scheduler = nullptr;
    sched_task* task = nullptr;
    bench::check(sched_config_new(&config));
    bench::check(sched_config_add_executor(config, "default", "inline"));
    bench::check(sched_new(&scheduler, config));
    sched_config_free(config);
    bench::check(sched_register_function(scheduler, "lateness", on_fire, &recorder, nullptr));
    bench::check(sched_task_new(&task, "lateness"));
    const std::int64_t start = start_of_round();
    for (std::int64_t i = 0; i < kTasks; ++i) {
        bench::check(sched_task_set_id(task, std::to_string(i).c_str()));
        bench::check(sched_task_set_interval(task, kPeriod));
        bench::check(sched_task_set_start_at(task, start + i * kStride));
        bench::check(sched_add_task(scheduler, task, 0));
    }
    sched_task_free(task);
    bench::check(sched_start(scheduler));
    recorder.full.acquire();
    bench::check(sched_shutdown(scheduler, -1));
    sched_free(scheduler);
    samples.resize(recorder.wanted);
}

void timerfd_round(std::size_t count, Samples& samples) {
    const int descriptor = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
    std::int64_t due = start_of_round();
    for (std::size_t i = 0; i < count; ++i, due += kStride) {
        itimerspec when{};
        when.it_value.tv_sec = due / 1'000'000;
        when.it_value.tv_nsec = due % 1'000'000 * 1'000;
        std::uint64_t expirations = 0;
        if (timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &when, nullptr) != 0) bench::die("timerfd_settime failed");
        if (read(descriptor, &expirations, sizeof expirations) < 0) bench::die("read of a timerfd failed");
        samples.push_back(lateness(due));
    }
    close(descriptor);
}

void libuv_round(std::size_t count, Samples& samples) {
    struct Timer {
        uv_timer_t handle{};
        Samples* samples = nullptr;
        std::size_t wanted = 0;
        std::uint64_t due = 0;  // on libuv's clock, milliseconds
    };
    uv_loop_t loop;
    uv_loop_init(&loop);
    std::vector<Timer> timers(kTasks);
    for (Timer& timer : timers) {
        timer.samples = &samples;
        timer.wanted = samples.size() + count;
        uv_timer_init(&loop, &timer.handle);
        timer.handle.data = &timer;
        timer.due = uv_now(&loop) + kPeriod / 1'000;
        const auto on_timer = [](uv_timer_t* handle) {
            auto* self = static_cast<Timer*>(handle->data);
            self->samples->push_back(static_cast<double>(uv_hrtime()) / 1e3 - static_cast<double>(self->due) * 1e3);
            self->due = uv_now(handle->loop) + kPeriod / 1'000;
            if (self->samples->size() == self->wanted) uv_stop(handle->loop);
        };
        uv_timer_start(&timer.handle, on_timer, kPeriod / 1'000, kPeriod / 1'000);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    for (Timer& timer : timers) uv_close(reinterpret_cast<uv_handle_t*>(&timer.handle), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

void busy_poll_round(std::size_t count, Samples& samples) {
    std::int64_t due = start_of_round();
    for (std::size_t i = 0; i < count; ++i, due += kStride) {
        while (wall_nanoseconds() < due * 1'000) {
        }
        samples.push_back(lateness(due));
    }
}

void report(const char* name, const Samples& samples, double peer) {
    const double p99 = bench::quantile(samples, 0.99);
    char note[160];
    std::snprintf(note, sizeof note, "p50 %.1f, p99.9 %.1f, earliest %.1f, %.2f x a bare timerfd",
                  bench::median(samples), bench::quantile(samples, 0.999), bench::quantile(samples, 0), p99 / peer);
    bench::row(std::string(name) + ", lateness p99", p99, "us", note);
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t seconds = argc > 1 ? bench::argument(argv[1]) : 10;
    const auto each = static_cast<std::size_t>(seconds * (1'000'000 / kStride) / kRounds);
    Samples ours;
    Samples bare;
    Samples libuv;
    Samples busy;
    for (int round = 0; round < kRounds; ++round) {
        uvsched_round(each, ours);
        timerfd_round(each, bare);
        libuv_round(each, libuv);
        busy_poll_round(each, busy);
    }
    const double peer = bench::quantile(bare, 0.99);
    report("uvsched, 50 tasks at 10 ms", ours, peer);
    report("bare timerfd, the same times", bare, peer);
    report("libuv, 50 timers of 10 ms", libuv, peer);
    report("busy poll (the machine itself)", busy, peer);
    if (bench::quantile(ours, 0) < 0) bench::die("a task ran early");
    return 0;
}
