#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

Definition with(const std::string& id, OnCrash on_crash, std::int32_t max_crashes = 3) {
    Definition out = every(id);
    out.policies.on_crash = on_crash;
    out.policies.max_crashes = max_crashes;
    return out;
}

// The one fire that is ready, taken again.
OpenFire take_ready(Store& store) {
    const Look found = look(store, kStart + kMinute);
    REQUIRE(found.ready.size() == 1);
    OpenFire fire = found.ready[0];
    const Take take = apply(store, Take{.fire = ref(fire), .now_wall = kStart});
    REQUIRE(take.outcome == Outcome::done);
    fire.token = take.token;
    return fire;
}

}  // namespace

TEST_CASE("a claimed fire of a dead process is ready again, whatever the policy") {
    for (const OnCrash on_crash : {OnCrash::rerun, OnCrash::mark_lost}) {
        Backend backend;
        Store& store = backend.store();
        add(store, with("digest", on_crash), kStart + kMinute);
        const OpenFire fire = claim(store, "digest");
        backend.reopen(kStart + kMinute);
        REQUIRE(backend.left().ready.size() == 1);
        const OpenFire& recovered = backend.left().ready[0];
        CHECK(recovered.key == fire.key);
        CHECK(recovered.state == FireState::ready);
        CHECK(recovered.crashes == 0);
        CHECK(recovered.token > fire.token);
        CHECK(recovered.task.definition->id == "digest");
        CHECK(backend.left().lost.empty());
        CHECK(start(store, ref(fire)) == Outcome::refused);
        CHECK(start(store, ref(take_ready(store))) == Outcome::done);
        CHECK(history(store).empty());
    }
}

TEST_CASE("a running fire is run again until it has crashed too often") {
    Backend backend;
    Store& store = backend.store();
    add(store, with("digest", OnCrash::rerun, 3), kStart + kHour);
    OpenFire fire = claim(store, "digest");
    for (int crash = 1; crash < 3; ++crash) {
        REQUIRE(start(store, ref(fire)) == Outcome::done);
        backend.reopen();
        REQUIRE(backend.left().ready.size() == 1);
        CHECK(backend.left().ready[0].crashes == crash);
        CHECK(finish(store, ref(fire)) == Outcome::refused);
        fire = take_ready(store);
        CHECK(fire.crashes == crash);
        CHECK(fire.attempt == 1);
    }
    REQUIRE(start(store, ref(fire), kStart + 7) == Outcome::done);
    backend.reopen(kStart + kMinute);
    CHECK(backend.left().ready.empty());
    REQUIRE(backend.left().lost.size() == 1);
    CHECK(backend.left().lost[0].key == fire.key);
    CHECK(backend.left().lost[0].state == FireState::lost);
    const auto rows = history(store);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == FireState::lost);
    CHECK(rows[0].reason == Reason::crashed);
    CHECK(rows[0].crashes == 3);
    CHECK(rows[0].started_at == kStart + 7);
    CHECK(rows[0].finished_at == kStart + kMinute);
    CHECK(store.get("digest")->open == 0);
    CHECK(store.get("digest")->state.runs == 3);
}

TEST_CASE("mark_lost never starts twice") {
    Backend backend;
    Store& store = backend.store();
    add(store, with("digest", OnCrash::mark_lost));
    const OpenFire fire = claim(store, "digest");
    REQUIRE(start(store, ref(fire)) == Outcome::done);
    backend.reopen();
    REQUIRE(backend.left().lost.size() == 1);
    CHECK(look(store, kStart + kSecond).ready.empty());
    CHECK(history(store).at(0).state == FireState::lost);
    backend.reopen();
    CHECK(backend.left().lost.empty());
}

TEST_CASE("what waits is ready once the lost run is out of its way") {
    Backend backend;
    Store& store = backend.store();
    Claim two = claiming(add(store, with("queued", OnCrash::mark_lost)), kStart);
    PlannedRun waiting;
    waiting.slot = waiting.last = two.plan.hwm = kStart + 1;
    waiting.waiting = true;
    two.plan.runs.push_back(waiting);
    two = apply(store, two);
    REQUIRE(start(store, ref(two.fires[0])) == Outcome::done);
    backend.reopen();
    const Look found = look(store, kStart + 2);
    REQUIRE(found.ready.size() == 1);
    CHECK(found.ready[0].key.slot == kStart + 1);
}

TEST_CASE("what is ready or waiting stays so over a restart") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"), kStart + kHour);
    run_now(store, "digest");
    const OpenFire before = look(store, kStart).ready.at(0);
    backend.reopen();
    CHECK(backend.left().ready.empty());
    const OpenFire after = look(store, kStart).ready.at(0);
    CHECK(after.key == before.key);
    CHECK(after.token == before.token);
}

TEST_CASE("a run of a deleted task dies with its process") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    REQUIRE(start(store, ref(fire)) == Outcome::done);
    remove(store, "digest");
    backend.reopen();
    REQUIRE(backend.left().lost.size() == 1);
    CHECK(backend.left().lost[0].key == fire.key);
    REQUIRE(history(store, "digest").size() == 1);
    CHECK(history(store, "digest")[0].state == FireState::lost);
    backend.reopen();
    CHECK(backend.left().lost.empty());
}

TEST_CASE("a failed opening changes nothing and can be tried again") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"), kStart + kHour);
    claim(store, "digest");
    backend.failing_step = "join.before_commit";
    CHECK_THROWS_AS(backend.reopen(), Error);
    CHECK_THROWS_AS(static_cast<void>(store.get("digest")), Error);
    Batch batch;
    batch.runs.emplace_back().id = "digest";
    CHECK_THROWS_AS(store.apply(batch), Error);
    backend.failing_step.clear();
    backend.open();
    CHECK(backend.left().ready.size() == 1);
}

TEST_CASE("the store's identity stays, and is another for another store") {
    Backend backend;
    const std::uint64_t hash = backend.opened().store_hash;
    backend.reopen();
    CHECK(backend.opened().store_hash == hash);
    Backend other;
    CHECK(other.opened().store_hash != hash);
}
