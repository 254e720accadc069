// Rows that another program changed: every column of every table, to every extreme that its type allows, and tables
// with other columns. Whatever they hold, nothing is deleted and the other tasks run on time.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/triggers/combine.hpp"
#include "tests/core/engine/fixture.hpp"
#include "tests/stores/sql.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

const std::vector<std::string> kIntegers = {"-9223372036854775807 - 1",
                                            "-9223372036854775807",
                                            "-1",
                                            "0",
                                            "1",
                                            "4294967297",
                                            "8000000000000000",  // the year 2223
                                            "4611686018427387905",
                                            "9223372036854775806",
                                            "9223372036854775807",
                                            "NULL"};
const std::vector<std::string> kTexts = {"''",
                                         "'x'",
                                         "'elapsed'",
                                         "'paused'",
                                         "'ready'",
                                         "'running'",
                                         "'manual'",
                                         "char(10, 27, 34)",
                                         "CAST(x'ff00fe' AS TEXT)",
                                         "replace(hex(zeroblob(50000)), '0', 'a')",
                                         "NULL"};

std::string victim(std::size_t i) { return "victim-" + std::to_string(i); }

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

// A database with tasks to keep time by, one victim for each value, and fires of each victim in each state.
class Template {
public:
    Template() {
        {
            Fixture f("sqlite:" + path());
            f.add(f.task("first", Fixture::on_grid(kSecond, kStart)));
            f.add(f.task("second", Fixture::every(kSecond)));
            for (std::size_t i = 0; i < std::max(kIntegers.size(), kTexts.size()); ++i) {
                TaskSpec spec = f.task(victim(i), i % 2 == 0 ? Fixture::on_grid(kSecond, kStart) : f.every(kSecond));
                spec.policies.max_instances = 9;
                f.add(spec);
            }
            f.add(f.task("alone", Fixture::on_grid(kSecond, kStart), "fail"));
            f.start();
            f.scheduler->run_now("default", "first");
            f.settle();
            f.stop();
        }
        const std::string now = std::to_string(kStart);
        for (const auto& [kind, state, token] : {std::tuple{"manual", "ready", "5"},
                                                 {"scheduled", "waiting", "1"},
                                                 {"boot", "claimed", "1"},
                                                 {"shutdown", "running", "1"}}) {
            const bool ready = std::string(state) == "ready";
            ask_sql(path(),
                    std::string("INSERT INTO open (n, gen, kind, slot, last_slot, to_wall, folded, exact, state, "
                                "lane, ready_at, owner, token, attempt, claimed_at) SELECT n, 0, '") +
                        kind + "', 7, " + now + ", 0, 1, 1, '" + state + "', lane, " + (ready ? now : "NULL") +
                        ", 4711, " + token + ", 1, " + now + " FROM sched JOIN def USING (n) WHERE id LIKE 'victim-%'");
        }
    }

    [[nodiscard]] std::string path() const { return folder_ / "template.db"; }
    [[nodiscard]] std::string copy() const {
        std::string to = folder_ / "copy.db";
        for (const char* side : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(to + side);
        std::filesystem::copy_file(path(), to);
        return to;
    }

private:
    // In memory where that is possible: nothing here is about the disk, and there are hundreds of files.
    TemporaryFolder folder_{std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()};
};

const Template& good() {
    static const Template made;
    return made;
}

std::string counts(const std::string& path) {
    return ask_sql(path, "SELECT (SELECT count(*) FROM def), (SELECT count(*) FROM sched)");
}

std::int64_t fires(const std::string& path) {
    return std::stoll(ask_sql(path, "SELECT (SELECT count(*) FROM open) + (SELECT count(*) FROM history)"));
}

std::vector<Instant> times(Fixture& f, const std::string& task) {
    const std::lock_guard lock(f.mutex);
    std::vector<Instant> out;
    for (const Seen& seen : f.seen) {
        if (seen.task == task) out.push_back(seen.scheduled);
    }
    return out;
}

// Whether the file is refused as one that is not ours.
bool refused(const std::string& path) {
    Fixture f("sqlite:" + path + "?synchronous=normal");
    try {
        f.start();
        return false;
    } catch (const Error& error) {
        CAPTURE(error.message());
        CHECK((error.code() == Code::corrupt || error.code() == Code::version));
        return true;
    }
}

// Starts on this file, and moves the clock on; twice.
void others_run(const std::string& path, const std::vector<std::string>& others = {"first", "second"}) {
    const std::string before = counts(path);
    const std::int64_t fires_before = fires(path);
    for (const Micros begin : {Micros{0}, 3 * kSecond}) {
        Fixture f("sqlite:" + path + "?synchronous=normal");
        f.clock->advance(begin);
        REQUIRE_NOTHROW(f.start());
        f.settle();
        const Instant now = kStart + begin;
        for (int i = 0; i < 2; ++i) f.advance(kSecond);
        for (const std::string& task : others) {
            CAPTURE(task);
            std::vector<Instant> seen = times(f, task);
            if (seen.size() > 2) seen.erase(seen.begin(), seen.end() - 2);
            CHECK(seen == std::vector<Instant>{now + kSecond, now + 2 * kSecond});
        }
        CHECK_NOTHROW(static_cast<void>(f.scheduler->list("default", "", 1000, true)));
        CHECK_NOTHROW(static_cast<void>(f.history()));
        CHECK_NOTHROW(f.scheduler->run_now("default", "first"));
        f.settle();
        f.stop();
    }
    CHECK(counts(path) == before);
    CHECK(fires(path) >= fires_before);
}

struct Column {
    std::string name;
    const std::vector<std::string>& values;
};

std::vector<Column> columns(const std::string& table) {
    std::vector<Column> out;
    for (const std::string& line :
         lines(ask_sql(good().path(), "SELECT name || ' ' || type FROM pragma_table_info('" + table + "')"))) {
        out.push_back({line.substr(0, line.find(' ')), line.ends_with("TEXT") ? kTexts : kIntegers});
    }
    return out;
}

// False where the table itself refuses it.
bool change(const std::string& path, const std::string& sql) {
    try {
        ask_sql(path, sql);
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

}  // namespace

TEST_CASE("whatever a row holds, nothing is deleted and the other tasks run on time") {
    for (const std::string table : {"def", "sched", "open", "gone", "history", "node"}) {
        for (const Column& column : columns(table)) {
            CAPTURE(table + "." + column.name);
            const std::string path = good().copy();
            if (table == "gone") ask_sql(path, "INSERT INTO gone SELECT n, uid, id FROM def WHERE id LIKE 'victim-%'");
            for (std::size_t i = 0; i < column.values.size(); ++i) {
                const std::string number = std::to_string(i + 1);
                std::string where = "n = (SELECT n FROM def WHERE id = '" + victim(i) + "')";
                if (table == "history") where = "seq = " + number;
                if (table == "node") {
                    where = "pid = " + number;
                    ask_sql(path, "INSERT INTO node (id, label, beat, boot_id, pid, version) VALUES (" + number +
                                      ", 'n', 0, '', " + number + ", '')");
                }
                change(path, "UPDATE OR IGNORE " + table + " SET " + column.name + " = " + column.values[i] +
                                 " WHERE " + where);
            }
            others_run(path);
        }
    }
}

TEST_CASE("whatever a row holds that tasks share, they run on time, or the file is refused") {
    for (const std::string table : {"meta", "lane"}) {
        for (const Column& column : columns(table)) {
            for (const std::string& value : column.values) {
                CAPTURE(table + "." + column.name + " = " + value);
                const std::string path = good().copy();
                const std::string where = table == "lane" ? " WHERE fn = 'fail'" : "";
                if (!change(path, "UPDATE OR IGNORE " + table + " SET " + column.name + " = " + value + where))
                    continue;
                if (table == "meta" && refused(path)) continue;
                // Another shift is another elapsed time.
                others_run(path, column.name == "shift" ? std::vector<std::string>{"first"}
                                                        : std::vector<std::string>{"first", "second"});
            }
        }
    }
}

TEST_CASE("rows that belong to nobody, and rules of other programs, hold nobody up") {
    for (const std::string sql : {
             "INSERT INTO sched SELECT n + 1000, uid, def_hash, rev, gen, clk, lane, anchor, next_due, next_slot, hwm, "
             "state, tzver, runs FROM sched",
             "DELETE FROM sched WHERE n = (SELECT n FROM def WHERE id = 'victim-0')",
             "DELETE FROM def WHERE id = 'victim-0'",
             "DELETE FROM node",
             "DELETE FROM lane",
             "UPDATE sched SET lane = 999 WHERE n = (SELECT n FROM def WHERE id = 'victim-0')",
             "UPDATE lane SET lane = -lane",
             "INSERT INTO gone SELECT n, uid, id FROM def",
             "CREATE TRIGGER no_fires BEFORE INSERT ON open BEGIN SELECT RAISE(ABORT, 'no'); END",
             "CREATE TRIGGER no_tasks BEFORE UPDATE ON sched BEGIN DELETE FROM sched; END",
             "DROP VIEW tasks; CREATE VIEW tasks AS SELECT load_extension('x')",
         }) {
        CAPTURE(sql);
        const std::string path = good().copy();
        ask_sql(path, sql);
        others_run(path);
    }
}

TEST_CASE("thousands of ready rows that nobody can take are set apart at once, and told of") {
    constexpr int kRows = 5000;
    const std::string numbers =
        "WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < " + std::to_string(kRows) + ") ";
    const std::string columns =
        "INSERT INTO open (n, gen, kind, slot, last_slot, to_wall, folded, exact, state, lane, ready_at, token, "
        "attempt) ";
    const std::string now = std::to_string(kStart);
    const std::string lane = "(SELECT lane FROM lane WHERE fn = 'note')";
    struct Case {
        std::string what;
        std::string before;
        std::string sql;
        std::ptrdiff_t told;
    };
    for (const Case& rows :
         {Case{"without a task", "",
               columns + numbers + "SELECT 99000 + i, 0, 'manual', i, " + now + ", 0, 1, 1, 'ready', " + lane + ", " +
                   now + ", 1, 1 FROM i",
               kRows},
          Case{"of one task, in a state that cannot be taken", "",
               columns + numbers + "SELECT (SELECT n FROM def WHERE id = 'victim-0'), 0, 'manual', 100 + i, " + now +
                   ", 0, 1, 1, 'waiting', " + lane + ", " + now + ", 1, 1 FROM i",
               1},
          Case{"of tasks whose uids differ",
               "UPDATE def SET uid = uid - 1 WHERE id LIKE 'victim-%'; UPDATE sched SET next_due = NULL, state = "
               "'paused' WHERE n IN (SELECT n FROM def WHERE id LIKE 'victim-%')",
               columns + numbers + "SELECT n, 0, 'manual', 100 + i, " + now + ", 0, 1, 1, 'ready', " + lane + ", " +
                   now + ", 1, 1 FROM def, i WHERE i <= 400 AND id LIKE 'victim-%'",
               static_cast<std::ptrdiff_t>(kIntegers.size())}}) {
        CAPTURE(rows.what);
        const std::string path = good().copy();
        ask_sql(path, "DELETE FROM open; " + rows.before);
        Fixture f("sqlite:" + path + "?synchronous=normal");
        f.start();
        f.settle();
        f.advance(kSecond);
        ask_sql(path, rows.sql);
        for (int i = 2; i <= 3; ++i) {
            f.advance(kSecond);
            CHECK(times(f, "first").back() == kStart + i * kSecond);
            CHECK(times(f, "second").back() == kStart + i * kSecond);
        }
        CHECK(static_cast<std::ptrdiff_t>(f.told(EventCode::task_quarantined).size()) == rows.told);
        CHECK(ask_sql(path, "SELECT count(*) > 4000 FROM open WHERE lane < 0") == "1");
    }
}

TEST_CASE("thousands of fires that came back leave room for what is due") {
    const std::string path = good().copy();
    ask_sql(path, "DELETE FROM open");
    ask_sql(path,
            "WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 1000) INSERT INTO open (n, "
            "gen, kind, slot, last_slot, to_wall, folded, exact, state, lane, ready_at, token, attempt) SELECT n, "
            "0, 'manual', 100 + i, 1, 0, 1, 1, 'ready', sched.lane, 1, 1, 1 FROM i, def JOIN sched USING (n) "
            "WHERE id = 'victim-0'");
    Fixture f("sqlite:" + path + "?synchronous=normal");
    f.clock->advance(kSecond);
    f.start();
    f.settle();
    const std::lock_guard lock(f.mutex);
    const auto first =
        std::find_if(f.seen.begin(), f.seen.end(), [](const Seen& seen) { return seen.task == "first"; });
    CHECK(first - f.seen.begin() < 100);
    CHECK(f.seen.size() > 1000);
}

TEST_CASE("what the database refuses for its content is told to its task alone") {
    const std::string path = good().copy();
    ask_sql(path,
            "DELETE FROM history; CREATE UNIQUE INDEX one_end ON history (task_id) WHERE task_id = 'victim-0'; "
            "CREATE UNIQUE INDEX one_name ON def (format) WHERE id = 'new' OR id = 'other'");
    Fixture f("sqlite:" + path + "?synchronous=normal");
    f.start();
    f.settle();
    for (int i = 1; i <= 3; ++i) {
        f.advance(kSecond);
        CHECK(times(f, "first").back() == kStart + i * kSecond);
        CHECK(times(f, "second").back() == kStart + i * kSecond);
    }
    const std::vector<Event> apart = f.told(EventCode::task_quarantined);
    REQUIRE_FALSE(apart.empty());
    for (const Event& event : apart) {
        CHECK(event.task_id == "victim-0");
        CHECK(event.message.find("UNIQUE constraint failed") != std::string::npos);
    }
    CHECK(f.told(EventCode::store_error).empty());
    CHECK(ask_sql(path, "SELECT count(*) FROM history WHERE task_id = 'first'") != "0");

    f.add(f.task("new", Fixture::every(kSecond)));
    try {
        f.add(f.task("other", Fixture::every(kSecond)));
        FAIL("the database takes it");
    } catch (const Error& error) {
        CHECK(error.code() == Code::store);
        CHECK(error.message().find("the database refused the statement") != std::string::npos);
        CHECK(error.message().find("def.format") != std::string::npos);
    }
}

TEST_CASE("a table that is not what it was is refused when the file is opened, or does no harm") {
    for (const std::string table : {"meta", "history", "node", "lane", "def", "sched", "open", "gone"}) {
        for (const Column& column : columns(table)) {
            CAPTURE(table + "." + column.name);
            const std::string path = good().copy();
            // What no statement names may go: such columns are for later versions, or for operators.
            const bool unused = std::set<std::string>{"meta.one", "open.cancel", "sched.tzver", "node.tzver"}.contains(
                table + "." + column.name);
            ask_sql(path, "DROP VIEW tasks; DROP VIEW fires; DROP VIEW runs");
            ask_sql(path, "ALTER TABLE " + table + " RENAME COLUMN " + column.name + " TO other");
            CHECK(refused(path) != unused);
        }
        const std::string path = good().copy();
        ask_sql(path, "DROP VIEW tasks; DROP VIEW fires; DROP VIEW runs; ALTER TABLE " + table + " RENAME TO other");
        CHECK(refused(path));
    }
    for (const std::string& index : lines(ask_sql(good().path(),
                                                  "SELECT name FROM sqlite_master WHERE type = 'index' "
                                                  "AND name NOT LIKE 'sqlite_%'"))) {
        CAPTURE(index);
        const std::string path = good().copy();
        ask_sql(path, "DROP INDEX " + index);
        others_run(path);
    }
}

TEST_CASE("whatever a definition says, it is refused, or bounded, and the other tasks run on time") {
    const std::string path = good().copy();
    std::string never;  // crons that agree on no second
    std::string many;
    for (int i = 0; i < 900; ++i) {
        const std::string cron = R"({"type":"cron","expression":")" + std::to_string(i % 59) + " * * * * *\"}";
        never += (i > 0 ? "," : "") + cron;
        many += (i > 0 ? "," : "") + std::string(R"({"type":"date","run_at":"2199-01-01T00:00:00Z"})");
    }
    const std::string every = R"("function":"note","trigger":{"type":"interval","seconds":1})";
    const std::vector<std::string> definitions = {
        "{" + every + R"(,"coalesce":false,"max_catch_up":2147483647})",
        "{" + every + R"(,"coalesce":false,"max_catch_up":100001})",
        "{" + every + R"(,"coalesce":false,"max_catch_up":1100})",
        "{" + every + R"(,"max_instances":2147483647,"coalesce":false,"max_catch_up":1100})",
        R"({"function":"note","trigger":{"type":"and","triggers":[)" + never + "]}}",
        R"({"function":"note","trigger":{"type":"and","triggers":[{"type":"interval","seconds":7},)"
        R"({"type":"or","triggers":[)" +
            many + "]}]}}",
        R"({"function":"note","trigger":{"type":"cron","expression":"H H * * *"}})",
        R"({"function":"note","trigger":{"type":"cron","expression":"0 0 30 2 *"}})",
        R"({"function":"note","trigger":{"type":"interval","seconds":1,"jitter":1e300}})",
        R"({"function":"note","trigger":{"type":"interval","seconds":1},"executor":"nobody"})",
        R"({"function":"note","trigger":)" + std::string(100'000, '[') + "}",
    };
    REQUIRE(definitions.size() <= kIntegers.size());
    for (std::size_t i = 0; i < definitions.size(); ++i) {
        ask_sql(path, "UPDATE def SET def = '" + definitions[i] + "' WHERE id = '" + victim(i) + "'");
        // Due since 1970.
        ask_sql(path,
                "UPDATE sched SET next_due = 1, next_slot = 1, hwm = NULL, clk = 'wall' WHERE n = "
                "(SELECT n FROM def WHERE id = '" +
                    victim(i) + "')");
    }
    others_run(path);
}

TEST_CASE("the event of a trigger that was given up is short") {
    Fixture f;
    f.start();
    CombineOptions options;
    for (int i = 0; i < 500; ++i) options.triggers.push_back(Fixture::on_grid(2 * kSecond, kStart + i % 2 * kSecond));
    f.add(f.task("never", make_and_trigger(options)));
    const auto errors = f.told(EventCode::trigger_error);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].message.size() < 500);
}
