#include "tests/simulation/checker.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace uvsched;
using namespace uvsched::simulation;

namespace {

constexpr Micros kPeriod = 10;

HistoryRow row(Instant first, Instant last, std::int64_t count, FireState state = FireState::done) {
    HistoryRow out;
    out.task_id = "a";
    out.key = {.uid = 1, .gen = 0, .kind = FireKind::scheduled, .slot = first};
    out.first = first;
    out.last = last;
    out.folded = count;
    out.state = state;
    return out;
}

Call call(Instant slot, Instant began, Instant ended, int life = 1) {
    Call out;
    out.task = "a";
    out.key = row(slot, slot, 1).key;
    out.scheduled = slot;
    out.began = {.wall = began, .elapsed = began};
    out.latest = began;
    out.ended = ended;
    out.life = life;
    return out;
}

std::size_t faults(const std::function<void(Checker&)>& check) {
    Checker checker;
    check(checker);
    return checker.faults().size();
}

std::size_t due_times(const std::vector<HistoryRow>& rows, const Schedule& schedule) {
    return faults([&](Checker& checker) { checker.due_times({.history = rows, .open = {}}, {{{1, 0}, schedule}}); });
}

Schedule from(Instant begin, Instant end) {
    Schedule out;
    out.task = "a";
    out.period = kPeriod;
    out.begin = begin;
    out.end = end;
    return out;
}

}  // namespace

TEST_CASE("each due time is in one row") {
    CHECK(due_times({row(0, 0, 1), row(10, 30, 3, FireState::missed), row(40, 40, 1)}, from(0, 50)) == 0);
    CHECK(due_times({row(0, 0, 1), row(20, 20, 1)}, from(0, 30)) == 1);   // one is missing
    CHECK(due_times({row(10, 10, 1)}, from(0, 20)) == 1);                 // the first is
    CHECK(due_times({row(0, 0, 1)}, from(0, 20)) == 1);                   // the last is
    CHECK(due_times({row(0, 10, 2), row(10, 10, 1)}, from(0, 20)) == 1);  // one is there twice
    CHECK(due_times({row(0, 10, 1)}, from(0, 20)) == 1);                  // one is not counted
    CHECK(due_times({row(0, 5, 1)}, from(0, 0)) == 1);                    // no due time
    Schedule paused = from(0, 50);
    paused.holes.push_back({.first = 10, .last = 30});
    CHECK(due_times({row(0, 0, 1), row(40, 40, 1)}, paused) == 0);
    CHECK(due_times({row(40, 40, 1)}, paused) == 1);
}

TEST_CASE("nothing is called early, twice, or beside too many others") {
    CHECK(faults([](Checker& checker) { checker.not_early({call(10, 10, 11)}); }) == 0);
    CHECK(faults([](Checker& checker) { checker.not_early({call(10, 9, 11)}); }) == 1);
    CHECK(faults([](Checker& checker) { checker.once({call(0, 0, 1), call(10, 10, 11)}); }) == 0);
    CHECK(faults([](Checker& checker) { checker.once({call(0, 0, 1), call(0, 10, 11)}); }) == 1);
    std::vector<Call> again{call(0, 0, kLatest), call(0, 10, 11, 2)};
    CHECK(faults([&](Checker& checker) { checker.once(again); }) == 0);
    again[0].on_crash = OnCrash::mark_lost;
    CHECK(faults([&](Checker& checker) { checker.once(again); }) == 1);
    CHECK(faults([](Checker& checker) { checker.instances({call(0, 0, 10), call(10, 10, 11)}); }) == 0);
    CHECK(faults([](Checker& checker) { checker.instances({call(0, 0, 11), call(10, 10, 11)}); }) == 1);
}

TEST_CASE("what was called is in the ledger, and the other way round") {
    const auto agree = [](std::vector<HistoryRow> rows, const std::vector<Call>& calls) {
        return faults(
            [&](Checker& checker) { checker.both_agree({.history = std::move(rows), .open = {}}, calls, 1); });
    };
    CHECK(agree({row(0, 0, 1)}, {call(0, 0, 1)}) == 0);
    CHECK(agree({}, {call(0, 0, 1)}) == 1);
    CHECK(agree({row(0, 0, 1)}, {}) == 1);
    CHECK(agree({row(0, 0, 1), row(0, 0, 1)}, {call(0, 0, 1)}) == 1);
    CHECK(agree({row(0, 0, 1, FireState::skipped)}, {call(0, 0, 1)}) == 1);
    CHECK(agree({row(0, 0, 1, FireState::skipped)}, {call(0, 0, kLatest)}) == 0);  // its process died
}
