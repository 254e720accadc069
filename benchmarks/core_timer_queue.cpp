// One operation of the due order alone: the top gets another time, as each fire of a recurring task does. Once all
// tasks have one period, and once each its own. Beside it a std::set, and libuv's heap, which is reached by starting a
// timer again. Times are those of the processor.
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
    const double begin = bench::processor_seconds();
    for (std::int64_t i = 0; i < kOperations; ++i) operation();
    return (bench::processor_seconds() - begin) / static_cast<double>(kOperations) * 1e9;
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

using uvsched::Instant;
using uvsched::TimerQueue;

// Tasks that recur, in the queue.
class Recurring {
public:
    Recurring(std::size_t tasks, bool own_periods) : periods_(tasks, kPeriod) {
        std::mt19937_64 random(1);
        for (std::size_t i = 0; i < tasks; ++i) {
            if (own_periods) periods_[i] = kPeriod / 2 + static_cast<Instant>(random() % kPeriod);
            const auto offset = static_cast<Instant>(random() % kPeriod);
            queue_.push(static_cast<TimerQueue::Index>(i), kNow + offset);
        }
    }
    void fire() {
        queue_.replace_top(queue_.top_due() + periods_[queue_.top()]);
        queue_.visit_next([](TimerQueue::Index) {});
    }
    void pop_and_push() {
        const TimerQueue::Index task = queue_.top();
        const Instant due = queue_.top_due();
        queue_.pop();
        queue_.push(task, due + periods_[task]);
    }

private:
    static constexpr Instant kNow = 1'700'000'000'000'000;
    static constexpr Instant kPeriod = 1'000'000;

    TimerQueue queue_;
    std::vector<Instant> periods_;
};

void measure(std::size_t tasks) {
    const auto period = static_cast<Instant>(tasks);
    Recurring one(tasks, false);
    Recurring each(tasks, true);
    std::set<std::pair<Instant, TimerQueue::Index>> set;
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < tasks; ++i) {
        set.emplace(static_cast<Instant>(random() % tasks), static_cast<TimerQueue::Index>(i));
    }
    Libuv libuv(tasks);
    std::vector<double> same_period;
    std::vector<double> own_period;
    std::vector<double> pop_push;
    std::vector<double> tree;
    bench::Peer heap{"libuv's heap", {}};
    bench::Control control;
    for (int round = -1; round < kRounds; ++round) {
        if (round == 0) same_period = own_period = pop_push = tree = heap.samples = {};  // the first one warms up
        control.look();
        same_period.push_back(nanoseconds([&] { one.fire(); }));
        own_period.push_back(nanoseconds([&] { each.fire(); }));
        pop_push.push_back(nanoseconds([&] { one.pop_and_push(); }));
        tree.push_back(nanoseconds([&] {
            auto node = set.extract(set.begin());
            node.value().first += period;
            set.insert(std::move(node));
        }));
        heap.samples.push_back(nanoseconds([&] { libuv.restart(); }));
    }
    control.judge();
    const std::string count = bench::number(static_cast<double>(tasks)) + " tasks";
    bench::row("timer queue, " + count + " of one period", same_period, "ns", &heap);
    bench::row("timer queue, " + count + ", each of its own period", own_period, "ns", &heap);
    bench::row("timer queue, " + count + ", pop and push", pop_push, "ns", &heap);
    bench::row("std::set, " + count, tree, "ns", &heap);
    bench::row("libuv, " + count + ", uv_timer_start of a queued one", heap.samples, "ns");
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::size_t> sizes{1'000, 1'000'000};
    if (argc > 1) sizes.clear();
    for (int i = 1; i < argc; ++i) sizes.push_back(static_cast<std::size_t>(bench::argument(argv[i])));
    for (const std::size_t tasks : sizes) measure(tasks);
    return 0;
}
