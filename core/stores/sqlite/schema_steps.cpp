#include "core/stores/sqlite/schema.hpp"

#include <array>

namespace uvsched::sqlite {
namespace {

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
)sql",
                                                                 R"sql(
ALTER TABLE def ADD COLUMN declared INTEGER;
ALTER TABLE def ADD COLUMN at_start INTEGER NOT NULL DEFAULT 0;
CREATE INDEX def_at_start ON def (id) WHERE at_start = 1;

DROP VIEW IF EXISTS runs;
CREATE VIEW runs AS
SELECT seq, task_id, kind, state, reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1000000.0, 'unixepoch') AS scheduled,
       iif(exact, '', 'at least ') || folded AS times, attempt, crashes, owner,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000000.0, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', finished_at / 1000000.0, 'unixepoch') AS finished,
       (finished_at - started_at) / 1000 AS milliseconds,
       substr(error, 1, instr(error || char(10), char(10)) - 1) AS error, result, late_result
FROM history;

CREATE VIEW tracebacks AS
SELECT seq, task_id, strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1000000.0, 'unixepoch') AS scheduled,
       ltrim(substr(error, instr(error, char(10))), char(10)) AS traceback
FROM history WHERE instr(error, char(10));
)sql",
                                                                 R"sql(
DROP VIEW IF EXISTS tasks;
DROP VIEW IF EXISTS fires;
DROP VIEW IF EXISTS runs;
DROP VIEW IF EXISTS tracebacks;

ALTER TABLE meta RENAME TO meta_2;
CREATE TABLE meta (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    store_uuid  TEXT    NOT NULL,
    schema      INTEGER NOT NULL,
    min_reader  INTEGER NOT NULL,
    boot_id     TEXT    NOT NULL DEFAULT '',
    base        INTEGER NOT NULL DEFAULT 0,
    shift       INTEGER NOT NULL DEFAULT 0,
    changes     INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO meta (one, store_uuid, schema, min_reader, shift)
SELECT one, store_uuid, schema, min_reader, shift FROM meta_2;

-- A node is one opening of the store. Version 2 had a name and a count of openings for it.
ALTER TABLE node RENAME TO node_2;
CREATE TABLE node (
    id      INTEGER PRIMARY KEY,
    label   TEXT    NOT NULL,
    beat    INTEGER NOT NULL,
    boot_id TEXT    NOT NULL,
    pid     INTEGER NOT NULL,
    lanes   TEXT,
    version TEXT    NOT NULL,
    tzver   TEXT
) STRICT;
CREATE TABLE owner_2 (id INTEGER PRIMARY KEY, label TEXT, epoch INTEGER) STRICT;
INSERT INTO owner_2 (id, label, epoch)
SELECT (random() & 9223372036854775807) | 1, owner, epoch FROM (
    SELECT owner, epoch FROM open WHERE owner IS NOT NULL UNION SELECT id, epoch FROM node_2);
INSERT INTO node (id, label, beat, boot_id, pid, lanes, version, tzver)
SELECT owner_2.id, label, coalesce(beat, 0), coalesce(boot_id, ''), coalesce(pid, 0), lanes, coalesce(version, ''),
       tzver
FROM owner_2 LEFT JOIN node_2 ON node_2.id = label AND node_2.epoch = owner_2.epoch WHERE label IS NOT NULL;

-- Numbers of lanes are never used twice. A custom trigger is part of its task's lane.
ALTER TABLE lane RENAME TO lane_2;
CREATE TABLE lane (
    lane     INTEGER PRIMARY KEY AUTOINCREMENT,
    executor TEXT    NOT NULL,
    fn       TEXT    NOT NULL,
    trigger  TEXT    NOT NULL DEFAULT '',
    format   INTEGER NOT NULL DEFAULT 1,
    UNIQUE (executor, fn, trigger, format)
) STRICT;
INSERT INTO lane (lane, executor, fn) SELECT lane, executor, fn FROM lane_2;
CREATE TABLE custom_2 (n INTEGER PRIMARY KEY, lane INTEGER NOT NULL, trigger TEXT NOT NULL) STRICT;
INSERT INTO custom_2 (n, lane, trigger)
SELECT n, lane, name FROM (
    SELECT n, lane, CASE WHEN json_valid(def) THEN iif(json_extract(def, '$.trigger.type') = 'custom',
        json_extract(def, '$.trigger.name'), NULL) END AS name
    FROM def JOIN sched USING (n))
WHERE typeof(name) = 'text' AND lane IN (SELECT lane FROM lane_2);
INSERT INTO lane (executor, fn, trigger)
SELECT DISTINCT executor, fn, custom_2.trigger FROM custom_2 JOIN lane_2 USING (lane);
UPDATE custom_2 SET lane = (
    SELECT lane.lane FROM lane JOIN lane_2 USING (executor, fn)
    WHERE lane_2.lane = custom_2.lane AND lane.trigger = custom_2.trigger);
UPDATE sched SET lane = (SELECT lane FROM custom_2 WHERE custom_2.n = sched.n)
WHERE n IN (SELECT n FROM custom_2);

ALTER TABLE open RENAME TO open_2;
CREATE TABLE open (
    n          INTEGER NOT NULL,
    gen        INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    slot       INTEGER NOT NULL,
    last_slot  INTEGER NOT NULL,
    to_wall    INTEGER NOT NULL,
    folded     INTEGER NOT NULL,
    exact      INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    lane       INTEGER NOT NULL,
    ready_at   INTEGER,
    owner      INTEGER,
    token      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    crashes    INTEGER NOT NULL DEFAULT 0,
    claim_id   INTEGER,
    cancel     INTEGER NOT NULL DEFAULT 0,
    claimed_at INTEGER,
    started_at INTEGER,
    PRIMARY KEY (n, gen, kind, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO open (n, gen, kind, slot, last_slot, to_wall, folded, exact, state, lane, ready_at, owner, token, attempt,
                  crashes, claim_id, cancel, claimed_at, started_at)
SELECT n, gen, kind, slot, last_slot, shift, folded, exact, state,
       iif(open_2.lane > 0, coalesce((SELECT lane FROM custom_2 WHERE custom_2.n = open_2.n), open_2.lane),
           open_2.lane),
       ready_at, (SELECT id FROM owner_2 WHERE label = open_2.owner AND epoch IS open_2.epoch),
       token, attempt, crashes, claim_id, cancel, claimed_at, started_at
FROM open_2;

ALTER TABLE history RENAME TO history_2;
CREATE TABLE history (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
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
    label       TEXT,
    owner       INTEGER,
    token       INTEGER NOT NULL,
    claimed_at  INTEGER,
    started_at  INTEGER,
    finished_at INTEGER NOT NULL,
    result      TEXT,
    error       TEXT,
    late_result TEXT
) STRICT;
INSERT INTO history (seq, task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, attempt,
                     crashes, label, token, claimed_at, started_at, finished_at, result, error, late_result)
SELECT seq, task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, attempt,
       crashes, owner, token, claimed_at, started_at, finished_at, result, error, late_result
FROM history_2;
INSERT INTO sqlite_sequence (name, seq)
SELECT 'history', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'history');
UPDATE sqlite_sequence SET seq = max(seq, (SELECT history_seq FROM meta_2)) WHERE name = 'history';

DROP TABLE history_2;
DROP TABLE open_2;
DROP TABLE custom_2;
DROP TABLE lane_2;
DROP TABLE owner_2;
DROP TABLE node_2;
DROP TABLE meta_2;
CREATE INDEX open_ready ON open (lane, ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX history_task ON history (task_id);  -- and, as in every index, the row's seq

CREATE VIEW tasks AS
SELECT def.id, sched.state, lane.executor, lane.fn AS function,
       strftime('%Y-%m-%dT%H:%M:%fZ', (next_due + iif(clk = 'elapsed', meta.shift, 0)) / 1000000.0, 'unixepoch')
           AS next_run,
       runs, (SELECT count(*) FROM open WHERE open.n = def.n) AS open, quarantine, def.def AS definition
FROM def JOIN sched USING (n) JOIN meta LEFT JOIN lane ON lane.lane = abs(sched.lane);

CREATE VIEW fires AS
SELECT coalesce(def.id, gone.id) AS task_id, kind, open.state,
       strftime('%Y-%m-%dT%H:%M:%fZ', (last_slot + to_wall) / 1000000.0, 'unixepoch') AS scheduled,
       folded, attempt, crashes, coalesce(node.label, open.owner) AS owner,
       strftime('%Y-%m-%dT%H:%M:%fZ', ready_at / 1000000.0, 'unixepoch') AS ready,
       strftime('%Y-%m-%dT%H:%M:%fZ', claimed_at / 1000000.0, 'unixepoch') AS claimed,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000000.0, 'unixepoch') AS started
FROM open LEFT JOIN def USING (n) LEFT JOIN gone ON gone.n = open.n LEFT JOIN node ON node.id = open.owner;

CREATE VIEW runs AS
SELECT seq, task_id, kind, state, reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1000000.0, 'unixepoch') AS scheduled,
       iif(exact, '', 'at least ') || folded AS times, attempt, crashes, label AS owner,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000000.0, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', finished_at / 1000000.0, 'unixepoch') AS finished,
       (finished_at - started_at) / 1000 AS milliseconds,
       substr(error, 1, instr(error || char(10), char(10)) - 1) AS error, result, late_result
FROM history;

CREATE VIEW tracebacks AS
SELECT seq, task_id, strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1000000.0, 'unixepoch') AS scheduled,
       ltrim(substr(error, instr(error, char(10))), char(10)) AS traceback
FROM history WHERE instr(error, char(10));
)sql"};

}  // namespace

const char* schema_step(std::int64_t version) { return kMigrations.at(static_cast<std::size_t>(version - 1)); }

}  // namespace uvsched::sqlite
