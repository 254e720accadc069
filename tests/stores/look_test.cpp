#include "tests/stores/ledger.hpp"

using namespace ledger;

TEST_CASE("a look finds what is due, in order, on the lanes asked for") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("late"), kStart + 2);
    add(store, every("early"), kStart + 1);
    add(store, every("future"), kStart + 10);
    const Look found = look(store, kStart + 2);
    REQUIRE(found.due.size() == 2);
    CHECK(found.due[0].definition->id == "early");
    CHECK(found.due[1].definition->id == "late");
    CHECK_FALSE(found.more);
    CHECK(found.quarantined.empty());

    const Look first = look(store, kStart + 10, 1);
    REQUIRE(first.due.size() == 1);
    CHECK(first.due[0].definition->id == "early");
    CHECK(first.more);
    const LaneNumber late = store.get("late")->lane;
    const Look one_lane = store.look({.wall = kStart + 10, .elapsed = kStart + 10, .lanes = {late}, .limit = 9});
    REQUIRE(one_lane.due.size() == 1);
    CHECK(one_lane.due[0].definition->id == "late");
    CHECK(store.look({.wall = kStart + 10, .elapsed = kStart + 10, .lanes = {}, .limit = 9}).due.empty());
}

TEST_CASE("a look passes over what comes first, if it is told to") {
    Backend backend;
    Store& store = backend.store();
    const auto on_one_lane = [](const std::string& id) {
        Definition task = every(id);
        task.function = "work";
        return task;
    };
    const std::vector<std::string> ids = {"a", "b", "c", "d"};
    for (std::size_t i = 0; i < ids.size(); ++i) add(store, on_one_lane(ids[i]), kStart + static_cast<Instant>(i));
    run_now(store, "a", kStart + 1);
    run_now(store, "b", kStart + 2);
    LookRequest request{.wall = kStart + 10, .elapsed = kStart + 10, .lanes = all_lanes(store), .limit = 9};
    const auto seen = [&](std::size_t skip) {
        request.skip = skip;
        std::string out;
        const Look found = store.look(request);
        for (const StoredTask& task : found.due) out += task.definition->id;
        for (const OpenFire& fire : found.ready) out += " " + fire.task.definition->id;
        return out;
    };
    CHECK(seen(0) == "abcd a b");
    CHECK(seen(1) == "bcd b");
    CHECK(seen(3) == "d");
    CHECK(seen(4).empty());
}

TEST_CASE("each clock line has its own present") {
    Backend backend;
    if (!backend.place().has_elapsed_line()) return;
    Store& store = backend.store();
    add(store, every("wall"), kStart + 10);
    Add other = adding(every("elapsed"), kStart + 5);
    other.state.clock = ClockLine::elapsed;
    apply(store, other);
    const auto lanes = all_lanes(store);
    const auto at = [&](Instant wall, Instant elapsed) {
        return store.look({.wall = wall, .elapsed = elapsed, .lanes = lanes, .limit = 9}).due;
    };
    CHECK(at(kStart + 9, kStart + 4).empty());
    REQUIRE(at(kStart + 10, kStart + 4).size() == 1);
    CHECK(at(kStart + 10, kStart + 4)[0].definition->id == "wall");
    REQUIRE(at(kStart + 9, kStart + 5).size() == 1);
    CHECK(at(kStart + 9, kStart + 5)[0].definition->id == "elapsed");
    // In order of wall time: the elapsed one is due 7 later than it says.
    const auto both = at(kStart + 20, kStart + 13);
    REQUIRE(both.size() == 2);
    CHECK(both[0].definition->id == "wall");

    const Store::Wake wake = store.next_wake(lanes);
    CHECK(wake.wall == kStart + 10);
    CHECK(wake.elapsed == kStart + 5);
}

TEST_CASE("times of the elapsed line become wall times in history") {
    Backend backend;
    if (!backend.place().has_elapsed_line()) return;
    Store& store = backend.store();
    Batch batch;
    batch.shift = kHour;
    store.apply(batch);
    Add given = adding(every("elapsed"), kStart - kHour);
    given.state.clock = ClockLine::elapsed;
    apply(store, given);
    const OpenFire fire = claim(store, "elapsed");
    CHECK(fire.key.slot == kStart - kHour);
    CHECK(fire.last_slot == kStart - kHour);
    start(store, ref(fire));
    batch.shift = 2 * kHour;
    store.apply(batch);  // another step while it runs: the scheduled time it was told stays
    finish(store, ref(fire));
    CHECK(history(store).at(0).first == kStart);
    CHECK(history(store).at(0).last == kStart);
    CHECK(history(store).at(0).key == fire.key);
    const RunNow run = run_now(store, "elapsed", kStart + 2 * kHour);
    CHECK(look(store, kStart + kDay).ready.at(0).last_slot == kStart);
    CHECK(run.outcome == Outcome::done);
    backend.reopen();
    CHECK(backend.opened().line.shift == 2 * kHour);
}

TEST_CASE("the next wake is the earliest due or ready time of the lanes") {
    Backend backend;
    Store& store = backend.store();
    CHECK_FALSE(store.next_wake(all_lanes(store)).wall.has_value());
    add(store, every("a"), kStart + kHour);
    add(store, every("b"), kStart + kMinute);
    CHECK(store.next_wake(all_lanes(store)).wall == kStart + kMinute);
    CHECK_FALSE(store.next_wake(all_lanes(store)).elapsed.has_value());
    const LaneNumber lane = store.get("a")->lane;
    CHECK(store.next_wake(std::vector{lane}).wall == kStart + kHour);
    run_now(store, "a", kStart + 5);
    CHECK(store.next_wake(std::vector{lane}).wall == kStart + 5);
}

TEST_CASE("ready fires and due tasks share the limit, by time") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("due"), kStart + 2);
    add(store, every("ready"), kStart + kDay);
    run_now(store, "ready", kStart + 1);
    run_now(store, "ready", kStart + 3);
    const Look found = look(store, kStart + 9, 2);
    CHECK(found.more);
    REQUIRE(found.due.size() == 1);
    REQUIRE(found.ready.size() == 1);
    CHECK(found.ready[0].last_slot == kStart + 1);
}

TEST_CASE("lanes are what tasks and open fires need") {
    Backend backend;
    Store& store = backend.store();
    CHECK(store.lanes().empty());
    Definition same = every("second");
    same.function = every("first").function;
    add(store, every("first"));
    add(store, same);
    add(store, every("third"));
    auto lanes = store.lanes();
    REQUIRE(lanes.size() == 2);
    CHECK(lanes[0].executor == "default");
    CHECK(lanes[0].function == every("first").function);
    CHECK((lanes[0].example_id == "first" || lanes[0].example_id == "second"));
    CHECK(store.get(lanes[0].example_id)->number == lanes[0].example);
    CHECK(store.get("first")->lane == lanes[0].number);
    CHECK(store.get("second")->lane == lanes[0].number);

    // A lane with paused tasks alone is one; one without tasks is none.
    TaskState paused = store.get("third")->state;
    paused.status = TaskStatus::paused;
    change_state(store, "third", paused);
    CHECK(store.lanes().size() == 2);
    // One with finished tasks alone is one too, but nobody waits for it.
    paused.status = TaskStatus::finished;
    change_state(store, "third", paused);
    lanes = store.lanes();
    REQUIRE(lanes.size() == 2);
    CHECK(lanes[0].example > 0);
    CHECK(lanes[1].example == 0);
    CHECK(lanes[1].example_id.empty());
    remove(store, "third");
    CHECK(store.lanes().size() == 1);
    backend.reopen();
    CHECK(store.lanes().size() == 1);
}

TEST_CASE("tasks are listed in pages by id") {
    Backend backend;
    Store& store = backend.store();
    for (const char* id : {"d", "b", "a", "c", "e"}) add(store, every(id));
    Claim last = claiming(*store.get("c"), kStart);
    last.plan.next_slot.reset();
    last.plan.next_due.reset();
    apply(store, last);
    const auto ids = [&](const std::string& after, std::size_t limit, bool finished) {
        std::string out;
        for (const StoredTask& task : store.list(after, limit, finished)) out += task.definition->id;
        return out;
    };
    CHECK(ids("", 2, false) == "ab");
    CHECK(ids("b", 2, false) == "de");
    CHECK(ids("b", 2, true) == "cd");
    CHECK(ids("", 100, true) == "abcde");
    CHECK(ids("e", 100, true).empty());
    CHECK(store.counts().active == 4);
}

TEST_CASE("the definition decides what a task needs: one that lies on another lane is moved to its own") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask due = add(store, every("due"));
    const StoredTask by_hand = add(store, every("by-hand"), kStart + kHour);
    const StoredTask other = add(store, every("other"), kStart + kHour);
    run_now(store, "by-hand");
    const std::uint64_t changes = store.changes();
    backend.place().put_task_on(due.number, other.lane);
    backend.place().put_ready_fires_on(other.lane);
    const Look astray = store.look({.wall = kStart, .elapsed = kStart, .lanes = {other.lane}, .limit = 9});
    CHECK(astray.due.empty());
    CHECK(astray.ready.empty());
    CHECK(astray.quarantined.empty());
    CHECK(store.changes() != changes);  // this node too has to find it
    const Look found = store.look({.wall = kStart, .elapsed = kStart, .lanes = {due.lane, by_hand.lane}, .limit = 9});
    CHECK(found.due.size() == 1);
    CHECK(found.ready.size() == 1);
    CHECK(store.look({.wall = kStart, .elapsed = kStart, .lanes = {other.lane}, .limit = 9}).due.empty());
}
