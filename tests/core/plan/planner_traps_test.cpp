// Traps that caught other schedulers, as far as the planner must avoid them, by number.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/plan/planner.hpp"
#include "core/triggers/calendar.hpp"
#include "core/triggers/combine.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"
#include "core/triggers/shutdown.hpp"
#include "tests/core/plan/grid_trigger.hpp"

using namespace uvsched;

namespace {

constexpr Micros kYear = 365 * kDay;

// One task and what the planner says about it, as an engine would keep it.
struct Task {
    const Trigger& trigger;
    Policies policies{};
    Instant anchor = 0;
    std::optional<Instant> slot{};
    std::optional<Instant> due{};
    Plan plan{};

    void first(Instant now) {
        const FirstFire begin = plan_first(trigger, policies, 7, now, 0, std::nullopt);
        anchor = begin.anchor;
        slot = begin.slot;
        due = begin.due;
    }
    const Plan& at(Instant now, std::int32_t busy = 0) {
        plan_due({.trigger = &trigger,
                  .policies = &policies,
                  .uid = 7,
                  .anchor = anchor,
                  .slot = slot.value(),
                  .now = now,
                  .busy = busy},
                 plan);
        slot = plan.next_slot;
        due = plan.next_due;
        return plan;
    }
};

}  // namespace

TEST_CASE("trap 9: an and that never meets is over at once") {
    const auto even = std::make_shared<GridTrigger>(0, 2 * kSecond);
    const auto odd = std::make_shared<GridTrigger>(kSecond, 2 * kSecond);
    const auto trigger = make_and_trigger({.triggers = {even, odd}});
    Task task{.trigger = *trigger};
    task.first(5 * kSecond);
    CHECK_FALSE(task.slot.has_value());
    CHECK(even->asked + odd->asked <= kMostAsked);
}

TEST_CASE("trap 10: an or delays each time by the jitter of the child that gave it") {
    const auto calm = make_interval_trigger({.period = 10 * kSecond, .start_at = 0});
    const auto late = make_interval_trigger({.period = 15 * kSecond, .start_at = 0, .jitter = 3 * kSecond});
    const auto trigger = make_or_trigger({.triggers = {calm, late}});
    Task task{.trigger = *trigger};
    task.first(1);
    std::vector<Instant> slots;
    for (int run = 0; run < 40; ++run) {
        const Instant slot = task.slot.value();
        const bool jittered = slot % (15 * kSecond) == 0;
        CHECK(task.due.value() - slot == (jittered ? jitter_delay(7, slot, 3 * kSecond) : 0));
        REQUIRE(task.at(task.due.value()).runs.size() == 1);
        CHECK(task.plan.runs.front().slot == slot);
        slots.push_back(slot);
    }
    CHECK(slots.back() == 300 * kSecond);
}

TEST_CASE("trap 12: a calendar interval and a clock 100 years ahead") {
    const auto trigger = make_calendar_trigger({.days = 1, .hour = 9});
    Task task{.trigger = *trigger};
    task.first(0);
    CHECK(task.slot == 9 * kHour);
    const Plan& plan = task.at(100 * kYear);
    REQUIRE(plan.runs.size() == 1);
    CHECK(plan.runs.front().folded == kCountLimit);
    CHECK_FALSE(plan.runs.front().exact);
    CHECK(task.slot == 100 * kYear + 9 * kHour);
}

TEST_CASE("an event has no first time") {
    const auto trigger = make_shutdown_trigger();
    Task task{.trigger = *trigger};
    task.first(5);
    CHECK_FALSE(task.slot.has_value());
    CHECK(task.anchor == 5);
}

TEST_CASE("a date outside its window is over when it is added: no time was missed") {
    const auto trigger = make_date_trigger({.run_at = 50, .end_at = 40});
    const FirstFire begin = plan_first(*trigger, {}, 7, 10, 0, std::nullopt);
    CHECK_FALSE(begin.slot.has_value());
    REQUIRE(begin.miss.has_value());
    CHECK(begin.miss->reason == Reason::never_fires);
    CHECK(begin.miss->count == 0);
}

TEST_CASE("trap 10: jitter moves the run, never the nominal time") {
    const TriggerPtr trigger = make_interval_trigger({.period = kMinute, .jitter = 30 * kSecond});
    Task task{*trigger};
    task.first(0);
    bool moved = false;
    for (std::int64_t run = 1; run <= 100; ++run) {
        const Instant now = task.due.value();
        CHECK(now >= run * kMinute);
        CHECK(now <= run * kMinute + 30 * kSecond);
        moved = moved || now != run * kMinute;
        const Plan& plan = task.at(now);
        REQUIRE(plan.runs.size() == 1);
        CHECK(plan.runs[0].slot == run * kMinute);
    }
    CHECK(moved);
}

TEST_CASE("trap 12: a clock 10 years ahead costs one run and no loop") {
    const TriggerPtr interval = make_interval_trigger({.period = kSecond});
    Task task{*interval};
    task.first(0);
    const Plan& plan = task.at(10 * kYear);
    REQUIRE(plan.runs.size() == 1);
    CHECK(plan.runs[0].slot == kSecond);
    CHECK(plan.runs[0].last == 10 * kYear);
    CHECK(plan.runs[0].folded == kCountLimit);
    CHECK_FALSE(plan.runs[0].exact);
    CHECK(plan.next_slot == 10 * kYear + kSecond);
}

TEST_CASE("trap 12: the count is exact to 10,000") {
    const TriggerPtr interval = make_interval_trigger({.period = kSecond});
    for (const std::int64_t times : {kCountLimit - 1, kCountLimit, kCountLimit + 1}) {
        CAPTURE(times);
        Task task{*interval};
        task.first(0);
        const Plan& plan = task.at(times * kSecond);
        CHECK(plan.runs.at(0).folded == std::min(times, kCountLimit));
        CHECK(plan.runs.at(0).exact == (times <= kCountLimit));
    }
}

TEST_CASE("trap 12: a trigger that only knows next and previous is asked a bounded number of times") {
    for (const bool coalesce : {true, false}) {
        for (const Micros jitter : {Micros{0}, kYear}) {
            for (const std::optional<Micros> grace : {std::optional<Micros>{}, std::optional<Micros>{5 * kYear}}) {
                CAPTURE(coalesce);
                CAPTURE(jitter);
                CAPTURE(grace.has_value());
                const GridTrigger trigger(0, kSecond, jitter);
                Task task{.trigger = trigger, .policies = {.grace = grace, .coalesce = coalesce}, .slot = kSecond};
                const Plan& plan = task.at(10 * kYear);
                CHECK(trigger.asked <= 4 * kCountLimit);
                CHECK(plan.runs.size() == (coalesce ? 1U : 1'000U));
                CHECK(plan.hwm >= 10 * kYear - jitter);
                CHECK(plan.next_slot == plan.hwm + kSecond);
            }
        }
    }
}

TEST_CASE("trap 12: a clock set back runs no slot again and awaits the next") {
    const TriggerPtr trigger = make_interval_trigger({.period = 10 * kSecond, .start_at = 0});
    Task task{*trigger};
    task.first(1);
    task.at(600 * kSecond);
    for (Instant now = 480 * kSecond; now < 610 * kSecond; now += kSecond) {
        const Plan& plan = task.at(now);
        CHECK(plan.runs.empty());
        CHECK(plan.misses.empty());
        CHECK(plan.next_slot == 610 * kSecond);
    }
    CHECK(task.at(610 * kSecond).runs.size() == 1);
}

TEST_CASE("trap 13: a tick covers all since the last one") {
    const TriggerPtr trigger = make_interval_trigger({.period = 7 * kSecond, .start_at = 0});
    Task task{.trigger = *trigger, .policies = {.coalesce = false, .max_instances = 1'000}};
    task.first(0);
    std::vector<Instant> seen;
    for (Instant now = 0; now <= 7'000 * kSecond; now += 61 * kSecond) {
        for (const PlannedRun& run : task.at(now).runs) {
            CHECK(run.slot > now - 61 * kSecond);
            CHECK(run.slot <= now);
            seen.push_back(run.slot);
        }
    }
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == static_cast<Instant>(i) * 7 * kSecond);
    CHECK(seen.size() == 6'954 / 7 + 1);  // the last tick is at 6954 s
}

TEST_CASE("trap 17: after 100 and more misses it is still scheduling") {
    const TriggerPtr trigger = make_interval_trigger({.period = kSecond});
    for (const bool coalesce : {true, false}) {
        Task task{.trigger = *trigger, .policies = {.grace = 0, .coalesce = coalesce}};
        task.first(0);
        for (int round = 0; round < 150; ++round) {
            const Plan& plan = task.at(*task.due + 500 * kMillisecond);
            CHECK(plan.runs.empty());
            CHECK(plan.misses.size() == 1);
        }
        CHECK(task.at(*task.due).runs.size() == 1);
    }
}

TEST_CASE("trap 19: waking up early by up to 1 ms runs nothing early and nothing twice") {
    for (const Micros jitter : {Micros{0}, 3 * kSecond}) {
        const TriggerPtr trigger = make_interval_trigger({.period = 10 * kSecond, .jitter = jitter});
        Task task{*trigger};
        task.first(0);
        for (Instant expected = 10 * kSecond; expected < 1'000 * kSecond; expected += 10 * kSecond) {
            const Instant due = task.due.value();
            for (const Micros early : {kMillisecond, Micros{1}}) {
                const Plan& plan = task.at(due - early);
                CHECK(plan.runs.empty());
                CHECK(plan.next_slot == expected);
                CHECK(plan.next_due == due);
            }
            const Plan& plan = task.at(due);
            REQUIRE(plan.runs.size() == 1);
            CHECK(plan.runs[0].slot == expected);
            CHECK(plan.runs[0].folded == 1);
        }
    }
}

TEST_CASE("trap 24: a date is over after its run, wherever next_run_time put it") {
    const TriggerPtr date = make_date_trigger({.run_at = 100 * kSecond});
    Task task{.trigger = *date, .slot = 50 * kSecond};
    const Plan& plan = task.at(200 * kSecond);
    REQUIRE(plan.runs.size() == 1);
    CHECK(plan.runs[0].slot == 50 * kSecond);
    CHECK(plan.runs[0].folded == 1);
    CHECK_FALSE(plan.next_slot);
}

TEST_CASE("instants near the ends of the range do not overflow") {
    const GridTrigger trigger(0, kSecond, kYear);
    const Policies policies{.grace = INT64_MAX, .coalesce = false};
    Plan plan;
    plan_due({.trigger = &trigger, .policies = &policies, .uid = 7, .slot = kEarliest, .now = kEarliest}, plan);
    CHECK(plan.runs.empty());
    plan_due({.trigger = &trigger, .policies = &policies, .uid = 7, .slot = kEarliest, .now = kEarliest + kYear}, plan);
    CHECK(plan.runs.size() == 1);
    plan_due({.trigger = &trigger, .policies = &policies, .uid = 7, .slot = 0, .now = -1}, plan);
    CHECK(plan.next_slot == 0);
}
