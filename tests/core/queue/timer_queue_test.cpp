#include <doctest/doctest.h>

#include <vector>

#include "core/queue/timer_queue.hpp"

using uvsched::Instant;
using uvsched::kEarliest;
using uvsched::kLatest;
using uvsched::TimerQueue;

namespace {

std::vector<TimerQueue::Index> drain(TimerQueue& queue) {
    std::vector<TimerQueue::Index> order;
    while (!queue.empty()) {
        order.push_back(queue.top());
        queue.pop();
    }
    return order;
}

}  // namespace

TEST_CASE("an empty queue has no top") {
    TimerQueue queue;
    CHECK(queue.empty());
    CHECK(queue.size() == 0);
    CHECK(queue.top() == TimerQueue::kNone);
    CHECK(queue.top_due() == kLatest);
    CHECK_FALSE(queue.contains(0));
    CHECK_FALSE(queue.contains(TimerQueue::kNone));
    queue.remove(7);
    CHECK(queue.empty());
}

TEST_CASE("the earliest comes first") {
    TimerQueue queue;
    queue.push(0, 30);
    queue.push(1, 10);
    queue.push(2, 20);
    CHECK(queue.top() == 1);
    CHECK(queue.top_due() == 10);
    CHECK(drain(queue) == std::vector<TimerQueue::Index>{1, 2, 0});
}

TEST_CASE("equal times are first-in-first-out") {
    TimerQueue queue;
    for (TimerQueue::Index task = 100; task-- > 0;) queue.push(task, 5);
    std::vector<TimerQueue::Index> expected;
    for (TimerQueue::Index task = 100; task-- > 0;) expected.push_back(task);
    CHECK(drain(queue) == expected);
}

TEST_CASE("another time puts a task behind those that have it already") {
    TimerQueue queue;
    for (TimerQueue::Index task = 0; task < 3; ++task) queue.push(task, 5);
    SUBCASE("by update, also to the same time") {
        queue.update(0, 5);
        CHECK(drain(queue) == std::vector<TimerQueue::Index>{1, 2, 0});
    }
    SUBCASE("by replacing the top") {
        queue.replace_top(5);
        queue.replace_top(5);
        CHECK(drain(queue) == std::vector<TimerQueue::Index>{2, 0, 1});
    }
    SUBCASE("by removing and pushing") {
        queue.remove(1);
        queue.push(1, 5);
        CHECK(drain(queue) == std::vector<TimerQueue::Index>{0, 2, 1});
    }
}

TEST_CASE("update pushes a task that is not queued") {
    TimerQueue queue;
    queue.update(1'000, 5);
    CHECK(queue.contains(1'000));
    CHECK(queue.size() == 1);
    queue.update(1'000, 4);
    CHECK(queue.size() == 1);
    CHECK(queue.top_due() == 4);
}

TEST_CASE("the ends of the range are times like any other") {
    TimerQueue queue;
    queue.push(0, kLatest);
    queue.push(1, kEarliest);
    queue.push(2, 0);
    queue.push(3, -1);
    queue.push(4, kLatest);
    queue.push(5, kEarliest);
    CHECK(queue.top_due() == kEarliest);
    CHECK(drain(queue) == std::vector<TimerQueue::Index>{1, 5, 3, 2, 0, 4});
}
