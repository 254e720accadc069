// What the planner makes of custom triggers: it asks where it does not know, and plans with what it was told.
#include "core/plan/known_times.hpp"

#include <doctest/doctest.h>

#include "core/plan/planner.hpp"
#include "core/triggers/custom.hpp"

using namespace uvsched;

namespace {

constexpr Instant kNow = 1'000'000 * kSecond;

TriggerPtr custom(Micros jitter = 0) { return make_custom_trigger({.name = "tides", .jitter = jitter}); }

std::vector<Instant> every(Micros period, Instant from, int count) {
    std::vector<Instant> times;
    for (int i = 0; i < count; ++i) times.push_back(from + i * period);
    return times;
}

Plan plan(const Trigger& trigger, Instant slot, Instant now, Policies policies = {}, std::int32_t busy = 0) {
    Plan out;
    plan_due(
        {.trigger = &trigger, .policies = &policies, .uid = 7, .anchor = 0, .slot = slot, .now = now, .busy = busy},
        out);
    return out;
}

}  // namespace

TEST_CASE("a slot that is seen in time runs, and what follows is asked") {
    for (const Micros late : {Micros{0}, kMillisecond, kPileUp}) {
        const Plan made = plan(*custom(), kNow, kNow + late);
        REQUIRE(made.runs.size() == 1);
        CHECK(made.runs[0].slot == kNow);
        CHECK(made.hwm == kNow);
        CHECK(made.asks);
        CHECK_FALSE(made.next_slot.has_value());
        CHECK_FALSE(made.next_due.has_value());
    }
}

TEST_CASE("behind a slot that is late, times may have piled up: the trigger is asked first, and nothing happens") {
    const Plan made = plan(*custom(), kNow, kNow + kPileUp + 1);
    CHECK(made.runs.empty());
    CHECK(made.misses.empty());
    CHECK(made.asks);
    CHECK(made.next_slot == kNow);
    CHECK_FALSE(made.next_due.has_value());
    CHECK(made.hwm == kEarliest);
}

TEST_CASE("jitter counts as not yet due") {
    const TriggerPtr trigger = custom(kHour);
    const Instant due = due_time(*trigger, 7, kNow, 0);
    REQUIRE(due > kNow + kPileUp);
    const Plan early = plan(*trigger, kNow, due - 1);
    CHECK(early.runs.empty());
    CHECK_FALSE(early.asks);
    CHECK(early.next_slot == kNow);
    CHECK(early.next_due == due);
    CHECK(plan(*trigger, kNow, due + kPileUp).runs.size() == 1);
    CHECK(plan(*trigger, kNow, due + kPileUp + 1).asks);
}

TEST_CASE("known times are planned like those of any trigger") {
    // The slot, and what the function gave: ten more that are due, and one to come.
    const auto times = every(kMinute, kNow + kMinute, 11);
    const Instant now = kNow + 10 * kMinute + kSecond;
    const KnownTimes known(custom(), times, false, false);

    const Plan folded = plan(known, kNow, now);
    REQUIRE(folded.runs.size() == 1);
    CHECK(folded.runs[0].slot == kNow);
    CHECK(folded.runs[0].last == kNow + 10 * kMinute);
    CHECK(folded.runs[0].folded == 11);
    CHECK(folded.runs[0].exact);
    CHECK(folded.next_slot == kNow + 11 * kMinute);
    CHECK(folded.next_due == kNow + 11 * kMinute);
    CHECK_FALSE(folded.asks);

    Policies each;
    each.coalesce = false;
    each.max_instances = 20;
    each.max_catch_up = 4;
    const Plan caught_up = plan(known, kNow, now, each);
    REQUIRE(caught_up.runs.size() == 4);
    CHECK(caught_up.runs[0].slot == kNow + 7 * kMinute);
    CHECK(caught_up.runs[3].slot == kNow + 10 * kMinute);
    REQUIRE(caught_up.misses.size() == 1);
    CHECK(caught_up.misses[0].reason == Reason::catch_up);
    CHECK(caught_up.misses[0].count == 7);

    Policies strict;
    strict.grace = kMillisecond;
    const Plan missed = plan(known, kNow, now, strict);
    CHECK(missed.runs.empty());
    REQUIRE(missed.misses.size() == 1);
    CHECK(missed.misses[0].count == 11);
    CHECK(missed.next_slot == kNow + 11 * kMinute);
}

TEST_CASE("the end of known times is the trigger's, or is asked beyond") {
    const auto times = every(kMinute, kNow + kMinute, 3);
    const Instant now = kNow + 3 * kMinute;
    const KnownTimes ended(custom(), times, true, false);
    CHECK(ended.known_until() == kLatest);
    const Plan last = plan(ended, kNow, now + kHour);
    CHECK(last.runs.size() == 1);
    CHECK_FALSE(last.next_slot.has_value());
    CHECK_FALSE(last.asks);

    const KnownTimes open(custom(), times, false, false);
    CHECK(open.known_until() == kNow + 3 * kMinute);
    const Plan seen = plan(open, kNow, now + kPileUp);
    REQUIRE(seen.runs.size() == 1);
    CHECK(seen.runs[0].folded == 4);
    CHECK(seen.asks);
    CHECK_FALSE(seen.next_slot.has_value());
    // So long after, there may be more: it is asked again from the slot on.
    CHECK(plan(open, kNow, now + kHour).asks);
    CHECK(plan(open, kNow, now + kHour).next_slot == kNow);
}

TEST_CASE("where not all times were asked for, counts are at least") {
    const KnownTimes cut(custom(), every(kMinute, kNow + kMinute, 3), false, true);
    const Plan made = plan(cut, kNow, kNow + 2 * kMinute + kSecond);
    REQUIRE(made.runs.size() == 1);
    CHECK(made.runs[0].folded == 3);
    CHECK_FALSE(made.runs[0].exact);
    CHECK(made.next_slot == kNow + 3 * kMinute);
    CHECK(cut.count(kNow, kNow, 0, 10).exact);  // nothing lies there
}

TEST_CASE("known times answer as a trigger does") {
    const KnownTimes known(custom(kSecond), {10, 20, 30}, false, false);
    CHECK(known.next(9, 0) == 10);
    CHECK(known.next(10, 0) == 20);
    CHECK_FALSE(known.next(30, 0).has_value());
    CHECK(known.previous(31, 0) == 30);
    CHECK(known.previous(30, 0) == 20);
    CHECK_FALSE(known.previous(10, 0).has_value());
    CHECK(known.count(10, 20, 0, 10).number == 2);
    CHECK(known.count(11, 19, 0, 10).number == 0);
    CHECK(known.count(20, 10, 0, 10).number == 0);
    CHECK(known.count(0, 99, 0, 2).number == 2);
    CHECK_FALSE(known.count(0, 99, 0, 2).exact);
    CHECK(known.jitter() == kSecond);
    CHECK(known.describe() == "custom tides, jitter 1 s, UTC");
    CHECK(KnownTimes(custom(), {}, false, false).known_until() == kEarliest);
}
