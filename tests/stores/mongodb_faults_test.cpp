// What a store on MongoDB does when the connection, the server or what is asked of it fails, and when nodes come
// between.
#include "tests/stores/child.hpp"
#include "tests/stores/mongodb_place.hpp"
#include "tests/stores/server_faults.hpp"
#include "tests/stores/server_node.hpp"

using namespace ledger;
using uvsched::mongodb::Document;

namespace {

// The message of an opening that fails; empty: it does not.
std::string opening(MongodbOptions options) {
    const auto store = make_mongodb_store(std::move(options));
    return message_of([&] { static_cast<void>(store->open({.label = "worker", .retention = {}})); });
}

MongodbOptions faulty(const MongodbPlace& place) {
    MongodbOptions out = place.options();
    out.driver = FaultyMongodb::table();
    return out;
}

// While it lives, the server answers a command so.
class Answers {
public:
    Answers(std::string command, Document answer) {
        FaultyMongodb::answer_instead = [command = std::move(command), answer = std::move(answer)](
                                            const std::string& name) { return name == command ? answer : Document(); };
    }
    ~Answers() { FaultyMongodb::answer_instead = {}; }
    Answers(const Answers&) = delete;
    Answers& operator=(const Answers&) = delete;
};

Document error_of(int code, const std::string& text) { return {{"ok", 0}, {"code", code}, {"errmsg", text}}; }

}  // namespace

TEST_CASE("a connection that is gone before anything was sent: it did not happen, and the next request goes through") {
    MongodbBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    {
        const Fails lost(Fault::cut_unsent, "update tasks");
        CHECK(throws<Error>([&] { claim(store, "digest"); }));
    }
    {
        const Fails lost(Fault::cut_unsent, "update tasks");
        CHECK_FALSE(throws<MaybeDone>([&] { claim(store, "digest"); }));
    }
    CHECK(store.get("digest")->open == 0);
    {
        const Fails lost(Fault::cut_unanswered, "find tasks");
        CHECK(throws<Error>([&] { static_cast<void>(store.get("digest")); }));
    }
    CHECK(claim(store, "digest").state == FireState::claimed);
}

TEST_CASE("what the server refuses did not happen, and the error says what to do") {
    MongodbBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const auto refused = [&](int code, const std::string& text) {
        const Answers answers("update tasks", error_of(code, text));
        return message_of([&] { claim(store, "digest"); });
    };
    CHECK(says(refused(13, "not authorized"), "not authorized; the user needs the role readWrite in this database"));
    CHECK(says(refused(10'107, "not master"), "; the server takes no writes: name all servers of the replica set"));
    {
        const Answers answers("update tasks", error_of(11'600, "interrupted at shutdown"));
        CHECK(throws<MaybeDone>([&] { claim(store, "digest"); }));
    }
    {
        const Answers answers("update tasks",
                              {{"ok", 1}, {"n", 1}, {"writeConcernError", {{"errmsg", "no majority"}}}});
        CHECK(throws<MaybeDone>([&] { claim(store, "digest"); }));
    }
    CHECK(store.get("digest")->open == 0);
}

TEST_CASE("a task that the database does not take is named as the fault") {
    MongodbBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const Document error{{"index", 0}, {"code", 121}, {"errmsg", "Document failed validation"}};
    const Answers answers("update tasks", {{"ok", 1}, {"n", 0}, {"writeErrors", Document::array({error})}});
    CHECK(throws<Refused>([&] { claim(store, "digest"); }));
}

TEST_CASE("an end that is half way to the history is brought there by whoever meets it") {
    MongodbBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    REQUIRE(start(store, ref(fire)) == Outcome::done);
    {
        const Fails lost(Fault::cut_unsent, "insert history");
        CHECK(throws<MaybeDone>([&] { finish(store, ref(fire)); }));
    }
    CHECK(history(store).empty());
    CHECK(store.get("digest")->open == 0);
    SUBCASE("by the same request") { CHECK(finish(store, ref(fire)) == Outcome::done); }
    SUBCASE("by a claim of the same task") { claim(store, "digest"); }
    SUBCASE("by another node that opens the store") { Node other(backend.place()); }
    SUBCASE("where it is there already") {
        const Fails lost(Fault::cut_unsent, "update tasks");  // it is there, and its task does not know
        CHECK(throws<Error>([&] { finish(store, ref(fire)); }));
        CHECK(history(store).size() == 1);
        CHECK(finish(store, ref(fire)) == Outcome::done);
    }
    REQUIRE(history(store).size() == 1);
    CHECK(history(store)[0].state == FireState::done);
    const Document task = backend.place().find(backend.place().name()).at(0);
    CHECK(task["ended"].empty());
    CHECK(task["half"] == false);
}

TEST_CASE("a deleted task goes when the last of its runs has ended, and its end is kept") {
    MongodbBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    REQUIRE(start(store, ref(fire)) == Outcome::done);
    CHECK(remove(store, "digest").outcome == Outcome::done);
    CHECK(backend.place().find(backend.place().name()).size() == 1);
    const StoredTask again = add(store, every("digest"));
    CHECK(again.number != fire.task.number);
    CHECK(finish(store, ref(fire)) == Outcome::done);
    CHECK(backend.place().find(backend.place().name()).size() == 1);
    CHECK(history(store, "digest").size() == 1);
}

// The others take a node for dead while its claim is on its way.
TEST_CASE("a claim that comes when its node is dead already is held by nobody, and is found") {
    MongodbPlace place;
    Node other(place);
    add(other.store(), every("digest"));
    const auto slow = place.make_faulty_store();
    const NodeNumber number = slow->open({.wall = kStart, .label = "slow", .retention = {}}).node;
    {
        const Fails late(Fault::none, [&](const std::string& name) {
            if (name != "update tasks") return false;
            static_cast<void>(other.store().recover(number, kStart, 100));
            return true;
        });
        CHECK(throws<NodeLost>([&] { claim(*slow, "digest"); }));
    }
    CHECK(other.store().get("digest")->open == 1);
    std::vector<PeerBeat> peers;
    for (int beat = 0; beat < 5; ++beat) peers = other.beat().peers;  // once a lease
    REQUIRE(peers.size() == 1);
    CHECK(peers[0].node == number);
    CHECK(peers[0].gone);
    CHECK(other.store().recover(number, kStart, 100).ready.size() == 1);
    for (int beat = 0; beat < 5; ++beat) CHECK(other.beat().peers.empty());
    slow->close();
}

TEST_CASE("collections that were dropped are a lost store, for node and beat") {
    MongodbBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const auto membership = store.membership();
    backend.place().clear();
    CHECK(throws<StoreLost>([&] { add(store, every("other")); }));
    CHECK(throws<StoreLost>([&] { static_cast<void>(store.look({.wall = kStart, .lanes = {1}, .limit = 1})); }));
    CHECK(throws<StoreLost>([&] { static_cast<void>(store.changes()); }));
    CHECK(
        says(message_of([&] { static_cast<void>(membership->beat()); }), "the collections of the store were dropped"));
    backend.reopen();
    CHECK(store.list("", 10, true).empty());
    add(store, every("digest"));
}

TEST_CASE("a collection of another program is left alone") {
    MongodbPlace place;
    place.run({{"insert", place.name()}, {"documents", Document::array({{{"_id", "a"}, {"next_run_time", 1.5}}})}});
    CHECK(
        says(opening(place.options()), "has documents of another program: name another collection with ?collection="));
    CHECK(place.find(place.name()).size() == 1);
}

TEST_CASE("a server that is too old, and a store that is too new, say so") {
    MongodbPlace place;
    {
        const Answers answers("buildInfo", {{"ok", 1}, {"version", "4.0.3"}, {"versionArray", {4, 0, 3, 0}}});
        CHECK(says(opening(faulty(place)), "the server is MongoDB \"4.0.3\"; version 4.2 or newer is needed"));
    }
    { const Node node(place); }
    place.set(place.name("nodes"), {{"_id", "store"}}, {{"min_reader", 7}, {"schema", 9}});
    CHECK(
        says(opening(place.options()), "written by a newer uvsched (schema 9, readable from 7 on; this one knows 1)"));
}

TEST_CASE("who cannot be reached, or cannot log in, is named without the password") {
    MongodbPlace place;
    MongodbOptions options = place.options();
    options.user = "me";
    options.password = "s3cret/7";
    const std::string refused = opening(options);
    CHECK(says(refused, place.options().place()));
    CHECK_FALSE(says(refused, "s3cret"));
    options.hosts = {"127.0.0.1:1"};
    const std::string unreachable = opening(options);
    CHECK(says(unreachable, "mongodb://127.0.0.1:1/uvsched_tests: "));
    CHECK_FALSE(says(unreachable, "s3cret"));
    const Answers answers("ping", error_of(18, "Authentication failed for me with s3cret/7 or s3cret%2f7"));
    options.driver = FaultyMongodb::table();
    options.hosts = place.options().hosts;
    options.user.clear();
    CHECK(says(opening(options), "Authentication failed for me with *** or ***"));
}

TEST_CASE("numbers that a shell has written are numbers, and what is none sets its task apart") {
    MongodbBackend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    backend.place().set(backend.place().name(), {{"key", "digest"}}, {{"next_due", 1.5e15}, {"next_slot", 1.5e15}});
    CHECK(store.get("digest")->state.next_due == 1'500'000'000'000'000);
    backend.place().set(backend.place().name(), {{"key", "digest"}}, {{"hwm", "yesterday"}});
    const Look found = look(store, kStart);
    REQUIRE(found.quarantined.size() == 1);
    CHECK(found.quarantined[0].id == "digest");
    CHECK(says(found.quarantined[0].why, "hwm: not a whole number"));
    CHECK(look(store, kStart).quarantined.empty());
    backend.place().set(backend.place().name(), {{"key", "digest"}}, {{"hwm", nullptr}});
    backend.reopen();
    CHECK(backend.opened().quarantined.empty());
    CHECK(look(store, kStart).due.size() == 1);
    CHECK(look(store, kStart).due[0].number == task.number);
}

TEST_CASE("a child of a fork leaves the parent's connections and its node alone") {
    MongodbPlace place;
    Node node(place);
    Node other(place);
    add(node.store(), every("digest"));
    Child child([&](Child&) {
        node.store().close();
        return 0;
    });
    CHECK(child.exit_status() == 0);
    CHECK(node.beat().standing);
    REQUIRE(other.beat().peers.size() == 1);
    CHECK_FALSE(other.beat().peers[0].gone);
    CHECK(claim(node.store(), "digest").state == FireState::claimed);
}
