// One operation of the due order alone: the top gets another time, as each fire of a recurring task does. Beside it a
// std::set and libuv's heap, which is reached by starting a timer again.
//
//   bench_core_timer_queue [TASKS…]      (1000 1000000)
#include <uv.h>

#include <random>
#include <set>
#include <utility>

#include "benchmarks/bench.hpp"
#include "core/queue/timer_queue.hpp"

namespace {

constexpr int kRounds = 9;
constexpr std::int64_t kOperations = 500'000;

template <class Operation>
double nanoseconds(const Operation& operation) {
    const double begin = bench::seconds();
    for (std::int64_t i = 0; i < kOperations; ++i) operation();
    return (bench::seconds() - begin) / static_cast<double>(kOperations) * 1e9;
}

class Libuv {
public:
    explicit Libuv(std::size_t tasks) : timers_(tasks) {
        uv_loop_init(&loop_);
        std::mt19937_64 random(1);
        for (uv_timer_t& timer : timers_) {
            uv_timer_init(&loop_, &timer);
            uv_timer_start(
                &timer, [](uv_timer_t*) {}, 1'000'000 + random() % tasks, 0);
        }
    }
    ~Libuv() {
        for (uv_timer_t& timer : timers_) uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
    }
    Libuv(const Libuv&) = delete;
    Libuv& operator=(const Libuv&) = delete;

    // Some timer leaves the heap and enters at its end.
    void restart() {
        uv_timer_start(
            &timers_[at_], [](uv_timer_t*) {}, 2'000'000 + step_++, 0);
        at_ = (at_ + 7'919) % timers_.size();
    }

private:
    uv_loop_t loop_{};
    std::vector<uv_timer_t> timers_;
    std::size_t at_ = 0;
    std::uint64_t step_ = 0;
};

void measure(std::size_t tasks) {
    using uvsched::Instant;
    using uvsched::TimerQueue;
    const auto period = static_cast<Instant>(tasks);
    TimerQueue queue;
    std::set<std::pair<Instant, TimerQueue::Index>> set;
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < tasks; ++i) {
        const auto due = static_cast<Instant>(random() % tasks);
        queue.push(static_cast<TimerQueue::Index>(i), due);
        set.emplace(due, static_cast<TimerQueue::Index>(i));
    }
    Libuv libuv(tasks);
    std::vector<double> replace;
    std::vector<double> pop_push;
    std::vector<double> tree;
    std::vector<double> heap;
    for (int round = 0; round < kRounds; ++round) {
        replace.push_back(nanoseconds([&] { queue.replace_top(queue.top_due() + period); }));
        pop_push.push_back(nanoseconds([&] {
            const TimerQueue::Index task = queue.top();
            const Instant due = queue.top_due();
            queue.pop();
            queue.push(task, due + period);
        }));
        tree.push_back(nanoseconds([&] {
            auto node = set.extract(set.begin());
            node.value().first += period;
            set.insert(std::move(node));
        }));
        heap.push_back(nanoseconds([&] { libuv.restart(); }));
    }
    const std::string count = bench::number(static_cast<double>(tasks)) + " tasks";
    bench::row("timer queue, " + count + ", replace_top", bench::median(replace), "ns",
               bench::ratio(bench::median(heap), bench::median(replace), "as fast as libuv's heap"));
    bench::row("timer queue, " + count + ", pop and push", bench::median(pop_push), "ns");
    bench::row("std::set, " + count, bench::median(tree), "ns");
    bench::row("libuv, " + count + ", uv_timer_start of a queued one", bench::median(heap), "ns");
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::size_t> sizes{1'000, 1'000'000};
    if (argc > 1) sizes.clear();
    for (int i = 1; i < argc; ++i) sizes.push_back(static_cast<std::size_t>(bench::argument(argv[i])));
    for (const std::size_t tasks : sizes) measure(tasks);
    return 0;
}
