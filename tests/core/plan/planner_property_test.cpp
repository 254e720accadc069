#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/plan/planner.hpp"
#include "tests/core/plan/grid_trigger.hpp"
#include "tests/core/time/seed.hpp"

using namespace uvsched;

namespace {

PlannedMiss row(FireState state, Reason reason, const std::vector<Instant>& times) {
    return {.state = state,
            .reason = reason,
            .first = times.front(),
            .last = times.back(),
            .count = static_cast<std::int64_t>(times.size())};
}

// When a time is due: never before it, also where it lies after the trigger's end (next_run_time).
Instant due_at(const PlanInput& input, Instant nominal) {
    return due_time(*input.trigger, input.uid, nominal, input.anchor);
}

// The rules read word by word: step through every due time, then sort them into runs and rows.
Plan walk(const PlanInput& input) {
    const Policies& policies = *input.policies;
    Plan out;
    std::vector<Instant> due;
    std::optional<Instant> nominal = input.slot;
    while (nominal && due_at(input, *nominal) <= input.now) {
        due.push_back(*nominal);
        nominal = input.trigger->next(*nominal, input.anchor);
    }
    out.next_slot = nominal;
    if (nominal) out.next_due = due_at(input, *nominal);
    if (due.empty()) return out;
    out.hwm = due.back();

    const auto late = [&](Instant time) { return policies.grace && input.now - due_at(input, time) > *policies.grace; };
    const bool full = input.busy >= policies.max_instances;
    const FireState dropped_state = full ? FireState::skipped : FireState::missed;
    const Reason dropped_reason = full ? Reason::max_instances : Reason::catch_up;
    if (policies.coalesce) {
        if (late(due.back())) {
            out.misses.push_back(row(FireState::missed, Reason::misfire, due));
        } else if (full) {
            out.misses.push_back(row(dropped_state, dropped_reason, due));
        } else {
            out.runs.push_back(
                {.slot = due.front(), .last = due.back(), .folded = static_cast<std::int64_t>(due.size())});
        }
        return out;
    }
    std::vector<Instant> misfires;
    std::vector<Instant> good;
    for (const Instant time : due) (late(time) ? misfires : good).push_back(time);
    const std::size_t wanted = full ? 0 : static_cast<std::size_t>(policies.max_catch_up);
    const std::size_t dropped = good.size() > wanted ? good.size() - wanted : 0;
    if (!misfires.empty()) out.misses.push_back(row(FireState::missed, Reason::misfire, misfires));
    if (dropped > 0) {
        const auto end = good.begin() + static_cast<std::ptrdiff_t>(dropped);
        out.misses.push_back(row(dropped_state, dropped_reason, {good.begin(), end}));
    }
    for (std::size_t i = dropped; i < good.size(); ++i) {
        const auto free = static_cast<std::size_t>(policies.max_instances - input.busy);
        out.runs.push_back({.slot = good[i], .last = good[i], .waiting = i - dropped >= free});
    }
    return out;
}

void check_equal(const Plan& got, const Plan& wanted) {
    REQUIRE(got.runs.size() == wanted.runs.size());
    for (std::size_t i = 0; i < got.runs.size(); ++i) {
        CHECK(got.runs[i].slot == wanted.runs[i].slot);
        CHECK(got.runs[i].last == wanted.runs[i].last);
        CHECK(got.runs[i].folded == wanted.runs[i].folded);
        CHECK(got.runs[i].exact == wanted.runs[i].exact);
        CHECK(got.runs[i].waiting == wanted.runs[i].waiting);
    }
    REQUIRE(got.misses.size() == wanted.misses.size());
    for (std::size_t i = 0; i < got.misses.size(); ++i) {
        CHECK(got.misses[i].state == wanted.misses[i].state);
        CHECK(got.misses[i].reason == wanted.misses[i].reason);
        CHECK(got.misses[i].first == wanted.misses[i].first);
        CHECK(got.misses[i].last == wanted.misses[i].last);
        CHECK(got.misses[i].count == wanted.misses[i].count);
        CHECK(got.misses[i].exact == wanted.misses[i].exact);
    }
    CHECK(got.next_slot == wanted.next_slot);
    CHECK(got.next_due == wanted.next_due);
    CHECK(got.hwm == wanted.hwm);
}

}  // namespace

TEST_CASE("random tasks agree with a walk over every due time") {
    const std::uint64_t seed = Seeded{}.seed;
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto below = [&random](std::int64_t end) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
    };
    Plan got;
    for (int round = 0; round < rounds(20'000); ++round) {
        CAPTURE(round);
        const Micros period = 1 + below(50);
        const Micros jitter = below(3) == 0 ? below(6 * period + 1) : 0;
        const Instant start = below(500) - 250;
        const auto end = below(4) == 0 ? std::optional(start + below(2'000)) : std::nullopt;
        const GridTrigger trigger(start, period, jitter, end);
        Policies policies;
        if (below(2) == 0) policies.grace = below(1'500);
        policies.coalesce = below(2) == 0;
        policies.max_instances = static_cast<std::int32_t>(1 + below(4));
        policies.max_catch_up = static_cast<std::int32_t>(1 + below(40));
        const bool on_grid = below(4) != 0;
        const Instant slot =
            on_grid ? trigger.next(start + below(300) - 50, 0).value_or(start) : start + below(300) - 50;
        const PlanInput input{.trigger = &trigger,
                              .policies = &policies,
                              .uid = random(),
                              .anchor = 0,
                              .slot = slot,
                              .now = slot - 50 + below(2'000),
                              .busy = static_cast<std::int32_t>(below(5))};
        plan_due(input, got);
        check_equal(got, walk(input));
    }
}

TEST_CASE("however often a task is planned, each time is consumed once and in order") {
    const std::uint64_t seed = Seeded{}.seed;
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < rounds(200); ++round) {
        CAPTURE(round);
        const GridTrigger trigger(0, 10, static_cast<Micros>(random() % 40));
        const Policies policies{.coalesce = random() % 2 == 0, .max_instances = 100};
        Plan plan;
        PlanInput input{.trigger = &trigger, .policies = &policies, .uid = random(), .anchor = 0, .slot = 0};
        Instant expected = 0;
        for (int step = 0; step < 100; ++step) {
            input.now += static_cast<Instant>(random() % 60) - 20;  // the clock is set back now and then
            plan_due(input, plan);
            for (const PlannedRun& run : plan.runs) {
                CHECK(run.slot == expected);
                expected = run.slot + 10 * run.folded;
            }
            CHECK(plan.misses.empty());
            REQUIRE(plan.next_slot == expected);
            input.slot = expected;
        }
    }
}
