// What a store on Redis does when the connection, the server or what is asked of it fails.
#include "tests/stores/redis_place.hpp"
#include "tests/stores/server_faults.hpp"

using namespace ledger;

namespace {

// The message of an opening that fails; empty: it does not.
std::string opening(const std::string& url) {
    const auto store = make_redis_store(RedisPrefix::read(url));
    return message_of([&] { static_cast<void>(store->open({.label = "worker", .retention = {}})); });
}

// While it lives, the server says something else of itself.
class SaysOfItself {
public:
    explicit SaysOfItself(const std::string& lines) {
        FaultyRedis::rewrite = [lines](const std::string& name) {
            return name == "INFO" ? "return '" + lines + "'" : std::string();
        };
    }
    ~SaysOfItself() { FaultyRedis::rewrite = {}; }
    SaysOfItself(const SaysOfItself&) = delete;
    SaysOfItself& operator=(const SaysOfItself&) = delete;
};

}  // namespace

TEST_CASE("a connection that is gone before anything was sent: it did not happen, and the next request goes through") {
    RedisBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    {
        const Fails lost(Fault::cut_unsent, "apply");
        CHECK(throws<Error>([&] { claim(store, "digest"); }));
    }
    {
        const Fails lost(Fault::cut_unsent, "apply");
        CHECK_FALSE(throws<MaybeDone>([&] { claim(store, "digest"); }));
    }
    CHECK(store.get("digest")->open == 0);
    {
        const Fails lost(Fault::cut_unanswered, "get");
        CHECK(throws<Error>([&] { static_cast<void>(store.get("digest")); }));
    }
    CHECK(claim(store, "digest").state == FireState::claimed);
}

TEST_CASE("what the server refuses did not happen, and may be tried again") {
    RedisBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const Fails full(Fault::refused, "apply");
    std::string message;
    CHECK_FALSE(throws<Refused>([&] {
        try {
            claim(store, "digest");
        } catch (const Error& error) {
            message = error.message();
            throw;
        }
    }));
    CHECK(says(message, "OOM made to fail; raise maxmemory"));
    CHECK(store.get("digest")->open == 0);
    CHECK(claim(store, "digest").state == FireState::claimed);
}

TEST_CASE("a server without memory writes all of a batch, or nothing") {
    if (!RedisServer::shared().is_own()) return;
    RedisServer server;
    RedisPrefix place(server);
    const auto store = place.make_store();
    static_cast<void>(store->open({.wall = kStart, .label = "worker", .retention = {}}));
    add(*store, every("digest"));
    const OpenFire fire = claim(*store, "digest");
    start(*store, ref(fire));
    static_cast<void>(place.ask("CONFIG SET maxmemory 1"));
    const std::string message = message_of([&] { finish(*store, ref(fire)); });
    CHECK(says(message, "OOM"));
    CHECK(throws<Error>([&] { run_now(*store, "digest"); }));
    CHECK_FALSE(throws<Refused>([&] { run_now(*store, "digest"); }));
    CHECK(store->get("digest")->open == 1);
    static_cast<void>(place.ask("CONFIG SET maxmemory 0"));
    CHECK(finish(*store, ref(fire)) == Outcome::done);
    CHECK(history(*store).size() == 1);
    store->close();
}

TEST_CASE("keys of another program in the place of this store's: that task is at fault, and loses nothing") {
    RedisBackend backend;
    Store& store = backend.store();
    add(store, every("bad"));
    add(store, every("good"));
    const OpenFire bad = claim(store, "bad");
    const OpenFire good = claim(store, "good");
    backend.place().ask("SET @history:bad mine");
    Batch batch;
    batch.finishes.push_back(finishing(ref(bad)));
    batch.finishes.push_back(finishing(ref(good)));
    CHECK(throws<Refused>([&] { store.apply(batch); }));
    CHECK(finish(store, ref(good)) == Outcome::done);  // it was done
    CHECK(store.get("bad")->open == 1);
    CHECK(store.mine() == std::vector<FireRef>{ref(bad)});
    backend.place().ask("DEL @history:bad");
    CHECK(finish(store, ref(bad)) == Outcome::done);

    const std::string lane = std::to_string(store.get("bad")->lane);
    const StoredTask task = *store.get("bad");
    backend.place().ask("DEL @due:" + lane);
    backend.place().ask("SET @due:" + lane + " mine");
    CHECK(throws<Refused>([&] { apply(store, claiming(task, kStart)); }));
    CHECK(backend.place().ask("GET @due:" + lane) == "mine");
    CHECK(claim(store, "good", kStart + kMinute).state == FireState::claimed);
}

TEST_CASE("what is refused in a later piece of a batch is refused: asked for part by part, all else is done once") {
    RedisBackend backend;
    Store& store = backend.store();
    const StoredTask bad = add(store, every("bad"));
    const StoredTask good = add(store, every("good"));
    const std::string lane = std::to_string(bad.lane);
    backend.place().ask("DEL @due:" + lane);
    backend.place().ask("SET @due:" + lane + " mine");
    Batch batch;
    const auto change = [&](const StoredTask& task, Instant due) {
        Change& out = batch.changes.emplace_back();
        out.id = task.definition->id;
        out.state = task.state;
        out.state->next_due = due;
        out.now_wall = kStart;
    };
    change(good, kStart + kHour);
    change(good, kStart + 2 * kHour);  // the second piece
    change(bad, kStart + kHour);       // of which a key is refused, with this one
    CHECK(throws<Refused>([&] { store.apply(batch); }));
    CHECK(store.get("good")->state.next_due >= kStart + kHour);
    CHECK(apply(store, batch.changes[1]).outcome == Outcome::done);
    CHECK(store.get("good")->state.next_due == kStart + 2 * kHour);
}

TEST_CASE("a server that forgot its scripts is given them again") {
    RedisBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    backend.place().ask("SCRIPT FLUSH");
    CHECK(claim(store, "digest").state == FireState::claimed);
    CHECK(store.membership()->beat().standing);
}

TEST_CASE("text is kept as it is, whatever its bytes") {
    RedisBackend backend;
    Store& store = backend.store();
    Definition strange = every("id with \"blanks\" and {braces}");
    add(store, strange);
    const OpenFire fire = claim(store, strange.id);
    start(store, ref(fire));
    Batch batch;
    batch.finishes.push_back(finishing(ref(fire), FireState::failed));
    batch.finishes[0].error = std::string("a\0b\xff \r\n$5", 9);
    batch.finishes[0].result = "\"caf\u00e9 - \\\\ \"";
    store.apply(batch);
    CHECK(batch.finishes[0].outcome == Outcome::done);
    const HistoryRow row = history(store, strange.id).at(0);
    CHECK(says(row.error, "a\\x00b\\xff"));
    CHECK(row.result == batch.finishes[0].result);
    CHECK(row.task_id == strange.id);
}

TEST_CASE("numbers beyond 2^53 stay what they are") {
    RedisBackend backend;
    Store& store = backend.store();
    Add large = adding(every("digest"));
    large.state.uid = (Uid{1} << 62U) + 1;
    large = apply(store, large);
    backend.place().edit(large.task.number, 1, "4611686018427387899");
    const StoredTask task = *store.get("digest");
    CHECK(task.state.uid == (Uid{1} << 62U) + 1);
    Claim asked = claiming(task, kStart);
    asked.id = (std::int64_t{1} << 62U) + 3;
    asked = apply(store, asked);
    REQUIRE(asked.outcome == Outcome::done);
    CHECK(store.get("digest")->state.rev == 4'611'686'018'427'387'900U);
    Claim again = asked;
    store.recall(again);
    CHECK(again.fires.size() == 1);
    CHECK(start(store, ref(asked.fires.at(0))) == Outcome::done);
    CHECK(finish(store, ref(asked.fires.at(0))) == Outcome::done);
    CHECK(history(store).at(0).key.uid == large.state.uid);
    RunNow run = asking_for("digest");
    run.request = INT64_MAX;
    Batch batch;
    batch.runs.push_back(run);
    store.apply(batch);
    CHECK(look(store, kStart).ready.at(0).key.slot == INT64_MAX);
}

TEST_CASE("a task that a newer version wrote is left to newer versions, and nobody is told") {
    RedisBackend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    const std::string n = std::to_string(task.number);
    store.close();
    backend.place().ask("HSET @def:" + n + " format 2");
    backend.open();
    const LaneNumber lanes[] = {task.lane};
    const Look found = store.look({.wall = kStart, .elapsed = kStart, .lanes = {task.lane}, .limit = 9});
    CHECK(found.due.empty());
    CHECK(found.quarantined.empty());
    CHECK_FALSE(store.next_wake(lanes).wall.has_value());
    CHECK(backend.place().ask("HGET @def:" + n + " quarantine").empty());
    bool newer = false;
    for (const Lane& lane : store.lanes()) newer = newer || lane.format == 2;
    CHECK(newer);
    store.close();
    backend.place().ask("HSET @def:" + n + " format 1");
    backend.open();
    CHECK(look(store, kStart).due.size() == 1);
}

TEST_CASE("entries of indexes that lead nowhere, or astray, are put right") {
    RedisBackend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"), kStart + kHour);
    const std::string lane = std::to_string(task.lane);
    backend.place().ask("ZADD @due:" + lane + " 5 4711");
    backend.place().ask("ZADD @due:" + lane + " 6 " + std::to_string(task.number));
    backend.place().ask("ZADD @ready:" + lane + " 7 " + std::to_string(task.number) + ":0:manual:5");
    const Look found = look(store, kStart);
    CHECK(found.due.empty());
    CHECK(found.ready.empty());
    CHECK(store.get("digest")->state.next_due == kStart + kHour);
    CHECK(backend.place().ask("ZCARD @due:" + lane) == "1");
    CHECK(backend.place().ask("ZCARD @ready:" + lane) == "0");
    CHECK(look(store, kStart + kHour).due.size() == 1);
}

TEST_CASE("rows that somebody has edited are set apart, and the others run") {
    const struct {
        int part;
        const char* value;
    } edits[] = {{9, "x"}, {4, "0"}, {11, "asleep"}, {10, "8000000000000000000"}, {2, "5 6"}, {1, "-7"}};
    for (const auto& edit : edits) {
        CAPTURE(edit.part);
        RedisBackend backend;
        Store& store = backend.store();
        const StoredTask bad = add(store, every("bad"));
        add(store, every("good"));
        backend.place().edit(bad.number, edit.part, edit.value);
        const Look found = look(store, kStart);
        CHECK(found.quarantined.size() == 1);
        REQUIRE(found.due.size() == 1);
        CHECK(found.due[0].definition->id == "good");
        CHECK(look(store, kStart).quarantined.empty());
        CHECK(backend.place().ask("HGET @ids bad") == std::to_string(bad.number));
    }
}

TEST_CASE("another store at the same place, or none, is not written to") {
    RedisBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    backend.place().ask("HSET @meta uuid 00000000-0000-4000-8000-000000000000");
    CHECK(throws<StoreLost>([&] { static_cast<void>(store.get("digest")); }));
    CHECK(throws<StoreLost>([&] { claim(store, "digest"); }));
    CHECK(throws<Error>([&] { static_cast<void>(store.membership()->beat()); }));
    backend.place().clear();
    CHECK(throws<StoreLost>([&] { static_cast<void>(store.get("digest")); }));
    CHECK(throws<StoreLost>([&] { add(store, every("digest")); }));
    CHECK(throws<StoreLost>([&] { static_cast<void>(store.mine()); }));
    CHECK(backend.place().ask("KEYS @*").empty());
    store.close();
    backend.open();
    CHECK(add(store, every("digest")).number == 1);
}

TEST_CASE("an opening that cannot be says what to do") {
    if (!RedisServer::shared().is_own()) return;
    RedisServer server(std::vector<std::string>{"--requirepass", "open-sesame"});
    const std::string place = "127.0.0.1:" + std::to_string(server.port());
    CHECK(opening("redis://:open-sesame@" + place).empty());
    CHECK(opening("redis://:open-sesame@?socket=" + server.socket()) == "");
    const std::string none = opening("redis://" + place);
    CHECK(says(none, "NOAUTH"));
    CHECK(says(none, "give a password: redis://:PASSWORD@HOST"));
    const std::string wrong = opening("redis://:s3cret%21@" + place);
    CHECK(says(wrong, "WRONGPASS"));
    CHECK_FALSE(says(wrong, "s3cret"));
    CHECK(says(opening("redis://:s3cret@127.0.0.1:1"), "onnection refused"));
    CHECK_FALSE(says(opening("redis://:s3cret@127.0.0.1:1"), "s3cret"));
    CHECK(says(opening("redis://?socket=/nowhere/redis.sock"), "No such file"));
    CHECK(says(opening("redis://:open-sesame@" + place + "/99"), "DB index is out of range"));

    RedisOptions admin = RedisPrefix::read("redis://:open-sesame@" + place);
    redis::Session session(admin);
    session.open(std::chrono::seconds(5));
    const auto run = [&](const redis::Words& words) {
        return session.run(words, redis::Sends::reads, std::chrono::seconds(5));
    };
    // A user with few rights: what is not allowed is named, and nothing else is lost.
    run({"ACL", "SETUSER", "guest", "on", ">pw", "~{mine}:*", "+@all", "-@admin", "-config", "-info"});
    run({"ACL", "SETUSER", "guest", "resetchannels"});
    const std::string elsewhere = opening("redis://guest:pw@" + place);
    CHECK(says(elsewhere, "NOPERM"));
    const auto store = make_redis_store(RedisPrefix::read("redis://guest:pw@" + place + "?prefix=mine"));
    const Opened opened = store->open({.label = "worker", .retention = {}});
    REQUIRE(opened.notices.size() == 2);
    CHECK(says(opened.notices[0], "it cannot be told whether the server is version 6.2 or newer"));
    CHECK(says(opened.notices[1], "allow the user the channels &{mine}:*"));
    CHECK(store->membership()->descriptor() == -1);
    CHECK(store->membership()->beat().standing);
    store->close();

    // The rights that docs/stores.md names are enough.
    run({"ACL", "SETUSER", "enough", "on", ">pw", "resetchannels", "~{enough}:*", "&{enough}:*", "+@all", "-@dangerous",
         "-@admin", "+info"});
    const auto plain = make_redis_store(RedisPrefix::read("redis://enough:pw@" + place + "?prefix=enough"));
    CHECK(plain->open({.wall = kStart, .label = "worker", .retention = {}}).notices.empty());
    add(*plain, every("digest"));
    const OpenFire fire = claim(*plain, "digest");
    CHECK(start(*plain, ref(fire)) == Outcome::done);
    CHECK(finish(*plain, ref(fire)) == Outcome::done);
    CHECK(plain->membership()->beat().standing);
    CHECK(remove(*plain, "").removed == 1);
    CHECK(plain->prune(kStart));
    plain->close();

    run({"SET", "{strange}:meta", "mine"});
    CHECK(says(opening("redis://:open-sesame@" + place + "?prefix=strange"), "is of another program"));
    run({"DEL", "{strange}:meta"});
    run({"HSET", "{strange}:meta", "a", "b"});
    CHECK(says(opening("redis://:open-sesame@" + place + "?prefix=strange"), "name another prefix"));
    run({"HSET", "{strange}:meta", "uuid", "u", "schema", "9", "min_reader", "9"});
    CHECK(says(opening("redis://:open-sesame@" + place + "?prefix=strange"), "written by a newer uvsched"));
}

TEST_CASE("a server that is too old, or takes no writes, is refused; settings that lose data are told") {
    RedisPrefix prefix;
    RedisOptions options = prefix.options();
    options.driver = FaultyRedis::table();
    const auto store = make_redis_store(options);
    std::vector<std::string> notices;
    const auto opened = [&] {
        return message_of([&] {
            notices = store->open({.label = "worker", .retention = {}}).notices;
            store->close();
        });
    };
    {
        const SaysOfItself old("redis_version:6.0.16\\r\\nrole:master\\r\\n");
        CHECK(says(opened(), "the server is Redis \"6.0.16\"; version 6.2 or newer is needed"));
    }
    {
        const SaysOfItself replica("redis_version:6.2.0\\r\\nrole:slave\\r\\n");
        CHECK(says(opened(), "connect to the primary"));
    }
    {
        const SaysOfItself careless(
            "redis_version:7.2.4\\r\\nrole:master\\r\\naof_enabled:0\\r\\nmaxmemory_policy:allkeys-lru\\r\\n");
        CHECK(opened().empty());
        REQUIRE(notices.size() == 2);
        CHECK(says(notices[0], "appendonly is off"));
        CHECK(says(notices[1], "maxmemory-policy is allkeys-lru"));
    }
    CHECK(opened().empty());
    CHECK(notices.empty());
}

TEST_CASE("a replica that is written to says where to go") {
    if (!RedisServer::shared().is_own()) return;
    RedisServer server;
    RedisPrefix place(server);
    const auto store = place.make_store();
    static_cast<void>(store->open({.wall = kStart, .label = "worker", .retention = {}}));
    add(*store, every("digest"));
    static_cast<void>(place.ask("REPLICAOF 127.0.0.1 1"));
    const std::string message = message_of([&] { claim(*store, "digest"); });
    CHECK((says(message, "connect to the primary")));
    static_cast<void>(place.ask("REPLICAOF NO ONE"));
    CHECK(claim(*store, "digest").state == FireState::claimed);
    store->close();
}
