// All SQL that runs while the store is open, in one place: each statement is prepared once, when the file is opened. No
// statement adds to a number that may be the greatest: the sum would be a REAL, which the tables refuse.
#pragma once

#include "core/stores/rows/rows.hpp"
#include "core/stores/sqlite/connection.hpp"

namespace uvsched::sqlite {

// The columns that read_task() and read_fire() (rows.hpp) expect, in their order.
#define UVSCHED_TASK_COLUMNS                                                                 \
    "n, lane, def_hash, uid, gen, rev, clk, anchor, next_slot, next_due, hwm, state, runs, " \
    "(SELECT count(*) FROM open WHERE open.n = sched.n)"
#define UVSCHED_FIRE_COLUMNS                                                                               \
    "n, gen, kind, slot, last_slot, to_wall, folded, exact, state, lane, owner, token, attempt, crashes, " \
    "claimed_at, started_at, ready_at"
#define UVSCHED_FIRE_KEY "n = ?1 AND gen = ?2 AND kind = ?3 AND slot = ?4"

// Numbered in the order in which callers give values.
struct Statements {
    explicit Statements(Connection& connection) : db(connection) {}
    Connection& db;

    // def and sched: reading
    Statement task{db, "SELECT " UVSCHED_TASK_COLUMNS " FROM sched WHERE n = ?1"};
    Statement number_of{db, "SELECT n FROM def WHERE id = ?1"};
    Statement definition{db, "SELECT id, format, def, quarantine, uid, declared, at_start FROM def WHERE n = ?1"};
    Statement identity{db, "SELECT uid, id FROM def WHERE n = ?1 UNION ALL SELECT uid, id FROM gone WHERE n = ?1"};
    Statement ids_after{db, "SELECT n FROM def WHERE id > ?1 AND quarantine IS NULL ORDER BY id"};
    Statement counts{db, "SELECT state, count(*), count(next_due) FROM sched WHERE lane > 0 GROUP BY state"};
    Statement asking{db, "SELECT n FROM sched WHERE state = 'active' AND next_due IS NULL AND lane > 0 ORDER BY n"};
    // What no look returns although it is there: set apart, or on a line or lane that nobody knows, or due beyond time,
    // or left to newer versions and mended since.
    Statement strays{
        db,
        "SELECT n FROM def WHERE quarantine IS NOT NULL UNION "
        "SELECT n FROM sched WHERE next_due IS NOT NULL AND (clk NOT IN ('wall', 'elapsed') OR "
        "lane NOT IN (SELECT lane FROM lane) OR next_due > 2 * 7258118400000000) UNION "
        "SELECT n FROM open WHERE lane NOT IN (SELECT lane FROM lane) OR ready_at > 7258118400000000 UNION "
        "SELECT n FROM lane JOIN sched USING (lane) JOIN def USING (n) WHERE lane.format > ?1 AND def.format <= ?1 AND "
        "EXISTS (SELECT 1 FROM lane WHERE format > ?1) ORDER BY 1"};

    // What is due, and when something will be
    Statement due{db,
                  "SELECT next_due, n FROM sched WHERE clk = ?1 AND lane = ?2 AND next_due IS NOT NULL AND "
                  "next_due <= ?3 ORDER BY next_due LIMIT ?4 OFFSET ?5"};
    Statement ready{db, "SELECT " UVSCHED_FIRE_COLUMNS
                        " FROM open WHERE lane = ?1 AND ready_at IS NOT NULL "
                        "AND ready_at <= ?2 ORDER BY ready_at LIMIT ?3 OFFSET ?4"};
    Statement first_due{db, "SELECT min(next_due) FROM sched WHERE clk = ?1 AND lane = ?2 AND next_due IS NOT NULL"};
    Statement first_ready{db, "SELECT min(ready_at) FROM open WHERE lane = ?1 AND ready_at IS NOT NULL"};

    // Lanes. The example is looked for in the indexes first.
    Statement lanes{db,
                    "SELECT lane, executor, fn, trigger, format, coalesce("
                    "(SELECT n FROM sched WHERE clk = 'wall' AND lane = l.lane AND next_due IS NOT NULL LIMIT 1), "
                    "(SELECT n FROM sched WHERE clk = 'elapsed' AND lane = l.lane AND next_due IS NOT NULL LIMIT 1), "
                    "(SELECT n FROM open WHERE lane = l.lane AND ready_at IS NOT NULL LIMIT 1), "
                    "(SELECT n FROM sched WHERE lane = l.lane AND state <> 'finished' LIMIT 1), "
                    "(SELECT n FROM open WHERE lane = l.lane LIMIT 1)) AS example FROM lane AS l "
                    "WHERE lane > 0 AND (example IS NOT NULL OR EXISTS (SELECT 1 FROM sched WHERE lane = l.lane)) "
                    "ORDER BY lane"};
    Statement lane_of{db, "SELECT lane FROM lane WHERE executor = ?1 AND fn = ?2 AND trigger = ?3 AND format = ?4"};
    Statement lane_names{db, "SELECT executor, fn, trigger, format FROM lane WHERE lane = ?1"};
    Statement lane_of_task{db,
                           "SELECT executor, fn, trigger FROM lane WHERE lane = (SELECT max(lane, -lane) FROM sched "
                           "WHERE n = ?1)"};
    Statement add_lane{db, "INSERT INTO lane (executor, fn, trigger, format) VALUES (?1, ?2, ?3, ?4) RETURNING lane"};

    // def and sched: writing
    Statement add_definition{
        db,
        "INSERT INTO def (uid, id, format, def, def_hash, declared, at_start) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6) "
        "RETURNING n"};
    Statement set_definition{
        db, "UPDATE def SET format = ?2, def = ?3, def_hash = ?4, uid = ?5, quarantine = NULL WHERE n = ?1"};
    Statement set_declared{db, "UPDATE def SET declared = ?2, at_start = ?3 WHERE n = ?1"};
    Statement declared_at_start{db,
                                "SELECT id FROM def JOIN sched USING (n) WHERE at_start = 1 AND quarantine IS NULL "
                                "AND state <> 'finished' ORDER BY id"};
    Statement add_schedule{
        db,
        "INSERT INTO sched (n, lane, def_hash, uid, gen, rev, clk, anchor, next_slot, next_due, hwm, "
        "state, runs) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"};
    Statement set_schedule{db,
                           "UPDATE sched SET lane = ?2, def_hash = ?3, gen = ?4, rev = ?5, clk = ?6, anchor = ?7, "
                           "next_slot = ?8, next_due = ?9, hwm = ?10, state = ?11 WHERE n = ?1"};
    Statement advance{db,
                      "UPDATE sched SET rev = ?2, next_slot = ?3, next_due = ?4, hwm = ?5, state = ?6 WHERE n = ?1"};
    Statement touch{db, "UPDATE sched SET rev = min(rev, " UVSCHED_MOST ") + 1 WHERE n = ?1"};
    Statement count_run{db, "UPDATE sched SET runs = max(0, min(runs, " UVSCHED_MOST ") + ?2) WHERE n = ?1"};
    Statement next_piece{db,
                         "UPDATE sched SET next_due = next_slot WHERE n = ?1 AND state = 'active' AND "
                         "next_due > next_slot AND hwm = next_slot - 1"};
    Statement drop_definition{db, "DELETE FROM def WHERE n = ?1"};
    Statement drop_schedule{db, "DELETE FROM sched WHERE n = ?1"};
    Statement drop_definitions{db, "DELETE FROM def"};
    Statement drop_schedules{db, "DELETE FROM sched"};

    // Quarantine: a negative lane is one that no look asks for.
    Statement quarantine{db, "UPDATE def SET quarantine = ?2 WHERE n = ?1"};
    Statement hide_schedule{db, "UPDATE sched SET lane = -lane WHERE n = ?1 AND lane > 0"};
    Statement hide_fires{db, "UPDATE open SET lane = -lane WHERE n = ?1 AND lane > 0"};
    Statement is_apart{db,
                       "SELECT 1 FROM def WHERE n = ?1 AND quarantine IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sched "
                       "WHERE n = ?1 AND lane > 0) AND NOT EXISTS (SELECT 1 FROM open WHERE n = ?1 AND lane > 0)"};
    Statement set_schedule_lane{db, "UPDATE sched SET lane = ?2 WHERE n = ?1"};
    Statement set_fire_lanes{db, "UPDATE open SET lane = ?2 WHERE n = ?1"};

    // Deleted tasks some of whose fires still run
    Statement add_gone{db, "INSERT OR REPLACE INTO gone (n, uid, id) SELECT n, uid, id FROM def WHERE n = ?1"};
    Statement add_all_gone{db,
                           "INSERT OR REPLACE INTO gone (n, uid, id) SELECT n, uid, id FROM def WHERE n IN "
                           "(SELECT n FROM open)"};
    Statement is_gone{db, "SELECT 1 FROM gone WHERE n = ?1 AND NOT EXISTS (SELECT 1 FROM def WHERE def.n = ?1)"};
    Statement drop_gone{db, "DELETE FROM gone WHERE n = ?1 AND NOT EXISTS (SELECT 1 FROM open WHERE open.n = ?1)"};

    // open
    Statement fire{db, "SELECT " UVSCHED_FIRE_COLUMNS " FROM open WHERE " UVSCHED_FIRE_KEY};
    Statement fires_of{db, "SELECT " UVSCHED_FIRE_COLUMNS " FROM open WHERE n = ?1 ORDER BY gen, slot"};
    Statement fires_of_claim{
        db, "SELECT " UVSCHED_FIRE_COLUMNS " FROM open WHERE n = ?1 AND claim_id = ?2 ORDER BY gen, slot"};
    Statement ready_of{db, "SELECT " UVSCHED_FIRE_COLUMNS " FROM open WHERE n = ?1 AND ready_at IS NOT NULL"};
    Statement any_waiting{db, "SELECT 1 FROM open WHERE n = ?1 AND state = 'waiting' LIMIT 1"};
    Statement tasks_with_fires{db, "SELECT DISTINCT n FROM open ORDER BY n"};
    Statement add_fire{db,
                       "INSERT INTO open (n, gen, kind, slot, last_slot, to_wall, folded, exact, state, lane, "
                       "ready_at, owner, token, attempt, claimed_at, claim_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                       "?9, ?10, ?11, nullif(?12, 0), ?13, ?14, nullif(?15, 0), nullif(?16, 0))"};
    Statement claim_fire{db,
                         "UPDATE open SET state = 'claimed', ready_at = NULL, owner = ?5, token = ?7 + 1, "
                         "claimed_at = ?6 WHERE " UVSCHED_FIRE_KEY " AND token = ?7 AND state = 'ready'"};
    Statement start_fire{db, "UPDATE open SET state = 'running', started_at = ?5 WHERE " UVSCHED_FIRE_KEY
                             " AND owner = ?6 AND token = ?7 AND state = 'claimed'"};
    Statement free_fire{db,
                        "UPDATE open SET state = 'ready', ready_at = ?5, owner = NULL, token = ?6, "
                        "crashes = ?7, claimed_at = NULL, started_at = NULL WHERE " UVSCHED_FIRE_KEY};
    Statement keep_fire{
        db, "UPDATE open SET owner = ?5 WHERE " UVSCHED_FIRE_KEY " AND token = ?6 AND state IN ('claimed', 'running')"};
    // What is neither ready nor waiting somebody must hold. A row that was set apart (lane < 0) waits for its repair.
    Statement held_by{db, "SELECT " UVSCHED_FIRE_COLUMNS
                          " FROM open WHERE owner IS ?1 AND state NOT IN ('ready', 'waiting') AND lane > 0 AND "
                          "lane NOT IN (SELECT lane FROM lane WHERE format > ?2) LIMIT ?3"};
    Statement mine{
        db,
        "SELECT n, gen, kind, slot, token FROM open WHERE owner = ?1 AND state IN ('claimed', 'running') AND "
        "lane > 0"};
    Statement drop_fire{db, "DELETE FROM open WHERE " UVSCHED_FIRE_KEY};

    // history
    Statement add_history{db,
                          "INSERT INTO history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, "
                          "state, reason, attempt, crashes, label, owner, token, claimed_at, started_at, finished_at, "
                          "result, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
                          "(SELECT label FROM node WHERE id = ?14), ?14, ?15, ?16, ?17, ?18, ?19, ?20)"};
    Statement history_of_fire{db,
                              "SELECT seq, token, state FROM history WHERE task_id = ?1 AND uid = ?2 AND gen = ?3 "
                              "AND kind = ?4 AND slot = ?5 AND token > 0 ORDER BY seq DESC LIMIT 1"};
    Statement history_of_uid{db,
                             "SELECT seq, token, state FROM history WHERE uid = ?1 AND gen = ?2 AND kind = ?3 "
                             "AND slot = ?4 AND token > 0 ORDER BY seq DESC LIMIT 1"};
    Statement recent_fire{db,
                          "SELECT 1 FROM (SELECT uid, kind, slot FROM history WHERE task_id = ?1 ORDER BY seq DESC "
                          "LIMIT 100) WHERE uid = ?2 AND kind = ?3 AND slot = ?4"};
    Statement set_late_result{db, "UPDATE history SET late_result = ?2 WHERE seq = ?1"};
    Statement history{db,
                      "SELECT seq, task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, "
                      "attempt, crashes, coalesce(label, owner), claimed_at, started_at, finished_at, result, error, "
                      "late_result "
                      "FROM history WHERE seq < ?1 AND (?2 IS NULL OR state = ?2) ORDER BY seq DESC LIMIT ?3"};
    Statement history_of_task{
        db,
        "SELECT seq, task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, "
        "attempt, crashes, coalesce(label, owner), claimed_at, started_at, finished_at, result, error, "
        "late_result "
        "FROM history WHERE task_id = ?4 AND seq < ?1 AND (?2 IS NULL OR state = ?2) ORDER BY seq DESC LIMIT ?3"};
    // Rows whose number leaves no room behind it are somebody's edit: they get one like all others.
    Statement seqs_too_high{db, "SELECT seq FROM history WHERE seq > " UVSCHED_MOST " ORDER BY seq"};
    Statement lower_seq{
        db, "UPDATE history SET seq = 1 + (SELECT coalesce(max(seq), 0) FROM history WHERE seq <= " UVSCHED_MOST
            ") WHERE seq = ?1"};
    Statement bad_lanes{db, "DELETE FROM lane WHERE lane NOT BETWEEN 1 AND " UVSCHED_MOST};
    Statement numbers_too_high{db,
                               "UPDATE sqlite_sequence SET seq = iif(name = 'history', (SELECT coalesce(max(seq), 0) "
                               "FROM history), (SELECT coalesce(max(lane), 0) FROM lane)) "
                               "WHERE name IN ('history', 'lane') AND (typeof(seq) <> 'integer' OR seq > " UVSCHED_MOST
                               ")"};

    // Retention
    Statement oldest_history{db, "SELECT seq, finished_at FROM history ORDER BY seq LIMIT ?1"};
    Statement next_task_with_history{db, "SELECT task_id FROM history WHERE task_id > ?1 ORDER BY task_id LIMIT 1"};
    Statement seq_to_keep{db, "SELECT seq FROM history WHERE task_id = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2"};
    Statement old_history_of_task{db, "SELECT seq FROM history WHERE task_id = ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3"};
    Statement drop_history{db, "DELETE FROM history WHERE seq = ?1"};

    // meta and node
    Statement changes{db, "SELECT changes FROM meta"};
    Statement count_change{db, "UPDATE meta SET changes = iif(changes < " UVSCHED_MOST ", changes + 1, 0)"};
    Statement shift{db, "SELECT shift FROM meta"};
    Statement set_shift{db, "UPDATE meta SET shift = ?1"};
    Statement set_line{db, "UPDATE meta SET boot_id = ?1, base = ?2, shift = ?3"};
    Statement add_node{db,
                       "INSERT INTO node (id, label, beat, boot_id, pid, version, lanes) VALUES (?1, ?2, 0, ?3, ?4, "
                       "?5, '')"};
    Statement set_lanes{db, "UPDATE node SET lanes = ?2 WHERE id = ?1"};
    Statement has_node{db, "SELECT 1 FROM node WHERE id = ?1"};
    Statement drop_node{
        db, "DELETE FROM node WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM open WHERE owner = ?1 AND lane > 0)"};
    Statement other_nodes{db,
                          "SELECT id FROM node WHERE id <> ?1 UNION SELECT owner FROM open WHERE owner IS NOT ?1 AND "
                          "state NOT IN ('ready', 'waiting') AND lane > 0"};
};

#undef UVSCHED_TASK_COLUMNS
#undef UVSCHED_FIRE_COLUMNS
#undef UVSCHED_FIRE_KEY

}  // namespace uvsched::sqlite
