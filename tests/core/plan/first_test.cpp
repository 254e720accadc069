// How a task begins: its first due time, or a miss.
#include <doctest/doctest.h>

#include "core/plan/planner.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"
#include "tests/core/plan/grid_trigger.hpp"

using namespace uvsched;

namespace {

constexpr Instant kNow = 1'000'000 * kSecond;
constexpr Uid kUid = 7;

FirstFire first(const TriggerPtr& trigger, std::optional<Instant> next_run_time = std::nullopt,
                const Policies& policies = {}) {
    return plan_first(*trigger, policies, kUid, kNow, 0, next_run_time);
}

void check_at(const FirstFire& fire, Instant time) {
    CHECK(fire.slot == time);
    CHECK(fire.due == time);
    CHECK_FALSE(fire.miss);
}

void check_missed(const FirstFire& fire, Instant time) {
    CHECK_FALSE(fire.slot);
    CHECK_FALSE(fire.due);
    REQUIRE(fire.miss);
    CHECK(fire.miss->state == FireState::missed);
    CHECK(fire.miss->reason == Reason::past_when_added);
    CHECK(fire.miss->first == time);
    CHECK(fire.miss->last == time);
    CHECK(fire.miss->count == 1);
}

}  // namespace

TEST_CASE("a date without a date: now") {
    const FirstFire fire = first(make_date_trigger({}));
    check_at(fire, kNow);
    CHECK(fire.anchor == kNow);
}

TEST_CASE("a date without a date, with next_run_time: then, however long ago") {
    for (const Instant time : {kNow + kHour, kNow - kHour}) {
        const TriggerPtr trigger = make_date_trigger({});
        const FirstFire fire = first(trigger, time);
        check_at(fire, time);
        CHECK(fire.anchor == time);
        CHECK(trigger->next(time - 1, fire.anchor) == time);
    }
}

TEST_CASE("an explicit date") {
    SUBCASE("in the future") { check_at(first(make_date_trigger({.run_at = kNow + kDay})), kNow + kDay); }
    SUBCASE("late by no more than 60 s without a grace time") {
        check_at(first(make_date_trigger({.run_at = kNow - kMinute})), kNow - kMinute);
        check_missed(first(make_date_trigger({.run_at = kNow - kMinute - 1})), kNow - kMinute - 1);
    }
    SUBCASE("late by no more than its grace time") {
        const Policies policies{.grace = kHour};
        check_at(first(make_date_trigger({.run_at = kNow - kHour}), std::nullopt, policies), kNow - kHour);
        check_missed(first(make_date_trigger({.run_at = kNow - kHour - 1}), std::nullopt, policies), kNow - kHour - 1);
    }
    SUBCASE("next_run_time wins, also over a date that is past") {
        check_at(first(make_date_trigger({.run_at = kNow - kDay}), kNow + kSecond), kNow + kSecond);
    }
}

TEST_CASE("an interval without start: its phase is the moment of adding, the first run one interval later") {
    const FirstFire fire = first(make_interval_trigger({.period = 10 * kSecond}));
    check_at(fire, kNow + 10 * kSecond);
    CHECK(fire.anchor == kNow);
}

TEST_CASE("an interval without start, with next_run_time: that is its first run and its phase") {
    for (const Instant time : {kNow, kNow + 3 * kSecond, kNow - 3 * kSecond}) {
        for (const Micros jitter : {Micros{0}, Micros{5}}) {
            const TriggerPtr trigger = make_interval_trigger({.period = 10 * kSecond, .jitter = jitter});
            const FirstFire fire = first(trigger, time);
            CHECK(fire.slot == time);
            CHECK(fire.due == due_time(*trigger, kUid, time, fire.anchor));
            CHECK(fire.anchor == time - 10 * kSecond);
            CHECK(trigger->next(time - 1, fire.anchor) == time);
            CHECK(trigger->next(time, fire.anchor) == time + 10 * kSecond);
        }
    }
}

TEST_CASE("next_run_time at the end of an interval: there is no time after it") {
    const TriggerPtr trigger = make_interval_trigger({.period = 10 * kSecond, .end_at = kNow + kSecond});
    const FirstFire fire = first(trigger, kNow);
    check_at(fire, kNow);
    CHECK_FALSE(trigger->next(kNow, fire.anchor));
}

TEST_CASE("next_run_time after the end of an interval is not pulled forward") {
    for (const Micros jitter : {Micros{0}, Micros{5}}) {
        const TriggerPtr trigger =
            make_interval_trigger({.period = kSecond, .end_at = kNow + kSecond, .jitter = jitter});
        check_at(first(trigger, kNow + kHour), kNow + kHour);
    }
}

TEST_CASE("an interval with a start: the first of its grid that is not before adding") {
    const auto from = [](Instant start) { return make_interval_trigger({.period = 10 * kSecond, .start_at = start}); };
    check_at(first(from(kNow + kDay)), kNow + kDay);
    check_at(first(from(kNow)), kNow);
    check_at(first(from(kNow - 25 * kSecond)), kNow + 5 * kSecond);
    SUBCASE("next_run_time is a run beside the grid") {
        const TriggerPtr trigger = from(kNow - 25 * kSecond);
        const FirstFire fire = first(trigger, kNow + 7 * kSecond);
        check_at(fire, kNow + 7 * kSecond);
        CHECK(fire.anchor == kNow);
        CHECK(trigger->next(*fire.slot, fire.anchor) == kNow + 15 * kSecond);
    }
}

TEST_CASE("a trigger that is over, or never") {
    const FirstFire fire = first(make_interval_trigger({.period = kSecond, .start_at = 0, .end_at = kNow - 1}));
    CHECK_FALSE(fire.slot);
    CHECK_FALSE(fire.due);
    REQUIRE(fire.miss);
    CHECK(fire.miss->state == FireState::missed);
    CHECK(fire.miss->reason == Reason::never_fires);
    CHECK(fire.miss->count == 0);
    CHECK(fire.miss->first == kNow);
}

TEST_CASE("the first run has its jitter too") {
    const TriggerPtr trigger = make_interval_trigger({.period = kHour, .jitter = kMinute});
    const FirstFire fire = first(trigger);
    CHECK(fire.slot == kNow + kHour);
    CHECK(fire.due == due_time(*trigger, kUid, kNow + kHour, fire.anchor));
}
