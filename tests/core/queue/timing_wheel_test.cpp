#include <doctest/doctest.h>

#include <vector>

#include "core/queue/timing_wheel.hpp"

using uvsched::DueEntry;
using uvsched::DueIndex;
using uvsched::DueKey;
using uvsched::DueTickets;
using uvsched::TimingWheel;

namespace {

constexpr DueKey kNow = DueKey{1} << 62;
constexpr DueKey kSecond = 1'000'000;
constexpr DueKey kDay = 86'400 * kSecond;

struct Wheel {
    DueTickets tickets;
    TimingWheel wheel{tickets};

    void push(DueIndex task, DueKey key) {
        tickets.make_room(task);
        wheel.reserve(tickets.entries() + 1);
        wheel.push({key, task, tickets.issue(task)});
    }
    DueIndex pop() {
        const DueIndex task = wheel.settle().task();
        wheel.pop();
        tickets.redeem(task);
        return task;
    }
};

}  // namespace

TEST_CASE("looking at the first of many far entries moves none: earlier ones are still taken") {
    Wheel wheel;
    for (DueIndex task = 0; task < 1'000; ++task) wheel.push(task, kNow + kDay + task * kSecond);
    CHECK(wheel.wheel.settle().task() == 0);
    CHECK(wheel.wheel.earliest() < kNow);
    wheel.push(1'000, kNow + kSecond);
    CHECK(wheel.pop() == 1'000);
    CHECK(wheel.pop() == 0);
    CHECK(wheel.wheel.earliest() <= kNow + kDay);
    CHECK(wheel.wheel.earliest() > kNow + kDay - kSecond);
}

TEST_CASE("many entries of one time are taken in the order of entering, wherever they stand") {
    Wheel wheel;
    for (DueIndex task = 0; task < 1'000; ++task) wheel.push(task, kNow);
    for (DueIndex task = 0; task < 500; ++task) {
        CHECK(wheel.pop() == task);
        wheel.push(task, kNow + kSecond);
    }
    wheel.push(1'000, kNow + 1);  // the others stay before it, though they have to move
    for (DueIndex task = 500; task < 1'001; ++task) CHECK(wheel.pop() == task);
    for (DueIndex task = 0; task < 500; ++task) CHECK(wheel.pop() == task);
    CHECK(wheel.wheel.empty());
}

TEST_CASE("a sweep drops each stale entry and keeps the order of the others") {
    Wheel wheel;
    for (DueIndex task = 0; task < 10'000; ++task) wheel.push(task, kNow + task / 4 * kSecond);
    for (DueIndex task = 0; task < 10'000; ++task) {
        if (task % 100 != 0) wheel.tickets.revoke(task);
    }
    CHECK(wheel.tickets.stale_entries() == 9'900);
    int calls = 1;
    while (!wheel.wheel.sweep_some()) ++calls;
    CHECK(calls > 1);  // in pieces
    CHECK(wheel.tickets.stale_entries() == 0);
    for (DueIndex task = 0; task < 10'000; task += 100) CHECK(wheel.pop() == task);
    CHECK(wheel.wheel.empty());
}

TEST_CASE("entries between a slot that is being spread and its rest come out in order") {
    // Slots of a second's quarter with thousands of entries each: they are spread ahead, piece by piece, while entries
    // keep coming for both parts.
    Wheel wheel;
    constexpr DueIndex kTasks = 20'000;
    const auto due = [](DueIndex task) { return kNow + (task * 7'919ULL) % kTasks * 50; };
    for (DueIndex task = 0; task < kTasks; ++task) wheel.push(task, due(task));
    DueKey last = 0;
    std::vector<DueKey> keys(kTasks);
    for (DueIndex task = 0; task < kTasks; ++task) keys[task] = due(task);
    for (int step = 0; step < 100'000; ++step) {
        const DueIndex task = wheel.pop();
        REQUIRE(keys[task] >= last);
        last = keys[task];
        keys[task] += step % 3 == 0 ? 300'000 : kSecond;
        wheel.push(task, keys[task]);
    }
}
