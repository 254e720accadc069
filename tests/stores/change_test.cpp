#include "tests/stores/ledger.hpp"

using namespace ledger;

TEST_CASE("pausing and resuming keep the rest") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    TaskState state = task.state;
    state.status = TaskStatus::paused;
    const Change paused = change_state(store, "digest", state);
    REQUIRE(paused.outcome == Outcome::done);
    CHECK(paused.task.state.status == TaskStatus::paused);
    CHECK(paused.task.state.rev > task.state.rev);
    CHECK_FALSE(paused.task.state.next_due.has_value());
    CHECK(look(store, kStart + kDay).due.empty());
    CHECK_FALSE(store.next_wake(all_lanes(store)).wall.has_value());
    CHECK(store.counts() == TaskCounts{.active = 0, .paused = 1, .finished = 0});
    backend.reopen();
    CHECK(store.get("digest")->state.status == TaskStatus::paused);

    state.status = TaskStatus::active;
    state.next_slot = state.next_due = kStart + kHour;
    const Change resumed = change_state(store, "digest", state);
    CHECK(resumed.task.state.gen == task.state.gen);
    CHECK(resumed.task.state.uid == task.state.uid);
    CHECK(look(store, kStart + kHour).due.size() == 1);
}

TEST_CASE("a change can name the revision it was made for") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    Change change;
    change.id = "digest";
    change.rev = task.state.rev;
    change.state = task.state;
    change.state->next_due = change.state->next_slot = kStart + kHour;
    change.now_wall = kStart;
    CHECK(apply(store, change).outcome == Outcome::done);
    const Change late = apply(store, change);
    CHECK(late.outcome == Outcome::refused);
    CHECK(late.task.state.rev == task.state.rev + 1);
    change.id = "other";
    CHECK(apply(store, change).outcome == Outcome::missing);
}

TEST_CASE("a claim planned before a change is planned again") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    Definition renamed = every("digest");
    renamed.name = "The digest";
    const Change change = change_definition(store, renamed);
    CHECK(change.outcome == Outcome::done);
    CHECK(change.task.definition->name == "The digest");
    CHECK(change.task.state.next_slot == kStart);
    CHECK(apply(store, claiming(task, kStart)).outcome == Outcome::refused);
    CHECK(claim(store, "digest").task.definition->name == "The digest");
}

TEST_CASE("changing the trigger begins another schedule") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    TaskState state = task.state;
    state.next_slot = state.next_due = kStart + kMinute;
    const Change change = change_definition(store, every("digest", kMinute), state);
    REQUIRE(change.outcome == Outcome::done);
    CHECK(change.task.state.gen == task.state.gen + 1);
    CHECK(change.task.state.hwm == kEarliest);
    CHECK(change.task.open == 0);
    REQUIRE(history(store).size() == 1);
    CHECK(history(store)[0].key == fire.key);
    CHECK(history(store)[0].reason == Reason::replaced);
    CHECK_THROWS_AS(change_definition(store, every("digest", kHour)), Error);  // without a schedule
    CHECK(store.get("digest")->state.rev == change.task.state.rev);
}

TEST_CASE("a schedule moved to slots that ran before gets keys of its own") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    start(store, ref(fire));
    finish(store, ref(fire));
    TaskState state = store.get("digest")->state;
    state.next_slot = state.next_due = kStart;
    REQUIRE(change_state(store, "digest", state).outcome == Outcome::done);
    const OpenFire again = claim(store, "digest");
    CHECK(again.key.slot == fire.key.slot);
    CHECK(again.key != fire.key);
    CHECK(fire_id(1, again.key) != fire_id(1, fire.key));
}

TEST_CASE("deleting skips what has not started, and lets what runs finish") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    const OpenFire running = claim(store, "digest", kStart + 1);
    REQUIRE(start(store, ref(running)) == Outcome::done);
    const OpenFire claimed = claim(store, "digest", kStart + 2);
    Claim waiting = claiming(*store.get("digest"), kStart);
    waiting.plan.runs[0].waiting = true;
    waiting = apply(store, waiting);
    run_now(store, "digest");

    CHECK(remove(store, "other").outcome == Outcome::missing);
    const Remove removed = remove(store, "digest", kStart + 3);
    CHECK(removed.outcome == Outcome::done);
    CHECK(removed.removed == 1);
    CHECK_FALSE(store.get("digest").has_value());
    CHECK(store.counts().active == 0);
    CHECK(look(store, kStart + kDay).ready.empty());
    const auto rows = history(store, "digest");
    REQUIRE(rows.size() == 3);
    for (const HistoryRow& row : rows) {
        CHECK(row.state == FireState::skipped);
        CHECK(row.reason == Reason::deleted);
        CHECK(row.finished_at == kStart + 3);
        CHECK(row.key.uid == task.state.uid);
    }
    CHECK(start(store, ref(claimed)) == Outcome::refused);

    // The same id again is another task: its fires and those of the first never meet.
    const StoredTask second = add(store, every("digest"));
    CHECK(second.number != task.number);
    CHECK(claim(store, "digest").key != running.key);
    CHECK(finish(store, ref(running), FireState::done, kStart + 4) == Outcome::done);
    CHECK(history(store, "digest").at(0).key == running.key);
    CHECK(history(store, "digest").at(0).task_id == "digest");
}

TEST_CASE("numbers of deleted tasks are not given again") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask first = add(store, every("digest"));
    remove(store, "digest");
    backend.reopen();
    CHECK(add(store, every("digest")).number > first.number);
}

TEST_CASE("a released run of a deleted task is skipped") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    start(store, ref(fire));
    remove(store, "digest");
    CHECK(release(store, ref(fire)) == Outcome::done);
    CHECK(look(store, kStart + kDay).ready.empty());
    REQUIRE(history(store).size() == 1);
    CHECK(history(store)[0].state == FireState::skipped);
    CHECK(history(store)[0].reason == Reason::deleted);
}

TEST_CASE("an empty id deletes all") {
    Backend backend;
    Store& store = backend.store();
    CHECK(remove(store, "").outcome == Outcome::done);
    for (const char* id : {"a", "b", "c"}) add(store, every(id));
    const OpenFire running = claim(store, "a");
    start(store, ref(running));
    claim(store, "b");
    const Remove removed = remove(store, "");
    CHECK(removed.outcome == Outcome::done);
    CHECK(removed.removed == 3);
    CHECK(store.counts().active == 0);
    CHECK(history(store).size() == 1);
    CHECK(finish(store, ref(running)) == Outcome::done);
    CHECK(history(store, "a").size() == 1);
    backend.reopen();
    CHECK(store.lanes().empty());
}

TEST_CASE("a change of a revision is not one of another task that has the id by now") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask before = add(store, every("digest"));
    remove(store, "digest");
    const StoredTask now = add(store, every("digest", kMinute));
    REQUIRE(now.state.rev == before.state.rev);
    Change change;
    change.id = "digest";
    change.rev = before.state.rev;
    change.state = before.state;
    CHECK(apply(store, change).outcome == Outcome::refused);
    CHECK(store.get("digest")->state.next_slot == now.state.next_slot);
}
