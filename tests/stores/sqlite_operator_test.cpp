// What docs/ledger.md promises to an operator with the sqlite3 shell, while the store is open.
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;

TEST_CASE("the views tell in plain words what there is, what runs and what ran") {
    SqliteBackend backend;
    Store& store = backend.store();
    const std::string& path = backend.place().path();
    Batch shift;
    shift.shift = kHour;
    store.apply(shift);
    add(store, every("digest"), kStart + 1500 * kMillisecond);
    Add moving = adding(every("moving"));
    moving.state.clock = ClockLine::elapsed;
    apply(store, moving);
    CHECK(ask_sql(path, "SELECT id, state, executor, function, next_run, runs, open FROM tasks ORDER BY id") ==
          "digest|active|default|app.tasks:digest|2023-11-14T22:13:21.500Z|0|0\n"
          "moving|active|default|app.tasks:moving|2023-11-14T23:13:20.000Z|0|0");
    CHECK(ask_sql(path, "SELECT definition ->> '$.trigger.type' FROM tasks WHERE id = 'digest'") == "interval");

    const OpenFire fire = claim(store, "moving", kStart + kSecond);
    REQUIRE(start(store, ref(fire), kStart + 2 * kSecond) == Outcome::done);
    CHECK(ask_sql(path, "SELECT task_id, kind, state, scheduled, owner, claimed, started FROM fires") ==
          "moving|scheduled|running|2023-11-14T23:13:20.000Z|node-1|2023-11-14T22:13:21.000Z|2023-11-14T22:13:22.000Z");
    remove(store, "moving");
    CHECK(ask_sql(path, "SELECT task_id FROM fires") == "moving");
    REQUIRE(finish(store, ref(fire), FireState::failed, kStart + 3250 * kMillisecond) == Outcome::done);
    CHECK(ask_sql(path, "SELECT task_id, kind, state, scheduled, times, finished, milliseconds FROM runs") ==
          "moving|scheduled|failed|2023-11-14T23:13:20.000Z|1|2023-11-14T22:13:23.250Z|1250");
    CHECK(ask_sql(path, "SELECT count(*) FROM gone") == "0");
}

TEST_CASE("a failed run is one line of runs; its traceback is a row of its own") {
    SqliteBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const auto fail_with = [&](const std::string& error, Instant now) {
        const OpenFire fire = claim(store, "digest", now);
        REQUIRE(start(store, ref(fire), now) == Outcome::done);
        Batch batch;
        Finish& end = batch.finishes.emplace_back(finishing(ref(fire), FireState::failed, now));
        end.error = error;
        store.apply(batch);
    };
    fail_with("ValueError: no\n\nTraceback (most recent call last):\n  File \"x.py\"\nValueError: no\n", kStart);
    fail_with("a word", kStart + 10 * kSecond);
    REQUIRE(apply(store, adding(every("past"))).result == Add::Result::created);
    CHECK(ask_sql(backend.place().path(), "SELECT * FROM runs ORDER BY seq").find("Traceback") == std::string::npos);
    CHECK(ask_sql(backend.place().path(), "SELECT seq, error FROM runs ORDER BY seq") == "1|ValueError: no\n2|a word");
    CHECK(ask_sql(backend.place().path(), "SELECT seq, task_id, scheduled, traceback FROM tracebacks") ==
          "1|digest|2023-11-14T22:13:20.000Z|Traceback (most recent call last):\n  File \"x.py\"\nValueError: no\n");
    CHECK(ask_sql(backend.place().path(), "SELECT name FROM pragma_table_info('runs') ORDER BY cid DESC LIMIT 3") ==
          "late_result\nresult\nerror");
}

TEST_CASE("a repaired row comes back with the next opening, as the manual says") {
    SqliteBackend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    backend.damage("digest", "{\"trigger\":{\"type\":\"moon\"}}");
    REQUIRE(look(store, kStart).quarantined.size() == 1);
    CHECK(ask_sql(backend.place().path(), "SELECT id FROM tasks WHERE quarantine IS NOT NULL") == "digest");
    store.close();
    run_sql(backend.place().path(),
            "UPDATE def SET def = '" + canonical_json(every("digest")) + "' WHERE id = 'digest'");
    backend.open();
    CHECK(look(store, kStart).due.size() == 1);
    CHECK(ask_sql(backend.place().path(), "SELECT quarantine FROM tasks").empty());
}

TEST_CASE("looks use the indexes") {
    SqliteBackend backend;
    const auto plan = [&](const std::string& sql) {
        return ask_sql(backend.place().path(), "EXPLAIN QUERY PLAN " + sql);
    };
    CHECK(plan("SELECT next_due, n FROM sched WHERE clk = 'wall' AND lane = 1 AND next_due IS NOT NULL AND "
               "next_due <= 5 ORDER BY next_due LIMIT 9")
              .find("USING COVERING INDEX sched_due (clk=? AND lane=? AND next_due>? AND next_due<?)") !=
          std::string::npos);
    const std::string ready = plan(
        "SELECT ready_at, n, gen, kind, slot FROM open WHERE lane = 1 AND ready_at IS NOT NULL AND ready_at <= 5 "
        "ORDER BY ready_at LIMIT 9");
    CHECK(ready.find("USING COVERING INDEX open_ready (lane=? AND ready_at>? AND ready_at<?)") != std::string::npos);
    CHECK(ready.find("TEMP B-TREE") == std::string::npos);
    CHECK(plan("SELECT seq FROM history WHERE task_id = 'a' AND seq < 9 ORDER BY seq DESC LIMIT 3")
              .find("history_task (task_id=? AND rowid<?)") != std::string::npos);
}

TEST_CASE("a base that no clock had is an error that says what to do") {
    SqliteBackend backend;
    Store& store = backend.store();
    const auto open = [&] {
        store.close();
        return store.open({.wall = kStart, .elapsed = kMinute, .boot = "boot", .label = "node-1", .retention = {}});
    };
    static_cast<void>(open());
    backend.place().run("UPDATE meta SET base = 9223372036854775807");
    try {
        static_cast<void>(open());
        FAIL("it was opened");
    } catch (const Error& error) {
        CHECK(error.code() == Code::corrupt);
        CHECK(error.message().find("meta.base, 9223372036854775807 microseconds") != std::string::npos);
    }
    backend.place().run("UPDATE meta SET boot_id = ''");
    CHECK(open().line.shift == 0);
}
