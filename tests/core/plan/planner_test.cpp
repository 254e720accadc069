// From due to run, case by case. Times are seconds; the task's times are 0, 10, 20, …
#include <doctest/doctest.h>

#include <vector>

#include "core/plan/planner.hpp"
#include "tests/core/plan/grid_trigger.hpp"

using namespace uvsched;

namespace {

constexpr Instant s(std::int64_t seconds) { return seconds * kSecond; }

struct Case {
    Policies policies{};
    std::int32_t busy = 0;
    std::int64_t slot = 10;
    std::int64_t now = 10;
    Instant hwm = kEarliest;
    Instant began = kEarliest;
};

Plan plan(const Case& given, const GridTrigger& trigger = GridTrigger(0, s(10))) {
    Plan out;
    plan_due({.trigger = &trigger,
              .policies = &given.policies,
              .uid = 7,
              .anchor = 0,
              .slot = s(given.slot),
              .hwm = given.hwm,
              .now = s(given.now),
              .busy = given.busy,
              .began = given.began},
             out);
    return out;
}

std::vector<std::int64_t> slots(const Plan& out) {
    std::vector<std::int64_t> seconds;
    for (const PlannedRun& run : out.runs) {
        CHECK(run.slot == run.last);
        CHECK(run.folded == 1);
        seconds.push_back(run.slot / kSecond);
    }
    return seconds;
}

void check_run(const PlannedRun& run, std::int64_t first, std::int64_t last, std::int64_t folded) {
    CHECK(run.slot == s(first));
    CHECK(run.last == s(last));
    CHECK(run.folded == folded);
    CHECK(run.exact);
    CHECK_FALSE(run.waiting);
}

void check_miss(const PlannedMiss& miss, Reason reason, std::int64_t first, std::int64_t last, std::int64_t count) {
    CHECK(miss.state == (reason == Reason::max_instances ? FireState::skipped : FireState::missed));
    CHECK(miss.reason == reason);
    CHECK(miss.first == s(first));
    CHECK(miss.last == s(last));
    CHECK(miss.count == count);
    CHECK(miss.exact);
}

void check_next(const Plan& out, std::int64_t hwm, std::int64_t next) {
    CHECK(out.hwm == s(hwm));
    CHECK(out.next_slot == s(next));
    CHECK(out.next_due == s(next));
}

}  // namespace

TEST_CASE("a time that has come runs once, and the next is awaited") {
    const Plan out = plan({});
    REQUIRE(out.runs.size() == 1);
    check_run(out.runs[0], 10, 10, 1);
    CHECK(out.misses.empty());
    check_next(out, 10, 20);
}

TEST_CASE("a time that has not come stays") {
    const Plan out = plan({.slot = 20, .now = 19});
    CHECK(out.runs.empty());
    CHECK(out.misses.empty());
    CHECK(out.hwm == kEarliest);
    CHECK(out.next_slot == s(20));
    CHECK(out.next_due == s(20));
}

TEST_CASE("coalesced times run once, for the latest") {
    const Plan out = plan({.now = 45});
    REQUIRE(out.runs.size() == 1);
    check_run(out.runs[0], 10, 40, 4);
    CHECK(out.misses.empty());
    check_next(out, 40, 50);
}

TEST_CASE("coalesced: the pile is a miss when its latest time is later than the grace time") {
    SUBCASE("exactly the grace time is in time") {
        const Plan out = plan({.policies = {.grace = s(5)}, .now = 45});
        REQUIRE(out.runs.size() == 1);
        check_run(out.runs[0], 10, 40, 4);
    }
    SUBCASE("more is too late") {
        const Plan out = plan({.policies = {.grace = s(5)}, .now = 46});
        CHECK(out.runs.empty());
        REQUIRE(out.misses.size() == 1);
        check_miss(out.misses[0], Reason::misfire, 10, 40, 4);
        check_next(out, 40, 50);
    }
    SUBCASE("no grace time at all: only the very moment counts") {
        CHECK(plan({.policies = {.grace = 0}, .now = 40}).runs.size() == 1);
        CHECK(plan({.policies = {.grace = 0}, .now = 41}).runs.empty());
    }
}

TEST_CASE("coalesced: while max_instances runs are under way, what is due is skipped") {
    SUBCASE("all of it in one entry") {
        const Plan out = plan({.busy = 1, .now = 45});
        CHECK(out.runs.empty());
        REQUIRE(out.misses.size() == 1);
        check_miss(out.misses[0], Reason::max_instances, 10, 40, 4);
        check_next(out, 40, 50);
    }
    SUBCASE("with room for one more it runs") {
        const Plan out = plan({.policies = {.max_instances = 2}, .busy = 1, .now = 45});
        REQUIRE(out.runs.size() == 1);
        CHECK(out.misses.empty());
    }
    SUBCASE("misfire goes first") {
        const Plan out = plan({.policies = {.grace = s(1)}, .busy = 1, .now = 45});
        REQUIRE(out.misses.size() == 1);
        check_miss(out.misses[0], Reason::misfire, 10, 40, 4);
    }
    SUBCASE("more runs than max_instances, as after a change of policy") {
        const Plan out = plan({.busy = 3, .now = 10});
        REQUIRE(out.misses.size() == 1);
        check_miss(out.misses[0], Reason::max_instances, 10, 10, 1);
    }
}

TEST_CASE("not coalesced: each runs, oldest first; those beyond max_instances wait") {
    Policies policies{.coalesce = false, .max_instances = 2};
    SUBCASE("none under way") {
        const Plan out = plan({.policies = policies, .now = 45});
        CHECK(slots(out) == std::vector<std::int64_t>{10, 20, 30, 40});
        CHECK(out.misses.empty());
        CHECK_FALSE(out.runs[0].waiting);
        CHECK_FALSE(out.runs[1].waiting);
        CHECK(out.runs[2].waiting);
        CHECK(out.runs[3].waiting);
        check_next(out, 40, 50);
    }
    SUBCASE("one under way") {
        const Plan out = plan({.policies = policies, .busy = 1, .now = 25});
        CHECK(slots(out) == std::vector<std::int64_t>{10, 20});
        CHECK_FALSE(out.runs[0].waiting);
        CHECK(out.runs[1].waiting);
    }
    SUBCASE("all under way: skipped") {
        const Plan out = plan({.policies = policies, .busy = 2, .now = 45});
        CHECK(out.runs.empty());
        REQUIRE(out.misses.size() == 1);
        check_miss(out.misses[0], Reason::max_instances, 10, 40, 4);
        check_next(out, 40, 50);
    }
}

TEST_CASE("not coalesced: the newest max_catch_up run, what is too late and what is too much are a row each") {
    SUBCASE("too many") {
        const Plan out = plan({.policies = {.coalesce = false, .max_catch_up = 2}, .now = 65});
        CHECK(slots(out) == std::vector<std::int64_t>{50, 60});
        REQUIRE(out.misses.size() == 1);
        check_miss(out.misses[0], Reason::catch_up, 10, 40, 4);
        check_next(out, 60, 70);
    }
    SUBCASE("too late") {
        const Plan out = plan({.policies = {.grace = s(20), .coalesce = false}, .now = 65});
        CHECK(slots(out) == std::vector<std::int64_t>{50, 60});
        REQUIRE(out.misses.size() == 1);
        check_miss(out.misses[0], Reason::misfire, 10, 40, 4);
    }
    SUBCASE("both") {
        const Plan out = plan({.policies = {.grace = s(35), .coalesce = false, .max_catch_up = 1}, .now = 65});
        CHECK(slots(out) == std::vector<std::int64_t>{60});
        REQUIRE(out.misses.size() == 2);
        check_miss(out.misses[0], Reason::misfire, 10, 20, 2);
        check_miss(out.misses[1], Reason::catch_up, 30, 50, 3);
    }
    SUBCASE("all too late") {
        const Plan out = plan({.policies = {.grace = s(1), .coalesce = false}, .now = 65});
        CHECK(out.runs.empty());
        REQUIRE(out.misses.size() == 1);
        check_miss(out.misses[0], Reason::misfire, 10, 60, 6);
        check_next(out, 60, 70);
    }
    SUBCASE("too late first, then skipped") {
        const Plan out = plan({.policies = {.grace = s(20), .coalesce = false}, .busy = 1, .now = 65});
        CHECK(out.runs.empty());
        REQUIRE(out.misses.size() == 2);
        check_miss(out.misses[0], Reason::misfire, 10, 40, 4);
        check_miss(out.misses[1], Reason::max_instances, 50, 60, 2);
    }
}

TEST_CASE("a slot off the trigger's grid counts as one of its own") {
    const Plan folded = plan({.slot = 13, .now = 45});
    REQUIRE(folded.runs.size() == 1);
    check_run(folded.runs[0], 13, 40, 4);
    check_next(folded, 40, 50);
    CHECK(slots(plan({.policies = {.coalesce = false}, .slot = 13, .now = 25})) == std::vector<std::int64_t>{13, 20});
    const Plan capped = plan({.policies = {.coalesce = false, .max_catch_up = 1}, .slot = 13, .now = 35});
    CHECK(slots(capped) == std::vector<std::int64_t>{30});
    REQUIRE(capped.misses.size() == 1);
    check_miss(capped.misses[0], Reason::catch_up, 13, 20, 2);
    check_next(plan({.slot = 13, .now = 13}), 13, 20);
}

TEST_CASE("a trigger that ends") {
    const GridTrigger trigger(0, s(10), 0, s(30));
    const Plan out = plan({.now = 1'000}, trigger);
    REQUIRE(out.runs.size() == 1);
    check_run(out.runs[0], 10, 30, 3);
    CHECK(out.hwm == s(30));
    CHECK_FALSE(out.next_slot);
    CHECK_FALSE(out.next_due);
}

TEST_CASE("a plan is used again without traces of the one before") {
    const GridTrigger trigger(0, s(10));
    const Policies policies{.grace = s(20), .coalesce = false};
    Plan out;
    PlanInput input{.trigger = &trigger, .policies = &policies, .uid = 7, .slot = s(10), .now = s(65)};
    plan_due(input, out);
    REQUIRE_FALSE(out.misses.empty());
    input.slot = *out.next_slot;
    plan_due(input, out);
    CHECK(out.runs.empty());
    CHECK(out.misses.empty());
    CHECK(out.hwm == kEarliest);
    CHECK(out.next_slot == s(70));
}

TEST_CASE("a long pile is planned in pieces, the oldest first, each when the last one is over") {
    const Policies policies{.coalesce = false, .max_instances = 2, .max_catch_up = 2'500};
    Case given{.policies = policies, .slot = 10, .now = 50'000};
    std::vector<std::int64_t> all;
    for (const std::size_t size : {kPiece, kPiece, std::size_t{500}}) {
        const Plan out = plan(given);
        REQUIRE(out.runs.size() == size);
        CHECK_FALSE(out.runs[1].waiting);
        CHECK(out.runs[2].waiting);
        for (const std::int64_t slot : slots(out)) all.push_back(slot);
        REQUIRE(out.misses.size() == (all.size() == kPiece ? 1 : 0));
        if (!out.misses.empty()) check_miss(out.misses[0], Reason::catch_up, 10, 25'000, 2'500);
        REQUIRE(out.next_slot.has_value());
        CHECK(out.next_slot == s(all.back() + 10));
        CHECK(out.next_due == out.next_slot);
        CHECK(out.hwm >= s(all.back()));
        CHECK(out.hwm < *out.next_slot);
        given.slot = *out.next_slot / kSecond;
        given.hwm = out.hwm;
        if (size < kPiece) break;
        given.busy = 2;
        const Plan early = plan(given);
        CHECK(early.runs.empty());
        CHECK(early.misses.empty());
        CHECK(early.next_slot == out.next_slot);
        CHECK(early.next_due == s(given.now) + kPiecePause);
        CHECK(early.hwm == out.hwm);
        given.busy = 0;
    }
    CHECK(all.front() == 25'010);
    CHECK(all.back() == 50'000);
    CHECK(all.size() == 2'500);
    // A task that is merely busy is none of that.
    CHECK(plan({.policies = policies, .busy = 2, .slot = 10, .now = 10, .hwm = 0}).misses.size() == 1);
}

TEST_CASE("what came to be due while a run waited for its turn is no overlap, and waits for its end") {
    for (const bool coalesce : {true, false}) {
        Case given{.policies = {.coalesce = coalesce}, .busy = 1, .slot = 20, .now = 95, .hwm = s(10), .began = s(95)};
        const Plan out = plan(given);
        CHECK(out.runs.empty());
        CHECK(out.misses.empty());
        CHECK(out.next_slot == s(20));
        CHECK(out.next_due == s(95) + kTurnPause);
        CHECK(between_pieces(*out.next_slot, out.hwm));  // so that the end of a run brings it forward
        // No longer than until the task is due again.
        given.now = 99;
        CHECK(plan(given).next_due == s(100));
        given.now = 100;
        const Plan overlaps = plan(given);
        REQUIRE(overlaps.misses.size() == 1);
        check_miss(overlaps.misses[0], Reason::max_instances, 20, 100, 9);
        // Once it is over, they are planned.
        given.busy = 0;
        CHECK(plan(given).runs.size() == (coalesce ? 1 : 9));
    }
}

TEST_CASE("where another run may begin, nothing waits for the end of one that waited for its turn") {
    const Plan out = plan({.policies = {.max_instances = 2}, .busy = 1, .slot = 20, .now = 95, .began = s(95)});
    REQUIRE(out.runs.size() == 1);
    check_run(out.runs[0], 20, 90, 8);
}

TEST_CASE("what is late in a long pile is a miss, and the rest runs in pieces") {
    const Plan out = plan(
        {.policies = {.grace = s(20'000), .coalesce = false, .max_catch_up = kMostCatchUp}, .slot = 10, .now = 50'000});
    REQUIRE(out.misses.size() == 1);
    check_miss(out.misses[0], Reason::misfire, 10, 29'990, 2'999);
    REQUIRE(out.runs.size() == kPiece);
    CHECK(out.runs.front().slot == s(30'000));
    CHECK(out.next_slot == s(40'000));
}
