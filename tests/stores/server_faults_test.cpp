// What any store on a server does when the connection or the server fails.
#include <csignal>

#include "core/platform/descriptors.hpp"
#include "tests/stores/server_faults.hpp"

using namespace ledger;

TEST_CASE("an answer that is lost behind a commit: it may have happened, and is known again") {
    ServerBackend backend;
    Store& store = backend.store();
    {
        const Fails lost(Fault::cut_unanswered, backend.place());
        CHECK(throws<MaybeDone>([&] { add(store, every("digest")); }));
    }
    CHECK(apply(store, adding(every("digest"))).result == Add::Result::unchanged);

    Claim asked = claiming(*store.get("digest"), kStart);
    asked.id = 4711;
    {
        const Fails lost(Fault::cut_unanswered, backend.place());
        Batch batch;
        batch.claims.push_back(asked);
        CHECK(throws<MaybeDone>([&] { store.apply(batch); }));
        CHECK(batch.claims[0].outcome == Outcome::none);
        CHECK(batch.claims[0].fires.empty());
    }
    store.recall(asked);
    REQUIRE(asked.outcome == Outcome::done);
    REQUIRE(asked.fires.size() == 1);
    const FireRef fire = ref(asked.fires[0]);
    CHECK(store.mine() == std::vector<FireRef>{fire});
    {
        const Fails lost(Fault::cut_unanswered, backend.place());
        CHECK(throws<MaybeDone>([&] { start(store, fire); }));
    }
    CHECK(start(store, fire) == Outcome::done);
    CHECK(store.get("digest")->state.runs == 1);
    {
        const Fails lost(Fault::cut_unanswered, backend.place());
        CHECK(throws<MaybeDone>([&] { finish(store, fire); }));
    }
    CHECK(finish(store, fire) == Outcome::done);
    CHECK(history(store).size() == 1);
    RunNow run = asking_for("digest");
    for (const bool lost_answer : {true, false}) {
        const Fails lost(lost_answer ? Fault::cut_unanswered : Fault::none, backend.place());
        Batch batch;
        batch.runs.push_back(run);
        CHECK(throws<MaybeDone>([&] { store.apply(batch); }) == lost_answer);
    }
    CHECK(look(store, kStart).ready.size() == 1);
    {
        const Fails lost(Fault::cut_unanswered, backend.place());
        CHECK(throws<MaybeDone>([&] { remove(store, "digest"); }));
    }
    CHECK(remove(store, "digest").outcome == Outcome::missing);
    CHECK(backend.place().open_fires() == 0);
}

TEST_CASE("a server that dies and comes back is found again, by store and beat") {
    const auto server = make_durable_server();
    if (!server->is_own()) return;
    const auto place = make_server_place(*server);
    const auto store = place->make_store();
    static_cast<void>(store->open({.wall = kStart, .label = "worker", .retention = {}}));
    const auto membership = store->membership();
    add(*store, every("digest"));
    const OpenFire fire = claim(*store, "digest");
    static_cast<void>(membership->beat());
    const int descriptor = membership->descriptor();
    server->stop(SIGKILL);
    CHECK(throws<Error>([&] { start(*store, ref(fire)); }));
    CHECK(throws<Error>([&] { start(*store, ref(fire)); }));
    static_cast<void>(membership->heard());
    CHECK(throws<Error>([&] { static_cast<void>(membership->beat()); }));
    CHECK(membership->descriptor() == descriptor);
    if (place->tells()) CHECK_FALSE(is_readable(descriptor));  // or whoever waits on it would spin
    server->start();
    CHECK(start(*store, ref(fire)) == Outcome::done);
    CHECK(membership->beat().standing);
    CHECK(finish(*store, ref(fire)) == Outcome::done);
    if (!place->tells()) return store->close();
    // It listens again.
    const auto other = place->make_store();
    static_cast<void>(other->open({.wall = kStart, .label = "worker", .retention = {}}));
    add(*other, every("other"));
    wait_readable(descriptor, -1, std::chrono::seconds(5));
    CHECK(is_readable(descriptor));
    CHECK(membership->heard());
    other->close();
    store->close();
}
