// What a store on a server does when the connection, the server or what is asked of it fails.
#include "tests/stores/postgresql_place.hpp"
#include "tests/stores/server_faults.hpp"

using namespace ledger;

TEST_CASE("a connection that is gone before anything was sent: it did not happen, and the next request goes through") {
    PostgresqlBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    for (const char* const statement : {"BEGIN", "SELECT 1 / count(*)"}) {
        CAPTURE(statement);
        const bool sent = std::string(statement) != "BEGIN";
        {
            const Fails lost(Fault::cut_unsent, statement);
            CHECK(throws<MaybeDone>([&] { claim(store, "digest"); }) == sent);
        }
        CHECK(store.get("digest")->open == 0);
    }
    {
        const Fails lost(Fault::cut_unanswered, "SELECT");
        CHECK(throws<Error>([&] { static_cast<void>(store.get("digest")); }));
    }
    CHECK(claim(store, "digest").state == FireState::claimed);
}

TEST_CASE("what the server refuses did not happen, and what is at fault is told from what may be tried again") {
    PostgresqlBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    {
        const Fails full(Fault::refused, "COMMIT");
        const std::string message = message_of([&] { claim(store, "digest"); });
        CHECK(says(message, "made to fail"));
    }
    CHECK(store.get("digest")->open == 0);
    Batch batch;
    batch.adds.push_back(adding(every("other")));
    batch.adds[0].state.uid = Uid{1} << 63U;  // no column holds it
    batch.adds[0].state.runs = 0;
    backend.place().run("ALTER TABLE sched ADD CONSTRAINT positive CHECK (uid > 0)");
    CHECK(throws<Refused>([&] { store.apply(batch); }));
    CHECK_FALSE(store.get("other").has_value());
}

TEST_CASE("what is refused in a later piece of a batch is refused: asked for part by part, all else is done once") {
    PostgresqlBackend backend;
    Store& store = backend.store();
    backend.place().run("ALTER TABLE def ADD CONSTRAINT allowed CHECK (def NOT LIKE '%forbidden%')");
    Definition bad = every("bad");
    bad.name = "forbidden";
    Batch batch;
    batch.adds.push_back(adding(every("good")));
    batch.adds.push_back(adding(every("good")));  // the second piece
    batch.adds.push_back(adding(bad));            // is refused, with this one
    CHECK(throws<Refused>([&] { store.apply(batch); }));
    CHECK(store.get("good").has_value());
    CHECK_FALSE(store.get("bad").has_value());
    const Add again = apply(store, batch.adds[0]);
    CHECK(again.task.state.uid == batch.adds[0].state.uid);
    CHECK(store.counts().active == 1);
    CHECK(throws<Refused>([&] { apply(store, batch.adds[2]); }));
}

TEST_CASE("text that PostgreSQL cannot hold is kept, escaped") {
    PostgresqlBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    start(store, ref(fire));
    Batch batch;
    batch.finishes.push_back(finishing(ref(fire), FireState::failed));
    batch.finishes[0].error = std::string("a\0b\xff \"quoted\" {back\\slash},NULL", 32);
    batch.finishes[0].result = "\"caf\u00e9 {1,2} \\\\ \\\"x\\\"\"";
    store.apply(batch);
    CHECK(batch.finishes[0].outcome == Outcome::done);
    const HistoryRow row = history(store).at(0);
    CHECK(says(row.error, "a\\x00b\\xff"));
    CHECK(says(row.error, "{back\\slash},NULL"));
    CHECK(row.result == batch.finishes[0].result);
}

TEST_CASE("a task that a newer version wrote is left to newer versions, and nobody is told") {
    PostgresqlBackend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    store.close();
    backend.place().run("UPDATE def SET format = 2");
    backend.open();
    const LaneNumber lanes[] = {task.lane};
    const Look found = store.look({.wall = kStart, .elapsed = kStart, .lanes = {task.lane}, .limit = 9});
    CHECK(found.due.empty());
    CHECK(found.quarantined.empty());
    CHECK_FALSE(store.next_wake(lanes).wall.has_value());
    CHECK(backend.place().ask("SELECT format FROM lane JOIN sched USING (lane)") == "2");
    CHECK(backend.place().ask("SELECT count(quarantine) FROM def") == "0");
    store.close();
    backend.place().run("UPDATE def SET format = 1");
    backend.open();
    CHECK(look(store, kStart).due.size() == 1);
}

TEST_CASE("another store at the same place is not written to") {
    PostgresqlBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    {
        const Fails lost(Fault::cut_unsent, "SELECT");
        CHECK(throws<Error>([&] { static_cast<void>(store.get("digest")); }));
    }
    backend.place().run("UPDATE meta SET store_uuid = '00000000-0000-4000-8000-000000000000'");
    CHECK(throws<StoreLost>([&] { static_cast<void>(store.get("digest")); }));
    CHECK(throws<StoreLost>([&] { claim(store, "digest"); }));
    store.close();
    backend.place().run("DROP TABLE sched CASCADE");
    CHECK_THROWS_AS(backend.open(), Error);
}

TEST_CASE("an opening that cannot be says what to do") {
    if (!PostgresqlServer::shared().is_own()) return;
    PostgresqlSchema schema;
    const auto opening = [&](const std::string& url, const std::string& options = "") {
        StoreFields fields(url + options, "test");
        const auto store = make_postgresql_store(read_postgresql_options(fields));
        return message_of([&] { static_cast<void>(store->open({.label = "worker", .retention = {}})); });
    };
    const std::string host = PostgresqlServer::shared().url().substr(PostgresqlServer::shared().url().find("?host="));
    schema.run("CREATE ROLE guest LOGIN");
    schema.run("CREATE ROLE locked LOGIN PASSWORD 'open-sesame'");
    const std::string refused = opening("postgresql://guest@/postgres" + host, "&schema=guest_place");
    CHECK(says(refused, "CREATE SCHEMA \"guest_place\" AUTHORIZATION \"guest\""));
    const std::string wrong = opening("postgresql://locked:s3cret%21@/postgres" + host);
    CHECK(says(wrong, "password authentication failed"));
    CHECK_FALSE(says(wrong, "s3cret"));
    CHECK(says(opening("postgresql://tester:s3cret@127.0.0.1:1/postgres"), "onnection refused"));
    CHECK_FALSE(says(opening("postgresql://tester:s3cret@127.0.0.1:1/postgres"), "s3cret"));
    CHECK(says(opening("postgresql://tester@/nowhere" + host), "database \"nowhere\" does not exist"));
    schema.run("CREATE SCHEMA guest_place AUTHORIZATION guest");
    CHECK(opening("postgresql://guest@/postgres" + host, "&schema=guest_place").empty());
    schema.run("ALTER ROLE guest SET default_transaction_read_only = on");
    CHECK(says(opening("postgresql://guest@/postgres" + host, "&schema=guest_place"), "the server takes no writes"));
    schema.run("DROP SCHEMA guest_place CASCADE");
    schema.run("CREATE SCHEMA " + schema.name());
    schema.run("CREATE TABLE " + schema.name() + ".meta (a int)");
    const std::string strange = opening(PostgresqlServer::shared().url(), "&schema=" + schema.name());
    CHECK(says(strange, "tables of another program"));
    schema.run("DROP TABLE " + schema.name() + ".meta");
    CHECK(opening(PostgresqlServer::shared().url(), "&schema=" + schema.name()).empty());
    schema.run("UPDATE meta SET schema = 9, min_reader = 9");
    CHECK(says(opening(PostgresqlServer::shared().url(), "&schema=" + schema.name()), "written by a newer uvsched"));
    schema.run("DROP ROLE guest");
    schema.run("DROP ROLE locked");
}
