#include "tests/stores/ledger.hpp"

using namespace ledger;

TEST_CASE("a row that cannot be read is set apart, reported once, and stops nobody") {
    for (const std::string text : {"", "{", "[]", "{}", "null", "{\"function\":\"f\",\"trigger\":{\"type\":\"moon\"}}",
                                   "{\"function\":7,\"trigger\":{\"type\":\"date\"}}"}) {
        CAPTURE(text);
        Backend backend;
        Store& store = backend.store();
        add(store, every("bad"));
        add(store, every("good"), kStart + 1);
        backend.damage("bad", text);
        Look found = look(store, kStart + kSecond);
        REQUIRE(found.quarantined.size() == 1);
        CHECK(found.quarantined[0].id == "bad");
        CHECK_FALSE(found.quarantined[0].why.empty());
        REQUIRE(found.due.size() == 1);
        CHECK(found.due[0].definition->id == "good");

        found = look(store, kStart + kSecond);
        CHECK(found.quarantined.empty());
        CHECK(found.due.size() == 1);
        CHECK(store.next_wake(all_lanes(store)).wall == kStart + 1);
        CHECK(store.list("", 10, true).size() == 1);
        CHECK(store.counts().active == 1);
        CHECK_THROWS_AS(static_cast<void>(store.get("bad")), Error);
        CHECK(run_now(store, "bad").outcome == Outcome::missing);
        CHECK(change_state(store, "bad", TaskState()).outcome == Outcome::missing);
        CHECK(claim(store, "good").task.definition->id == "good");

        backend.reopen();
        REQUIRE(backend.opened().quarantined.size() == 1);
        CHECK(backend.opened().quarantined[0].id == "bad");
        CHECK(look(store, kStart + kSecond).quarantined.empty());
    }
}

TEST_CASE("a row that was repaired comes back with its state") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("bad"));
    run_now(store, "bad");
    backend.damage("bad", "{");
    CHECK(look(store, kStart).quarantined.size() == 1);
    CHECK(look(store, kStart).ready.empty());
    backend.damage("bad", canonical_json(every("bad")));
    CHECK(backend.opened().quarantined.empty());
    const Look found = look(store, kStart);
    REQUIRE(found.due.size() == 1);
    CHECK(found.due[0].state.uid == task.state.uid);
    CHECK(found.ready.size() == 1);
}

TEST_CASE("adding over an unreadable row is a conflict, or replaces it when asked to") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("bad"));
    const OpenFire fire = claim(store, "bad");
    REQUIRE(start(store, ref(fire)) == Outcome::done);
    backend.damage("bad", "{");
    REQUIRE(backend.left().quarantined.size() == 1);  // its fire was to be recovered

    Add given = adding(every("bad"), kStart + kMinute);
    const Add conflict = apply(store, given);
    CHECK(conflict.result == Add::Result::conflict);
    REQUIRE(conflict.task.definition != nullptr);
    CHECK(difference(*conflict.task.definition, *given.definition).find("cannot be read") != std::string::npos);

    given.on_existing = OnExisting::replace;
    const Add replaced = apply(store, given);
    CHECK(replaced.result == Add::Result::replaced);
    CHECK(replaced.task.state.uid == task.state.uid);
    CHECK(replaced.task.state.gen == task.state.gen + 1);
    CHECK(store.get("bad")->state.next_due == kStart + kMinute);
    // The run of the process that died is recovered now that the policy can be read.
    const Look found = look(store, kStart + kSecond);
    REQUIRE(found.ready.size() == 1);
    CHECK(found.ready[0].key == fire.key);
    CHECK(found.ready[0].crashes == 1);
    backend.reopen();
    CHECK(backend.opened().quarantined.empty());
}

TEST_CASE("an unreadable row goes only when it is deleted") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("bad"));
    backend.damage("bad", "{");
    look(store, kStart);
    CHECK(remove(store, "bad").outcome == Outcome::done);
    CHECK_FALSE(store.get("bad").has_value());
    CHECK(add(store, every("bad")).definition->id == "bad");
}
