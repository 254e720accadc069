// Files of earlier versions become files of this one.
#include "core/stores/sqlite/schema.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;

namespace {

// A file as version 1 left it: a task that has run once and failed, and one that is paused.
void write_version_1(const std::string& path) {
    run_sql(path, sqlite::schema_step(1));
    run_sql(path, "UPDATE meta SET schema = 1, min_reader = 1, store_uuid = '01234567-89ab-4cde-8f01-23456789abcd'");
    run_sql(path, "PRAGMA application_id = " + std::to_string(0x75767363) + "; PRAGMA journal_mode = wal");
    int number = 0;
    for (const char* id : {"digest", "paused"}) {
        const std::string n = std::to_string(++number);
        const std::string text = canonical_json(every(id));
        const std::string hash = std::to_string(static_cast<std::int64_t>(definition_hash(text)));
        run_sql(path, "INSERT INTO lane VALUES (" + n + ", 'default', 'app.tasks:" + id + "')");
        run_sql(path, "INSERT INTO def (n, uid, id, format, def, def_hash) VALUES (" + n + ", 7" + n + ", '" + id +
                          "', 1, '" + text + "', " + hash + ")");
        run_sql(path, "INSERT INTO sched VALUES (" + n + ", 7" + n + ", " + hash + ", 3, 0, 'wall', " + n + ", " +
                          std::to_string(kStart) + ", " +
                          (number == 1 ? std::to_string(kStart + kHour) + ", " + std::to_string(kStart + kHour)
                                       : std::string("NULL, NULL")) +
                          ", NULL, '" + (number == 1 ? "active" : "paused") + "', NULL, 5)");
    }
    run_sql(path,
            "INSERT INTO history (seq, task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, "
            "attempt, crashes, token, finished_at, error) VALUES (4, 'digest', 71, 0, 'scheduled', 1, 1, 1, 1, 1, "
            "'failed', 1, 0, 1, 9, 'ValueError: no' || char(10) || 'Traceback')");
}

// What makes a version 1 file one of version 2, and a node, a running fire of it, a ready one, a miss and an end.
void write_version_2(const std::string& path) {
    write_version_1(path);
    run_sql(path, sqlite::schema_step(2));
    run_sql(path, "UPDATE meta SET schema = 2, min_reader = 2, shift = 5, step_no = 3, request = 9, history_seq = 70");
    run_sql(path, "UPDATE def SET declared = def_hash, at_start = 1 WHERE id = 'digest'");
    // A task on a custom trigger, one that cannot be read, and one that was deleted while it runs.
    run_sql(
        path,
        "INSERT INTO def (n, uid, id, format, def, def_hash) VALUES (3, 73, 'tides', 1, "
        "'{\"function\":\"app.tasks:digest\",\"trigger\":{\"type\":\"custom\",\"name\":\"moon\"}}', 0);"
        "INSERT INTO def (n, uid, id, format, def, def_hash, quarantine) VALUES (4, 74, 'bad', 1, '{', 0, 'bad JSON');"
        "INSERT INTO sched SELECT 3, 73, 0, 1, 0, 'wall', 1, anchor, next_due, next_slot, NULL, state, NULL, 0 "
        "FROM sched WHERE n = 1;"
        "INSERT INTO sched SELECT 4, 74, 0, 1, 0, 'wall', -1, anchor, next_due, next_slot, NULL, state, NULL, 0 "
        "FROM sched WHERE n = 1;"
        "INSERT INTO gone VALUES (9, 79, 'deleted');"
        "INSERT INTO node (id, epoch, beat, boot_id, pid, version) VALUES ('web-1', 4, 0, 'boot', 17, '0.1');");
    const auto fire = [&](const char* n, const char* slot, const char* state, const char* lane, const char* owner) {
        run_sql(path, std::string("INSERT INTO open (n, gen, kind, slot, last_slot, shift, folded, exact, state, lane, "
                                  "ready_at, owner, epoch, token, attempt, crashes) VALUES (") +
                          n + ", 0, 'manual', " + slot + ", 8, 5, 1, 1, '" + state + "', " + lane + ", " +
                          (owner == std::string("NULL, NULL") ? "1" : "NULL") + ", " + owner + ", 2, 1, 1)");
    };
    fire("1", "1", "running", "1", "'web-1', 4");
    fire("1", "2", "claimed", "1", "'web-1', 3");
    fire("1", "3", "ready", "1", "NULL, NULL");
    fire("3", "4", "running", "1", "'web-1', 4");
    fire("4", "5", "claimed", "-1", "'web-1', 4");
    fire("9", "6", "running", "1", "'web-1', 4");
    run_sql(path,
            "UPDATE history SET owner = 'web-1'; INSERT INTO history (seq, task_id, uid, gen, kind, slot, first_at, "
            "last_at, folded, exact, state, reason, attempt, crashes, token, finished_at, late_result) VALUES (6, "
            "'digest', 71, 0, 'scheduled', 2, 2, 3, 4, 0, 'missed', 'misfire', 0, 0, 0, 9, '7')");
}

Definition named(const std::string& name) {
    Definition out = every("digest");
    out.name = name;
    return out;
}

}  // namespace

TEST_CASE("a file of version 1: everything stays, and nothing is known of its declarations") {
    const Folder folder;
    const std::string path = folder.file("tasks.db");
    write_version_1(path);
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    store->open({.wall = kStart, .label = "node-1", .retention = {}});
    CHECK(ask_sql(path, "SELECT schema, min_reader, store_uuid FROM meta") ==
          "3|3|01234567-89ab-4cde-8f01-23456789abcd");
    CHECK(store->get("digest")->state.next_due == kStart + kHour);
    CHECK(store->get("digest")->state.runs == 5);
    CHECK(store->get("paused")->state.status == TaskStatus::paused);
    CHECK(history(*store).size() == 1);
    CHECK(ask_sql(path, "SELECT seq, task_id, error FROM runs") == "4|digest|ValueError: no");
    CHECK(store->declared_at_start().empty());

    Add same = adding(every("paused"));
    same.on_existing = OnExisting::replace;
    same.at_start = true;
    CHECK(apply(*store, same).result == Add::Result::unchanged);
    Add other = adding(named("other"));
    other.on_existing = OnExisting::replace;
    other.at_start = true;
    other = apply(*store, other);
    CHECK(other.result == Add::Result::replaced);
    CHECK_FALSE(other.edited);
    CHECK(other.task.state.next_due == kStart + kHour);
    CHECK(store->declared_at_start() == std::vector<std::string>{"digest", "paused"});
}

TEST_CASE("a file of version 2: each row stays, and its nodes are dead") {
    const Folder folder;
    const std::string path = folder.file("tasks.db");
    write_version_2(path);
    const auto ask = [&](const std::string& sql) { return ask_sql(path, sql); };
    const std::string definitions = ask("SELECT * FROM def WHERE id <> 'bad' ORDER BY n");
    const std::string schedules =
        ask("SELECT n, uid, def_hash, rev, gen, clk, anchor, next_due, next_slot, hwm, state, runs FROM sched");
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    const Opened opened = store->open({.wall = kStart, .label = "web-1", .retention = {}});

    CHECK(ask("SELECT schema, min_reader, store_uuid, shift, changes FROM meta") ==
          "3|3|01234567-89ab-4cde-8f01-23456789abcd|5|0");
    CHECK(ask("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%\\_2' ESCAPE '\\'") == "0");
    CHECK(ask("SELECT * FROM def WHERE id <> 'bad' ORDER BY n") == definitions);
    CHECK(ask("SELECT uid, def FROM def WHERE id = 'bad'") == "74|{");
    CHECK(ask("SELECT n, uid, def_hash, rev, gen, clk, anchor, next_due, next_slot, hwm, state, runs FROM sched") ==
          schedules);
    // The custom trigger is a part of its task's lane.
    CHECK(ask("SELECT lane, executor, fn, trigger, format FROM lane ORDER BY lane") ==
          "1|default|app.tasks:digest||1\n2|default|app.tasks:paused||1\n3|default|app.tasks:digest|moon|1");
    CHECK(ask("SELECT n, lane FROM sched ORDER BY n") == "1|1\n2|2\n3|3\n4|-1");
    CHECK(ask("SELECT n, slot, state, lane, last_slot, to_wall, token, attempt, crashes, ready_at, owner IS NULL "
              "FROM open ORDER BY slot") ==
          "1|1|running|1|8|5|2|1|1||0\n1|2|claimed|1|8|5|2|1|1||0\n1|3|ready|1|8|5|2|1|1|1|1\n"
          "3|4|running|3|8|5|2|1|1||0\n4|5|claimed|-1|8|5|2|1|1||0\n9|6|running|1|8|5|2|1|1||0");
    CHECK(ask("SELECT n, uid, id FROM gone") == "9|79|deleted");
    CHECK(ask("SELECT seq, task_id, state, reason, label, owner, folded, exact, error, late_result FROM history") ==
          "4|digest|failed||web-1||1|1|ValueError: no\nTraceback|\n6|digest|missed|misfire|||4|0||7");
    // One for each opening of before, and this one.
    CHECK(ask("SELECT count(DISTINCT id), count(*), min(id) > 0, max(label), max(boot_id = 'boot') FROM node") ==
          "3|3|1|web-1|1");
    CHECK(opened.dead.size() == 2);
    REQUIRE(opened.quarantined.size() == 1);
    CHECK(opened.quarantined[0].id == "bad");

    const Recovered left = recover_dead(*store, opened);
    CHECK(left.ready.size() == 3);
    REQUIRE(left.lost.size() == 1);
    CHECK(left.lost[0].task.definition->id == "deleted");
    CHECK(ask("SELECT count(*) FROM node") == "1");
    CHECK(ask("SELECT seq, task_id, label FROM history WHERE state = 'lost'") == "71|deleted|web-1");
    CHECK(look(*store, kStart).ready.size() == 4);
    CHECK(store->declared_at_start() == std::vector<std::string>{"digest"});
    CHECK(run_now(*store, "digest").outcome == Outcome::done);
}

TEST_CASE("a migration is done as a whole, or not at all") {
    const Folder folder;
    const std::string path = folder.file("tasks.db");
    write_version_1(path);
    run_sql(path, "CREATE VIEW tracebacks AS SELECT 1");
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    CHECK_THROWS_AS(store->open({.wall = kStart, .label = "node-1", .retention = {}}), Error);
    CHECK(ask_sql(path, "SELECT schema FROM meta") == "1");
    CHECK(ask_sql(path, "SELECT count(*) FROM pragma_table_info('def') WHERE name = 'declared'") == "0");
    run_sql(path, "DROP VIEW tracebacks");
    store->open({.wall = kStart, .label = "node-1", .retention = {}});
    CHECK(ask_sql(path, "SELECT schema FROM meta") == "3");
    CHECK(store->counts() == TaskCounts{.active = 1, .paused = 1, .finished = 0});
}
