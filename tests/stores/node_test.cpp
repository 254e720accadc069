// A node is one opening of a store, and recovery is a request for one dead node.
#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

// `count` fires of one task, claimed by this node; slots a second apart.
void claim_many(Store& store, const std::string& id, int count) {
    Claim claim = claiming(*store.get(id), kStart);
    claim.plan.runs.clear();
    for (int i = 0; i < count; ++i) claim.plan.runs.push_back({.slot = kStart + i, .last = kStart + i});
    claim.plan.hwm = kStart + count;
    claim.plan.next_slot = claim.plan.next_due = kStart + kHour;
    REQUIRE(apply(store, claim).outcome == Outcome::done);
}

}  // namespace

TEST_CASE("each opening is a node of its own, whatever its label") {
    Backend backend;
    const NodeNumber first = backend.opened().node;
    CHECK(first > 0);
    CHECK(backend.opened().dead.empty());
    backend.reopen();
    CHECK(backend.opened().node > 0);
    CHECK(backend.opened().node != first);
    CHECK(backend.opened().dead == std::vector<NodeNumber>{first});
    backend.reopen();
    CHECK(backend.opened().dead.size() == 1);  // the row of the first went with its recovery
}

TEST_CASE("opening takes nothing from anybody: recovery does, in pieces") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    claim_many(store, "digest", 25);
    add(store, every("other"), kStart + kMinute);
    const OpenFire other = claim(store, "other");
    store.close();
    const Opened opened = store.open({.wall = kStart, .label = "node-1", .retention = {}});
    CHECK(look(store, kStart + kSecond).ready.empty());
    CHECK(start(store, ref(other)) == Outcome::refused);

    REQUIRE(opened.dead.size() == 1);
    std::size_t recovered = 0;
    for (const std::size_t expected : {10U, 10U, 6U}) {
        const Recovered piece = store.recover(opened.dead[0], kStart, 10);
        CHECK(piece.ready.size() == expected);
        CHECK(piece.lost.empty());
        CHECK(piece.more == (expected == 10));
        recovered += piece.ready.size();
        CHECK(look(store, kStart + kSecond).ready.size() == recovered);
    }
    // The same request again finds nothing.
    const Recovered again = store.recover(opened.dead[0], kStart, 10);
    CHECK(again.ready.empty());
    CHECK_FALSE(again.more);
}

TEST_CASE("what this node holds is not recovered with the dead") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    claim(store, "digest");
    store.close();
    const Opened opened = store.open({.wall = kStart, .label = "node-1", .retention = {}});
    const OpenFire ours = claim(store, "digest", kStart + 10 * kSecond);
    CHECK(recover_dead(store, opened).ready.size() == 1);
    CHECK(start(store, ref(ours)) == Outcome::done);
    CHECK(finish(store, ref(ours)) == Outcome::done);
}

TEST_CASE("a node's own fires are those that it claimed or took, and has not ended") {
    Backend backend;
    Store& store = backend.store();
    CHECK(store.mine().empty());
    for (const char* id : {"claimed", "running", "ended", "freed", "deleted"}) add(store, every(id));
    const OpenFire claimed = claim(store, "claimed");
    const OpenFire running = claim(store, "running");
    const OpenFire deleted = claim(store, "deleted");
    start(store, ref(running));
    start(store, ref(deleted));
    remove(store, "deleted");
    const OpenFire ended = claim(store, "ended");
    start(store, ref(ended));
    finish(store, ref(ended));
    release(store, ref(claim(store, "freed")));
    CHECK(store.mine() == std::vector<FireRef>{ref(claimed), ref(running), ref(deleted)});
    // Another node has none of them.
    backend.reopen();
    CHECK(store.mine().empty());
}

TEST_CASE("history shows the label of whoever ran a fire") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    start(store, ref(fire));
    finish(store, ref(fire));
    CHECK(history(store).at(0).owner == "node-1");
}

TEST_CASE("a run by hand that is asked for twice under one number is one run") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"), kStart + kHour);
    const RunNow asked = asking_for("digest");
    for (int i = 0; i < 2; ++i) {
        Batch batch;
        batch.runs.push_back(asked);
        store.apply(batch);
        CHECK(batch.runs[0].outcome == Outcome::done);
        CHECK(batch.runs[0].key.slot == asked.request);
    }
    CHECK(look(store, kStart).ready.size() == 1);
    Take take;
    take.fire = ref(look(store, kStart).ready.at(0));
    REQUIRE(apply(store, take).outcome == Outcome::done);
    ++take.fire.token;
    start(store, take.fire);
    finish(store, take.fire);
    Batch again;  // when it is over
    again.runs.push_back(asked);
    store.apply(again);
    CHECK(again.runs[0].outcome == Outcome::done);
    CHECK(look(store, kStart).ready.empty());
    CHECK(history(store).size() == 1);
}
