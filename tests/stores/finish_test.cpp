#include "tests/stores/ledger.hpp"

using namespace ledger;

TEST_CASE("a finished run is a row of history with all there is to tell") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    const OpenFire fire = claim(store, "digest", kStart + 1);
    REQUIRE(start(store, ref(fire), kStart + 2) == Outcome::done);
    Batch batch;
    Finish finish = finishing(ref(fire), FireState::failed, kStart + 9);
    finish.started_at = kStart + 3;
    finish.result = "{\"sent\":3}";
    finish.error = "ValueError: no";
    batch.finishes.push_back(finish);
    store.apply(batch);
    REQUIRE(batch.finishes[0].outcome == Outcome::done);
    CHECK(store.get("digest")->open == 0);
    const auto rows = history(store, "digest");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].seq > 0);
    CHECK(rows[0].task_id == "digest");
    CHECK(rows[0].key == fire.key);
    CHECK(rows[0].fire_id == fire_id(backend.opened().store_hash, fire.key).data());
    CHECK(rows[0].first == kStart);
    CHECK(rows[0].last == kStart);
    CHECK(rows[0].folded == 1);
    CHECK(rows[0].exact);
    CHECK(rows[0].state == FireState::failed);
    CHECK(rows[0].reason == Reason::none);
    CHECK(rows[0].attempt == 1);
    CHECK(rows[0].crashes == 0);
    CHECK(rows[0].owner == "node-1");
    CHECK(rows[0].claimed_at == kStart + 1);
    CHECK(rows[0].started_at == kStart + 3);
    CHECK(rows[0].finished_at == kStart + 9);
    CHECK(rows[0].result == "{\"sent\":3}");
    CHECK(rows[0].error == "ValueError: no");
    CHECK(rows[0].late_result.empty());
}

TEST_CASE("finishing twice succeeds and writes once") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    start(store, ref(fire));
    CHECK(finish(store, ref(fire)) == Outcome::done);
    CHECK(finish(store, ref(fire)) == Outcome::done);
    CHECK(history(store).size() == 1);
    // Also where the task is gone by then.
    remove(store, "digest");
    CHECK(finish(store, ref(fire)) == Outcome::done);
    backend.reopen();
    CHECK(finish(store, ref(fire)) == Outcome::done);
    CHECK(history(store).at(0).late_result.empty());
}

TEST_CASE("a start and an end in one batch are written in this order") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    Batch batch;
    batch.starts.push_back({.fire = ref(fire), .now_wall = 2'000, .outcome = Outcome::none});
    batch.finishes.push_back(finishing(ref(fire), FireState::done));
    store.apply(batch);
    CHECK(batch.starts[0].outcome == Outcome::done);
    CHECK(batch.finishes[0].outcome == Outcome::done);
    CHECK(history(store).at(0).state == FireState::done);
    CHECK(store.get("digest")->state.runs == 1);
}

TEST_CASE("an end proves the start that another file has") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    Batch batch;
    batch.finishes.push_back(finishing(ref(fire), FireState::done));
    batch.finishes[0].started_at = 2'000;
    store.apply(batch);
    CHECK(batch.finishes[0].outcome == Outcome::done);
    CHECK(history(store).at(0).started_at == 2'000);
    CHECK(store.get("digest")->state.runs == 1);
}

TEST_CASE("what was claimed can be cancelled") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    Batch batch;
    batch.finishes.push_back(finishing(ref(fire), FireState::cancelled));
    batch.finishes[0].reason = Reason::cancelled;
    store.apply(batch);
    CHECK(batch.finishes[0].outcome == Outcome::done);
    CHECK(history(store).at(0).state == FireState::cancelled);
    CHECK(history(store).at(0).reason == Reason::cancelled);
}

TEST_CASE("a fire that was never there is refused") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    FireRef fire = ref(claim(store, "digest"));
    start(store, fire);
    FireRef wrong = fire;
    ++wrong.key.slot;
    CHECK(finish(store, wrong) == Outcome::refused);
    wrong = fire;
    ++wrong.token;
    CHECK(finish(store, wrong) == Outcome::refused);
    wrong = fire;
    wrong.task += 7;
    CHECK(finish(store, wrong) == Outcome::refused);
    CHECK(store.get("digest")->open == 1);
    CHECK(finish(store, fire) == Outcome::done);
}

TEST_CASE("a refused finish is kept as the late result") {
    Backend backend;
    Store& store = backend.store();
    Definition once = every("once");
    once.policies.on_crash = OnCrash::mark_lost;
    add(store, once);
    const OpenFire fire = claim(store, "once");
    start(store, ref(fire));
    backend.reopen();
    REQUIRE(history(store).at(0).state == FireState::lost);
    Batch batch;
    batch.finishes.push_back(finishing(ref(fire)));
    batch.finishes[0].result = "[1]";
    store.apply(batch);
    CHECK(batch.finishes[0].outcome == Outcome::refused);
    const auto rows = history(store);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == FireState::lost);
    CHECK(rows[0].late_result == "[1]");
}

TEST_CASE("a released fire is ready again under another token") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    OpenFire fire = claim(store, "digest");
    CHECK(release(store, ref(fire), kStart + 5) == Outcome::done);
    CHECK(release(store, ref(fire)) == Outcome::refused);
    CHECK(start(store, ref(fire)) == Outcome::refused);
    CHECK(finish(store, ref(fire), FireState::cancelled) == Outcome::refused);

    const auto take_again = [&] {
        const Look found = look(store, kStart + kMinute / 2);
        REQUIRE(found.ready.size() == 1);
        CHECK(found.ready[0].key == fire.key);
        CHECK(found.ready[0].attempt == 1);
        fire = found.ready[0];
        const Take take = apply(store, Take{.fire = ref(fire), .now_wall = kStart + 6});
        REQUIRE(take.outcome == Outcome::done);
        fire.token = take.token;
    };
    take_again();
    CHECK(start(store, ref(fire)) == Outcome::done);
    CHECK(store.get("digest")->state.runs == 1);
    // The call was never made after all: it does not count as a run.
    CHECK(release(store, ref(fire)) == Outcome::done);
    CHECK(store.get("digest")->state.runs == 0);
    take_again();
    CHECK(start(store, ref(fire)) == Outcome::done);
    CHECK(finish(store, ref(fire)) == Outcome::done);
    CHECK(store.get("digest")->state.runs == 1);
    CHECK(history(store).size() == 1);
}

TEST_CASE("a fire that comes back when its task is deleted ends, and the answer says so") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    REQUIRE(start(store, ref(fire)) == Outcome::done);
    Batch batch;
    batch.removes.push_back({.id = "digest", .now_wall = kStart + 1});
    store.apply(batch);
    CHECK(batch.removes[0].dropped.empty());  // it runs, for all that the store knows
    batch = {};
    batch.releases.push_back({.fire = ref(fire), .now_wall = kStart + 2, .task = fire.task.definition});
    store.apply(batch);
    CHECK(batch.releases[0].outcome == Outcome::done);
    REQUIRE(batch.releases[0].dropped);
    CHECK(batch.releases[0].dropped->id == "digest");
    CHECK(batch.releases[0].dropped->name == fire.task.definition->name);
    CHECK(batch.releases[0].dropped->miss.reason == Reason::deleted);
    const auto rows = history(store);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == FireState::skipped);
    CHECK(rows[0].first == batch.releases[0].dropped->miss.first);
    CHECK(rows[0].last == batch.releases[0].dropped->miss.last);
}

TEST_CASE("waiting fires become ready as runs end, the oldest first") {
    Backend backend;
    Store& store = backend.store();
    Definition queued = every("queued");
    queued.policies.max_instances = 2;
    Claim many = claiming(add(store, queued), kStart);
    many.plan.runs.clear();
    for (const Instant slot : {kStart, kStart + 1, kStart + 2, kStart + 3}) {
        PlannedRun run;
        run.slot = run.last = slot;
        run.waiting = slot > kStart + 1;
        many.plan.runs.push_back(run);
    }
    many.plan.hwm = kStart + 3;
    many = apply(store, many);
    REQUIRE(many.fires.size() == 4);
    CHECK(many.fires[2].state == FireState::waiting);
    CHECK(many.fires[3].task.open == 4);
    CHECK(look(store, kStart + 9).ready.empty());
    CHECK(start(store, ref(many.fires[2])) == Outcome::refused);

    for (int i = 0; i < 2; ++i) REQUIRE(start(store, ref(many.fires[static_cast<std::size_t>(i)])) == Outcome::done);
    CHECK(finish(store, ref(many.fires[1]), FireState::done, kStart + 5) == Outcome::done);
    Look found = look(store, kStart + 5);
    REQUIRE(found.ready.size() == 1);
    CHECK(found.ready[0].key.slot == kStart + 2);
    // Ready counts as under way: the other one waits on.
    CHECK(finish(store, ref(many.fires[0]), FireState::failed, kStart + 6) == Outcome::done);
    found = look(store, kStart + 6);
    REQUIRE(found.ready.size() == 2);
    CHECK(found.ready[1].key.slot == kStart + 3);
}

TEST_CASE("a waiting fire waits while others are under way") {
    Backend backend;
    Store& store = backend.store();
    Claim two = claiming(add(store, every("queued")), kStart);
    PlannedRun waiting;
    waiting.slot = waiting.last = two.plan.hwm = kStart + 1;
    waiting.waiting = true;
    two.plan.runs.push_back(waiting);
    two = apply(store, two);
    run_now(store, "queued");
    REQUIRE(start(store, ref(two.fires[0])) == Outcome::done);
    REQUIRE(finish(store, ref(two.fires[0])) == Outcome::done);
    const Look found = look(store, kStart);
    REQUIRE(found.ready.size() == 1);
    CHECK(found.ready[0].key.kind == FireKind::manual);
}
