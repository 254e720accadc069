#include "core/stores/sqlite/schema.hpp"

#include <array>
#include <random>

namespace uvsched::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x75767363;  // "uvsc": tells `file` and us whose database this is

// One text for each schema version, never edited once released: version n is what steps 1 to n make.
constexpr std::array<const char*, kSchemaVersion> kMigrations = {R"sql(
CREATE TABLE meta (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    store_uuid  TEXT    NOT NULL,
    schema      INTEGER NOT NULL,
    min_reader  INTEGER NOT NULL,
    shift       INTEGER NOT NULL DEFAULT 0,
    step_no     INTEGER NOT NULL DEFAULT 0,
    request     INTEGER NOT NULL DEFAULT 0,
    history_seq INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO meta (one, store_uuid, schema, min_reader) VALUES (1, '', 0, 0);

CREATE TABLE lane (
    lane     INTEGER PRIMARY KEY,
    executor TEXT NOT NULL,
    fn       TEXT NOT NULL,
    UNIQUE (executor, fn)
) STRICT;

CREATE TABLE def (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    uid        INTEGER NOT NULL,
    id         TEXT    NOT NULL UNIQUE,
    format     INTEGER NOT NULL,
    def        TEXT    NOT NULL,
    def_hash   INTEGER NOT NULL,
    quarantine TEXT
) STRICT;
CREATE INDEX def_quarantine ON def (n) WHERE quarantine IS NOT NULL;

CREATE TABLE sched (
    n         INTEGER PRIMARY KEY,
    uid       INTEGER NOT NULL,
    def_hash  INTEGER NOT NULL,
    rev       INTEGER NOT NULL,
    gen       INTEGER NOT NULL,
    clk       TEXT    NOT NULL,
    lane      INTEGER NOT NULL,
    anchor    INTEGER NOT NULL,
    next_due  INTEGER,
    next_slot INTEGER,
    hwm       INTEGER,
    state     TEXT    NOT NULL,
    tzver     TEXT,
    runs      INTEGER NOT NULL
) STRICT;
CREATE INDEX sched_due ON sched (clk, lane, next_due) WHERE next_due IS NOT NULL;

CREATE TABLE open (
    n          INTEGER NOT NULL,
    gen        INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    slot       INTEGER NOT NULL,
    last_slot  INTEGER NOT NULL,
    shift      INTEGER NOT NULL,
    folded     INTEGER NOT NULL,
    exact      INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    lane       INTEGER NOT NULL,
    ready_at   INTEGER,
    owner      TEXT,
    epoch      INTEGER,
    token      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    crashes    INTEGER NOT NULL DEFAULT 0,
    claim_id   INTEGER,
    cancel     INTEGER NOT NULL DEFAULT 0,
    claimed_at INTEGER,
    started_at INTEGER,
    PRIMARY KEY (n, gen, kind, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_ready ON open (lane, ready_at) WHERE ready_at IS NOT NULL;

CREATE TABLE gone (
    n   INTEGER PRIMARY KEY,
    uid INTEGER NOT NULL,
    id  TEXT    NOT NULL
) STRICT;

CREATE TABLE history (
    seq         INTEGER PRIMARY KEY,
    task_id     TEXT    NOT NULL,
    uid         INTEGER NOT NULL,
    gen         INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    slot        INTEGER NOT NULL,
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    folded      INTEGER NOT NULL,
    exact       INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    reason      TEXT,
    attempt     INTEGER NOT NULL,
    crashes     INTEGER NOT NULL,
    owner       TEXT,
    token       INTEGER NOT NULL,
    claimed_at  INTEGER,
    started_at  INTEGER,
    finished_at INTEGER NOT NULL,
    result      TEXT,
    error       TEXT,
    late_result TEXT
) STRICT;
CREATE INDEX history_task ON history (task_id);  -- and, as in every index, the row's seq

CREATE TABLE node (
    id      TEXT PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    beat    INTEGER NOT NULL,
    boot_id TEXT    NOT NULL,
    pid     INTEGER NOT NULL,
    lanes   TEXT,
    version TEXT    NOT NULL,
    tzver   TEXT
) STRICT;

CREATE VIEW tasks AS
SELECT def.id, sched.state, lane.executor, lane.fn AS function,
       strftime('%Y-%m-%dT%H:%M:%fZ', (next_due + iif(clk = 'elapsed', meta.shift, 0)) / 1000000.0, 'unixepoch')
           AS next_run,
       runs, (SELECT count(*) FROM open WHERE open.n = def.n) AS open, quarantine, def.def AS definition
FROM def JOIN sched USING (n) JOIN meta LEFT JOIN lane ON lane.lane = abs(sched.lane);

CREATE VIEW fires AS
SELECT coalesce(def.id, gone.id) AS task_id, kind, open.state,
       strftime('%Y-%m-%dT%H:%M:%fZ', (last_slot + shift) / 1000000.0, 'unixepoch') AS scheduled,
       folded, attempt, crashes, owner,
       strftime('%Y-%m-%dT%H:%M:%fZ', ready_at / 1000000.0, 'unixepoch') AS ready,
       strftime('%Y-%m-%dT%H:%M:%fZ', claimed_at / 1000000.0, 'unixepoch') AS claimed,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000000.0, 'unixepoch') AS started
FROM open LEFT JOIN def USING (n) LEFT JOIN gone ON gone.n = open.n;

CREATE VIEW runs AS
SELECT seq, task_id, kind, state, reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1000000.0, 'unixepoch') AS scheduled,
       iif(exact, '', 'at least ') || folded AS times, attempt, crashes, owner,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000000.0, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', finished_at / 1000000.0, 'unixepoch') AS finished,
       (finished_at - started_at) / 1000 AS milliseconds, result, error, late_result
FROM history;
)sql"};

// A random (version 4) UUID.
std::string new_uuid() {
    std::random_device random;
    std::string text;
    constexpr char kDigits[] = "0123456789abcdef";
    for (int digit = 0; digit < 32; ++digit) {
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text += '-';
        unsigned value = random() & 15U;
        if (digit == 12) value = 4;
        if (digit == 16) value = 8U | (value & 3U);
        text += kDigits[value];
    }
    return text;
}

std::int64_t ask(Connection& connection, const char* sql) {
    Statement statement(connection, sql);
    Cursor row(statement);
    return row.next() ? row.integer(0) : 0;
}

}  // namespace

std::int64_t schema_version(Connection& connection) {
    const std::int64_t application = ask(connection, "PRAGMA application_id");
    if (ask(connection, "SELECT count(*) FROM sqlite_master") == 0) {
        if (application == 0 || application == kApplicationId) return 0;
    } else if (application == kApplicationId && ask(connection, "SELECT count(*) FROM meta") == 1) {
        const std::int64_t version = ask(connection, "SELECT schema FROM meta");
        const std::int64_t min_reader = ask(connection, "SELECT min_reader FROM meta");
        if (min_reader <= kSchemaVersion) return version;
        fail(Code::version, connection.path() + ": written by a newer uvsched (schema " + std::to_string(version) +
                                ", readable from " + std::to_string(min_reader) + " on; this one knows " +
                                std::to_string(kSchemaVersion) + "); update uvsched, or use another file");
    }
    fail(Code::corrupt, connection.path() + ": a database of another program; give the scheduler a file of its own");
}

namespace {

void migrate(Connection& connection, std::int64_t from) {
    for (auto step = static_cast<std::size_t>(from); step < kMigrations.size(); ++step) {
        connection.execute(kMigrations[step]);
    }
    Statement stamp(connection,
                    "UPDATE meta SET schema = ?1, min_reader = ?2, store_uuid = iif(store_uuid = '', ?3, store_uuid)");
    const std::string uuid = new_uuid();
    Cursor(stamp, kSchemaVersion, kMinReader, uuid).run();
    connection.execute(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
}

void run_check(Connection& connection, const char* pragma) {
    Statement check(connection, pragma);
    Cursor row(check);
    if (row.next() && row.view(0) != "ok") {
        fail(Code::corrupt, connection.path() + ": the database is damaged (" + row.text(0) +
                                "); put a backup in its place, or save what `sqlite3 FILE .recover` can read");
    }
}

}  // namespace

Meta prepare_schema(Connection& connection) {
    if (schema_version(connection) < kSchemaVersion) {
        Transaction transaction(connection);
        migrate(connection, schema_version(connection));
        transaction.commit();
    }
    Statement statement(connection, "SELECT store_uuid, shift, history_seq FROM meta");
    Cursor row(statement);
    if (!row.next()) fail(Code::corrupt, connection.path() + ": the table meta is empty; put a backup in place");
    return {row.text(0), row.integer(1), row.integer(2)};
}

void check_for_damage(Connection& connection) {
    constexpr std::int64_t kSmall = 32LL << 20;
    const std::int64_t size = ask(connection, "PRAGMA page_count") * ask(connection, "PRAGMA page_size");
    if (size <= kSmall) {
        run_check(connection, "PRAGMA quick_check(1)");
        return;
    }
    for (const char* pragma : {"PRAGMA quick_check(meta)", "PRAGMA quick_check(lane)", "PRAGMA quick_check(open)",
                               "PRAGMA quick_check(gone)", "PRAGMA quick_check(node)"}) {
        run_check(connection, pragma);
    }
}

}  // namespace uvsched::sqlite
