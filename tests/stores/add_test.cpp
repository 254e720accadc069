#include "tests/stores/ledger.hpp"

using namespace ledger;

TEST_CASE("an added task is there as it was given") {
    Backend backend;
    Add given = adding(every("digest"), kStart + kSecond);
    given.state.clock = ClockLine::elapsed;
    const Add added = apply(backend.store(), given);
    REQUIRE(added.result == Add::Result::created);
    CHECK(added.task.state.uid == given.state.uid);
    CHECK(added.task.state.rev > 0);
    for (int round = 0; round < 2; ++round) {
        const auto task = backend.store().get("digest");
        REQUIRE(task.has_value());
        CHECK(task->number == added.task.number);
        CHECK(task->lane == added.task.lane);
        CHECK(canonical_json(*task->definition) == canonical_json(*given.definition));
        CHECK(task->definition->id == "digest");
        CHECK(task->state.uid == given.state.uid);
        CHECK(task->state.clock == ClockLine::elapsed);
        CHECK(task->state.anchor == kStart);
        CHECK(task->state.next_slot == kStart + kSecond);
        CHECK(task->state.next_due == kStart + kSecond);
        CHECK(task->state.hwm == kEarliest);
        CHECK(task->state.runs == 0);
        CHECK(task->open == 0);
        backend.reopen();
    }
    CHECK_FALSE(backend.store().get("other").has_value());
    CHECK(backend.store().counts().active == 1);
}

TEST_CASE("adding an equal definition changes nothing") {
    Backend backend;
    const StoredTask first = add(backend.store(), every("digest"));
    claim(backend.store(), "digest");
    for (const OnExisting mode : {OnExisting::keep_if_equal, OnExisting::replace}) {
        backend.reopen();
        Add again = adding(every("digest"), kStart + kDay);
        again.on_existing = mode;
        again = apply(backend.store(), again);
        CHECK(again.result == Add::Result::unchanged);
        CHECK(again.task.number == first.number);
        CHECK(again.task.state.uid == first.state.uid);
        CHECK(again.task.state.next_slot == kStart + 10 * kSecond);
        CHECK(again.task.open == 1);
    }
    CHECK(backend.store().counts().active == 1);
}

TEST_CASE("adding another definition is a conflict, and what is there stays") {
    Backend backend;
    const StoredTask first = add(backend.store(), every("digest"));
    const Add other = apply(backend.store(), adding(every("digest", kMinute)));
    CHECK(other.result == Add::Result::conflict);
    CHECK(canonical_json(*other.task.definition) == canonical_json(every("digest")));
    CHECK(backend.store().get("digest")->state.rev == first.state.rev);
}

TEST_CASE("replacing keeps uid, runs and schedule where the trigger is the same") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask first = add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    REQUIRE(start(store, ref(fire)) == Outcome::done);
    const OpenFire waiting = [&] {
        Claim more = claiming(*store.get("digest"), kStart);
        more.plan.runs[0].waiting = true;
        return apply(store, more).fires.at(0);
    }();
    CHECK(waiting.state == FireState::waiting);

    Definition changed = every("digest");
    changed.arguments = "[1]";
    changed.executor = "slow";
    Add other = adding(changed, kStart + kDay);
    other.on_existing = OnExisting::replace;
    other = apply(store, other);
    CHECK(other.result == Add::Result::replaced);
    CHECK(other.task.state.uid == first.state.uid);
    CHECK(other.task.state.gen == first.state.gen);
    CHECK(other.task.state.runs == 1);
    CHECK(other.task.state.next_slot == kStart + 20 * kSecond);
    CHECK(other.task.definition->arguments == "[1]");
    CHECK(other.task.lane != first.lane);
    CHECK(history(store).empty());
    // The waiting fire runs where the task runs now.
    CHECK(finish(store, ref(fire)) == Outcome::done);
    const Look ready = store.look({.wall = kStart, .elapsed = kStart, .lanes = {other.task.lane}, .limit = 9});
    REQUIRE(ready.ready.size() == 1);
    CHECK(ready.ready[0].task.definition->arguments == "[1]");
}

TEST_CASE("another trigger begins another schedule; overdue slots are missed, what has not started is skipped") {
    Backend backend;
    Store& store = backend.store();
    Definition before = every("digest");
    before.policies.max_instances = 3;
    const StoredTask first = add(store, before);
    const OpenFire running = claim(store, "digest");
    REQUIRE(start(store, ref(running)) == Outcome::done);
    const OpenFire claimed = claim(store, "digest");
    run_now(store, "digest");

    Add other = adding(every("digest", kMinute), kStart + kHour);
    other.on_existing = OnExisting::replace;
    other.now_wall = kStart + 45 * kSecond;
    other = apply(store, other);
    CHECK(other.result == Add::Result::replaced);
    CHECK(other.task.state.uid == first.state.uid);
    CHECK(other.task.state.gen == first.state.gen + 1);
    CHECK(other.task.state.runs == 1);
    CHECK(other.task.state.next_slot == kStart + kHour);
    CHECK(other.task.state.hwm == kEarliest);
    CHECK(other.task.open == 2);  // the running one, and the one asked for by hand

    const auto rows = history(store, "digest");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].state == FireState::skipped);
    CHECK(rows[0].reason == Reason::replaced);
    CHECK(rows[0].key == claimed.key);
    CHECK(rows[1].state == FireState::missed);
    CHECK(rows[1].reason == Reason::replaced);
    CHECK(rows[1].first == kStart + 20 * kSecond);
    CHECK(rows[1].last == kStart + 40 * kSecond);
    CHECK(rows[1].folded == 3);
    CHECK(rows[1].exact);

    CHECK(start(store, ref(claimed)) == Outcome::refused);
    CHECK(finish(store, ref(running)) == Outcome::done);
    CHECK(history(store, "digest").size() == 3);
}

TEST_CASE("replacing keeps a pause, and a paused task misses nothing") {
    Backend backend;
    Store& store = backend.store();
    StoredTask task = add(store, every("digest"));
    task.state.status = TaskStatus::paused;
    task.state.next_due.reset();
    REQUIRE(change_state(store, "digest", task.state).outcome == Outcome::done);
    Add other = adding(every("digest", kMinute), kStart + kHour);
    other.on_existing = OnExisting::replace;
    other.now_wall = kStart + kDay;
    other = apply(store, other);
    CHECK(other.result == Add::Result::replaced);
    CHECK(other.task.state.status == TaskStatus::paused);
    CHECK_FALSE(other.task.state.next_slot.has_value());  // resuming says when
    CHECK_FALSE(other.task.state.next_due.has_value());
    CHECK(history(store).empty());
}

TEST_CASE("a date that was past when added leaves a finished task and a miss") {
    Backend backend;
    Store& store = backend.store();
    Definition once = every("once");
    DateOptions date;
    date.run_at = kStart - kHour;
    once.trigger = make_date_trigger(date);
    Add given = adding(once);
    given.state.next_slot.reset();
    given.state.next_due.reset();
    given.state.status = TaskStatus::finished;
    PlannedMiss miss;
    miss.reason = Reason::past_when_added;
    miss.first = miss.last = kStart - kHour;
    given.miss = miss;
    CHECK(apply(store, given).result == Add::Result::created);
    CHECK(apply(store, given).result == Add::Result::unchanged);
    const auto rows = history(store, "once");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == FireState::missed);
    CHECK(rows[0].reason == Reason::past_when_added);
    CHECK(rows[0].first == kStart - kHour);
    CHECK(rows[0].finished_at == kStart);
    CHECK(store.counts().active == 0);
    CHECK(store.list("", 10, false).empty());
    CHECK(store.list("", 10, true).size() == 1);
}

TEST_CASE("one batch adds many, and a failed one adds none") {
    Backend backend;
    Batch batch;
    for (int i = 0; i < 3000; ++i) batch.adds.push_back(adding(every("task-" + std::to_string(i)), kStart + i));
    backend.failing_step = "add.before_commit";
    CHECK_THROWS_AS(backend.store().apply(batch), Error);
    CHECK(batch.adds[0].result == Add::Result::none);
    CHECK(batch.adds[0].task.number == 0);
    CHECK(backend.store().counts().active == 0);
    backend.failing_step.clear();
    backend.store().apply(batch);
    CHECK(batch.adds[2999].result == Add::Result::created);
    CHECK(backend.store().counts().active == 3000);
}
