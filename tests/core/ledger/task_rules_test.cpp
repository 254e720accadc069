#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/ledger/task_rules.hpp"
#include "core/triggers/custom.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"
#include "core/triggers/shutdown.hpp"

using namespace uvsched;

namespace {

constexpr Instant kStart = 1'700'000'000 * kSecond;
constexpr Uid kUid = 7;

// The wall clock was set an hour ahead since the elapsed line began.
Now at(Instant wall) { return {.wall = wall, .elapsed = wall - kHour}; }

Definition task(TriggerPtr trigger) {
    Definition out;
    out.id = out.name = out.function = "t";
    out.trigger = std::move(trigger);
    return out;
}

Definition on_grid(Micros period = 10 * kSecond, Micros jitter = 0) {
    IntervalOptions options;
    options.period = period;
    options.start_at = kStart;
    options.jitter = jitter;
    return task(make_interval_trigger(options));
}

Definition every(Micros period) { return task(make_interval_trigger({.period = period})); }

Definition ended() {
    IntervalOptions options;
    options.period = kSecond;
    options.end_at = kStart - 1;
    return task(make_interval_trigger(options));
}

Definition custom() {
    CustomOptions options;
    options.name = "tides";
    return task(make_custom_trigger(options));
}

const FirstTime kNotGiven;
const FirstTime kPaused = std::optional<Instant>();

}  // namespace

TEST_CASE("a task begins at the trigger's first time, or at the one that is given") {
    const Begun plain = first_state(on_grid(), kUid, kNotGiven, at(kStart + 1));
    CHECK(plain.state.uid == kUid);
    CHECK(plain.state.clock == ClockLine::wall);
    CHECK(plain.state.next_slot == kStart + 10 * kSecond);
    CHECK(plain.state.status == TaskStatus::active);
    CHECK(first_state(on_grid(), kUid, std::optional(kStart + 3), at(kStart + 1)).state.next_due == kStart + 3);
    const Begun paused = first_state(on_grid(), kUid, kPaused, at(kStart));
    CHECK(paused.state.status == TaskStatus::paused);
    CHECK_FALSE(paused.state.next_slot);
}

TEST_CASE("an interval without a start is on the elapsed line, and so is its first time, which is given in wall time") {
    const Begun begun = first_state(every(kMinute), kUid, std::optional(kStart + kSecond), at(kStart));
    CHECK(begun.state.clock == ClockLine::elapsed);
    CHECK(begun.state.next_slot == kStart + kSecond - kHour);
    CHECK(first_state(every(kMinute), kUid, kNotGiven, at(kStart)).state.next_slot == kStart + kMinute - kHour);
}

TEST_CASE("a task without any time is finished, with a miss that says so; paused it is not") {
    const Begun begun = first_state(ended(), kUid, kNotGiven, at(kStart));
    CHECK(begun.state.status == TaskStatus::finished);
    REQUIRE(begun.miss);
    CHECK(begun.miss->reason == Reason::never_fires);
    const Begun paused = first_state(ended(), kUid, kPaused, at(kStart));
    CHECK(paused.state.status == TaskStatus::paused);
    CHECK_FALSE(paused.miss);
}

TEST_CASE("an event has no first time, and no time lies outside 1970 to 2199") {
    CHECK_THROWS_AS(check_first_time(*make_shutdown_trigger(), std::optional(kStart)), Error);
    CHECK_NOTHROW(check_first_time(*make_shutdown_trigger(), kPaused));
    CHECK_THROWS_AS(check_first_time(*on_grid().trigger, std::optional(Instant{-1})), Error);
    CHECK_THROWS_AS(check_first_time(*on_grid().trigger, std::optional(kHorizon)), Error);
}

TEST_CASE("a change that leaves the trigger and gives no first time leaves the schedule") {
    const TaskState state = first_state(on_grid(), kUid, kNotGiven, at(kStart)).state;
    Definition renamed = on_grid();
    renamed.name = "other";
    CHECK(changed_state(on_grid(), state, renamed, kNotGiven, at(kStart + kMinute)).state.next_slot == kStart);
}

TEST_CASE("a given first time keeps the phase unless the trigger is another") {
    const TaskState state = first_state(every(kMinute), kUid, kNotGiven, at(kStart)).state;
    const FirstTime given = std::optional(kStart + 5 * kSecond);
    CHECK(changed_state(every(kMinute), state, every(kMinute), given, at(kStart)).state.anchor == state.anchor);
    CHECK(changed_state(every(kMinute), state, every(kHour), given, at(kStart)).state.anchor != state.anchor);
}

TEST_CASE("a paused task stays paused under another trigger, without a miss; a given first time resumes it") {
    const TaskState paused = paused_state(first_state(on_grid(), kUid, kNotGiven, at(kStart)).state);
    const Begun changed = changed_state(on_grid(), paused, ended(), kNotGiven, at(kStart));
    CHECK(changed.state.status == TaskStatus::paused);
    CHECK_FALSE(changed.miss);
    CHECK_FALSE(replaced_state(paused, first_state(ended(), kUid, kNotGiven, at(kStart))).miss);
    const FirstTime given = std::optional(kStart + kHour);
    CHECK(changed_state(on_grid(), paused, on_grid(), given, at(kStart)).state.status == TaskStatus::active);
}

TEST_CASE("resuming goes on with the next time from now that has not run") {
    TaskState state = paused_state(first_state(on_grid(), kUid, kNotGiven, at(kStart)).state);
    CHECK(resumed_state(on_grid(), state, at(kStart + 25 * kSecond)).next_slot == kStart + 30 * kSecond);
    CHECK(resumed_state(on_grid(), state, at(kStart + 20 * kSecond)).next_slot == kStart + 20 * kSecond);
    state.hwm = kStart + 20 * kSecond;
    CHECK(resumed_state(on_grid(), state, at(kStart + 20 * kSecond)).next_slot == kStart + 30 * kSecond);
    CHECK(resumed_state(on_grid(), state, at(kStart - kDay)).next_slot == kStart + 30 * kSecond);
    CHECK(resumed_state(ended(), state, at(kStart)).status == TaskStatus::finished);
    const TaskState asked = resumed_state(custom(), state, at(kStart));
    CHECK(asked.status == TaskStatus::active);
    CHECK(asked.anchor == kStart + 20 * kSecond + 1);
    state.status = TaskStatus::active;
    CHECK_FALSE(resumed_state(on_grid(), state, at(kStart)).next_slot);  // was not paused
}

TEST_CASE("what a custom trigger answers is the next time, or the end") {
    const TaskState state = first_state(custom(), kUid, kNotGiven, at(kStart)).state;
    CHECK(state.status == TaskStatus::active);
    CHECK(answered_state(custom(), state, kStart + 5).next_due == kStart + 5);
    CHECK(answered_state(custom(), state, std::nullopt).status == TaskStatus::finished);
}

TEST_CASE("fires get keys of their own only where a schedule begins anew") {
    TaskState state = first_state(on_grid(), kUid, kNotGiven, at(kStart)).state;
    state.gen = 4;
    state.rev = 9;
    state.hwm = kStart;
    state.next_slot = state.next_due = kStart + 10 * kSecond;
    const Definition grid = on_grid();
    const auto gen = [&](const TaskState& schedule, bool other_trigger = false, bool asked = false) {
        const TaskState out = rescheduled(state, schedule, *(asked ? custom() : grid).trigger, other_trigger);
        CHECK(out.hwm == (out.gen == 4 ? kStart : kEarliest));
        CHECK(out.rev == 9);
        return out.gen;
    };
    CHECK(gen(state) == 4);
    CHECK(gen(paused_state(state)) == 4);
    CHECK(gen(state, true) == 5);
    TaskState later = state;
    later.next_slot = kStart + kHour;
    CHECK(gen(later) == 4);
    TaskState again = state;
    again.next_slot = kStart;
    CHECK(gen(again) == 5);
    TaskState phase = state;
    ++phase.anchor;
    CHECK(gen(phase) == 5);
    CHECK(gen(phase, false, true) == 4);  // a custom trigger's anchor is not a phase
    TaskState line = state;
    line.clock = ClockLine::elapsed;
    CHECK(gen(line) == 5);
}

TEST_CASE("the slot that a custom trigger left without an answer is missed, and does not come again") {
    TaskState state = first_state(custom(), kUid, kNotGiven, at(kStart)).state;
    state.hwm = kStart;
    const TaskState between = given_up_state(state);  // it was asked for the time after hwm
    CHECK(between.status == TaskStatus::paused);
    CHECK(between.hwm == kStart);

    state.next_slot = kStart + kMinute;
    TaskState behind = rescheduled(state, given_up_state(state), *custom().trigger, false);
    CHECK(behind.gen == state.gen);
    CHECK(behind.hwm == kStart + kMinute);
    CHECK_FALSE(behind.next_slot);
    behind = resumed_state(custom(), behind, at(kStart - kHour));  // the clock was set back
    CHECK(behind.anchor == kStart + kMinute + 1);
}

TEST_CASE("a task that is not active has no due time") {
    TaskState state = first_state(on_grid(), kUid, kNotGiven, at(kStart)).state;
    state.status = TaskStatus::paused;
    CHECK_FALSE(rescheduled(state, state, *on_grid().trigger, false).next_due);
}

TEST_CASE("overdue are the times that are due now, the next slot wherever it lies, and none that jitter holds back") {
    TaskState state = first_state(on_grid(), kUid, kNotGiven, at(kStart)).state;
    CHECK_FALSE(overdue(on_grid(), state, at(kStart - 1)));
    CHECK(overdue(on_grid(), state, at(kStart))->count == 1);
    const auto three = overdue(on_grid(), state, at(kStart + 29 * kSecond));
    REQUIRE(three);
    CHECK(three->reason == Reason::replaced);
    CHECK(three->first == kStart);
    CHECK(three->last == kStart + 20 * kSecond);
    CHECK(three->count == 3);
    state.next_slot = state.next_due = kStart + 3 * kSecond;  // off the grid
    const auto off = overdue(on_grid(), state, at(kStart + 11 * kSecond));
    REQUIRE(off);
    CHECK(off->first == kStart + 3 * kSecond);
    CHECK(off->count == 2);
    CHECK_FALSE(overdue(on_grid(), paused_state(state), at(kStart + kHour)));

    const Definition late = on_grid(10 * kSecond, kHour);
    const TaskState delayed = first_state(late, kUid, kNotGiven, at(kStart)).state;
    REQUIRE(*delayed.next_due > *delayed.next_slot);
    CHECK_FALSE(overdue(late, delayed, at(*delayed.next_due - 1)));
    CHECK(overdue(late, delayed, at(*delayed.next_due)));
}

TEST_CASE("overdue is also what was put off, and the slot of a custom trigger that is asked what piled up") {
    TaskState state = first_state(on_grid(), kUid, kNotGiven, at(kStart)).state;
    state.next_due = kStart + kHour;
    CHECK(overdue(on_grid(), state, at(kStart + 10 * kSecond))->count == 2);

    TaskState asked = first_state(custom(), kUid, kNotGiven, at(kStart)).state;
    asked.next_slot = kStart + kMinute;
    const auto piled_up = overdue(custom(), asked, at(kStart + kHour));
    REQUIRE(piled_up);
    CHECK(piled_up->first == kStart + kMinute);
    CHECK(piled_up->count == 1);
    CHECK_FALSE(piled_up->exact);
    CHECK(is_overdue(asked, at(kStart + kHour)));
    CHECK(overdue(custom(), asked, at(kStart + kMinute))->exact);
    CHECK_FALSE(overdue(custom(), asked, at(kStart)));
}

TEST_CASE("on the elapsed line what is overdue goes by that line") {
    const Definition minute = every(kMinute);
    const TaskState state = first_state(minute, kUid, kNotGiven, at(kStart)).state;
    CHECK_FALSE(overdue(minute, state, at(kStart + kMinute - 1)));
    const auto two = overdue(minute, state, at(kStart + 2 * kMinute));
    REQUIRE(two);
    CHECK(two->first == kStart + kMinute - kHour);
    CHECK(two->count == 2);
}

TEST_CASE(
    "a run may begin until its grace time is over, jitter and the clock line counted; by hand it is never too late") {
    const FireKey key{.uid = kUid, .kind = FireKind::scheduled, .slot = kStart};
    Definition grace = on_grid();
    CHECK(latest_start(grace, key, kStart, 0, 0) == kLatest);
    grace.policies.grace = 5 * kSecond;
    CHECK(latest_start(grace, key, kStart + 10 * kSecond, 0, 0) == kStart + 15 * kSecond);
    CHECK(latest_start(grace, key, kStart, 0, kHour) == kStart + kHour + 5 * kSecond);
    FireKey manual = key;
    manual.kind = FireKind::manual;
    CHECK(latest_start(grace, manual, kStart, 0, 0) == kLatest);
    Definition late = on_grid(10 * kSecond, kHour);
    late.policies.grace = 0;
    CHECK(latest_start(late, key, kStart, 0, 0) == due_time(*late.trigger, kUid, kStart, 0));
    Definition now = task(make_date_trigger({}));
    now.policies.grace = 0;
    CHECK(latest_start(now, key, kStart, kStart, 0) == kLatest);
}
