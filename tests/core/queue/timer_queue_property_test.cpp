#include <doctest/doctest.h>

#include <map>
#include <random>
#include <utility>

#include "core/queue/timer_queue.hpp"
#include "tests/core/time/seed.hpp"

using uvsched::Instant;
using uvsched::kEarliest;
using uvsched::kLatest;
using uvsched::TimerQueue;

namespace {

// The same queue, slow and plain: a map by (due, sequence).
class Oracle {
public:
    void put(TimerQueue::Index task, Instant due) {
        remove(task);
        const auto key = std::make_pair(due, sequence_++);
        order_.emplace(key, task);
        keys_.emplace(task, key);
    }
    void remove(TimerQueue::Index task) {
        const auto found = keys_.find(task);
        if (found == keys_.end()) return;
        order_.erase(found->second);
        keys_.erase(found);
    }
    [[nodiscard]] bool contains(TimerQueue::Index task) const { return keys_.contains(task); }
    [[nodiscard]] std::size_t size() const { return order_.size(); }
    [[nodiscard]] TimerQueue::Index top() const { return order_.empty() ? TimerQueue::kNone : order_.begin()->second; }
    [[nodiscard]] Instant top_due() const { return order_.empty() ? kLatest : order_.begin()->first.first; }

private:
    std::map<std::pair<Instant, std::uint64_t>, TimerQueue::Index> order_;
    std::map<TimerQueue::Index, std::pair<Instant, std::uint64_t>> keys_;
    std::uint64_t sequence_ = 0;
};

// Draws times of a queue whose top is due at `top`.
using Times = Instant (*)(std::mt19937_64& random, std::size_t tasks, Instant top);

// Few distinct times among many tasks, so that ties are common, and now and then an end of the range.
Instant anywhere(std::mt19937_64& random, std::size_t tasks, Instant /*top*/) {
    const auto kind = random() % 64;
    if (kind == 0) return kEarliest;
    if (kind == 1) return kLatest;
    if (kind < 32) return static_cast<Instant>(random() % 8);
    return static_cast<Instant>(random() % (4 * tasks)) - static_cast<Instant>(tasks);
}

// Spans of every size from the top on, as tasks have that recur; some are round, so that many meet. A few times are
// past.
Instant ahead(std::mt19937_64& random, std::size_t /*tasks*/, Instant top) {
    const Instant from = top == kLatest ? 0 : top;
    const auto size = random() % 44;
    const auto span = static_cast<Instant>(random() % (std::uint64_t{2} << size));
    switch (random() % 16) {
        case 0:
            return uvsched::saturating_sub(from, span);
        case 1:
        case 2:
        case 3:
        case 4: {
            const Instant unit = Instant{1} << size;
            return uvsched::saturating_add(from, 2 * unit) & -unit;
        }
        default:
            return uvsched::saturating_add(from, span);
    }
}

// Spans of about one size: slots hold many tasks.
Instant nearby(std::mt19937_64& random, std::size_t tasks, Instant top) {
    const Instant from = top == kLatest ? 1'700'000'000'000'000 : top;
    if (random() % 256 == 0) return from - static_cast<Instant>(random() % 1'000);
    return from + static_cast<Instant>(100'000 + random() % (tasks * 4));
}

void run(std::uint64_t seed, std::size_t tasks, std::size_t steps, Times times) {
    CAPTURE(seed);
    CAPTURE(tasks);
    std::mt19937_64 random(seed);
    TimerQueue queue;
    Oracle oracle;
    for (std::size_t step = 0; step < steps; ++step) {
        const auto task = static_cast<TimerQueue::Index>(random() % tasks);
        const Instant due = times(random, tasks, oracle.top_due());
        switch (random() % 8) {
            case 0:
            case 1:
                if (oracle.contains(task)) break;
                queue.push(task, due);
                oracle.put(task, due);
                break;
            case 2:
            case 3:
                queue.update(task, due);
                oracle.put(task, due);
                break;
            case 4:
                queue.remove(task);
                oracle.remove(task);
                break;
            case 5:
                if (oracle.size() == 0) break;
                queue.pop();
                oracle.remove(oracle.top());
                break;
            default:
                if (oracle.size() == 0) break;
                queue.replace_top(due);
                oracle.put(oracle.top(), due);
        }
        REQUIRE(queue.size() == oracle.size());
        REQUIRE(queue.empty() == (oracle.size() == 0));
        REQUIRE(queue.top() == oracle.top());
        REQUIRE(queue.top_due() == oracle.top_due());
        REQUIRE(queue.contains(task) == oracle.contains(task));
    }
    while (oracle.size() != 0) {
        REQUIRE(queue.top() == oracle.top());
        REQUIRE(queue.top_due() == oracle.top_due());
        oracle.remove(oracle.top());
        queue.pop();
    }
    CHECK(queue.empty());
}

}  // namespace

TEST_CASE("random operations agree with a sorted map") {
    const std::uint64_t base = Seeded{}.seed;
    for (std::uint64_t round = 0; round < std::uint64_t{rounds(40)}; ++round) {
        for (const Times times : {anywhere, ahead, nearby}) {
            for (const std::size_t tasks : {1U, 2U, 5U, 17U, 60U, 300U}) run(base + round, tasks, 2'000, times);
        }
    }
    for (const Times times : {anywhere, ahead, nearby}) run(base, 20'000, 200'000, times);
}
