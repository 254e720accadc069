// Ways out of claimed and running: finish and release; and what they make room for.
#include "core/ledger/fire_rules.hpp"
#include "core/stores/postgresql/store_steps.hpp"

namespace uvsched::postgresql {
namespace {

// A run counts that was called: the fire says so, or whoever ended it.
constexpr const char* kFinish =
    "WITH f AS (SELECT * FROM " UVSCHED_PG_FIRES(
        ", $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bool[]",
        ", ending, reason, result, error, began, at, called") "), "
    "o AS (DELETE FROM @open AS o USING f WHERE " UVSCHED_PG_SAME_HOLD
    " AND o.owner = $14 AND o.state IN ('claimed', 'running') RETURNING o.*, f.ending, f.reason, f.result, f.error, "
    "f.began, f.at, f.called, f.i), "
    "written AS (INSERT INTO @history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, "
    "attempt, crashes, label, owner, token, claimed_at, started_at, finished_at, result, error) "
    "SELECT task_id, uid, gen, kind, slot, CASE WHEN kind = 'manual' THEN last_slot ELSE slot END, last_slot, folded, "
    "exact, ending, reason, attempt, crashes, (SELECT label FROM @node WHERE id = $14), owner, token, claimed_at, "
    "CASE WHEN called THEN coalesce(began, started_at) END, at, result, error FROM o ORDER BY i), "
    "counted AS (SELECT n, sum((called AND (state = 'running' OR began IS NOT NULL))::int - (state = 'running')::int) "
    "AS times FROM o GROUP BY n), "
    "counts AS (UPDATE @sched AS s SET runs = greatest(0, least(s.runs, " UVSCHED_MOST
    ") + counted.times) FROM counted WHERE s.n = counted.n AND counted.times <> 0) "
    "SELECT i, CASE WHEN row_number() OVER () = 1 THEN set_config('uvsched.ended', (SELECT array_agg(n) FROM o)::text, "
    "true) END FROM o";

// Of the tasks of which a fire has ended in this transaction, or of all that are named.
#define UVSCHED_PG_ENDED "coalesce(nullif(current_setting('uvsched.ended', true), ''), '{}')::bigint[]"

// The oldest first. Ready counts as under way, and so does what was asked for by hand.
constexpr const char* kPromote =
    "WITH t AS (SELECT DISTINCT n FROM unnest(CASE WHEN $3 THEN $1::bigint[] ELSE " UVSCHED_PG_ENDED
    " END) AS t(n)), "
    "o AS (SELECT o.n, o.gen, o.kind, o.slot, o.state FROM @open AS o JOIN t USING (n)), "
    "w AS (SELECT n, gen, kind, slot, row_number() OVER (PARTITION BY n ORDER BY gen, slot) AS place FROM o "
    "WHERE state = 'waiting'), "
    "u AS (SELECT n, count(*) AS number FROM o WHERE state <> 'waiting' GROUP BY n), "
    "freed AS (UPDATE @open AS o SET state = 'ready', ready_at = coalesce($2::bigint, @now), owner = NULL, "
    "token = o.token + 1, claimed_at = NULL, started_at = NULL FROM w JOIN @sched AS s USING (n) LEFT JOIN u USING (n) "
    "WHERE o.n = w.n AND o.gen = w.gen AND o.kind = w.kind AND o.slot = w.slot AND s.lane > 0 "
    "AND w.place <= s.max_instances - coalesce(u.number, 0) RETURNING 1), "
    "piece AS (UPDATE @sched AS s SET next_due = s.next_slot FROM t WHERE s.n = t.n AND s.state = 'active' "
    "AND s.next_due > s.next_slot AND s.hwm = s.next_slot - 1 AND NOT EXISTS (SELECT 1 FROM w WHERE w.n = t.n) "
    "RETURNING 1) "
    "SELECT " UVSCHED_PG_TOLD " WHERE EXISTS (SELECT 1 FROM freed) OR EXISTS (SELECT 1 FROM piece)";

// Of a task that was deleted meanwhile, a fire that comes back ends.
constexpr const char* kRelease =
    "WITH f AS (SELECT * FROM " UVSCHED_PG_FIRES(", $7::bigint[], $8::bigint[]", ", at, ready") "), "
    "held AS (SELECT o.*, f.at, f.ready, f.i, EXISTS (SELECT 1 FROM @def AS d WHERE d.n = o.n) AS there "
    "FROM @open AS o JOIN f ON " UVSCHED_PG_SAME_HOLD " WHERE o.owner = $9 AND o.state IN ('claimed', 'running')), "
    "freed AS (UPDATE @open AS o SET state = 'ready', ready_at = coalesce(f.ready, @now), owner = NULL, "
    "token = o.token + 1, claimed_at = NULL, started_at = NULL FROM held AS f WHERE " UVSCHED_PG_SAME_HOLD
    " AND o.owner = $9 AND f.there RETURNING f.i, f.n, f.state), "
    "counted AS (SELECT n, count(*) AS times FROM freed WHERE state = 'running' GROUP BY n), "
    "counts AS (UPDATE @sched AS s SET runs = greatest(0, s.runs - counted.times) FROM counted "
    "WHERE s.n = counted.n), "
    "o AS (DELETE FROM @open AS o USING held AS f WHERE " UVSCHED_PG_SAME_HOLD
    " AND o.owner = $9 AND NOT f.there RETURNING o.*, f.at, f.i), "
    "written AS (INSERT INTO @history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, "
    "attempt, crashes, label, owner, token, claimed_at, finished_at) SELECT task_id, uid, gen, kind, slot, "
    "CASE WHEN kind = 'manual' THEN last_slot ELSE slot END, last_slot, folded, exact, 'skipped', 'deleted', attempt, "
    "crashes, (SELECT label FROM @node WHERE id = $9), owner, token, claimed_at, at FROM o ORDER BY i) "
    "SELECT i, NULL AS task_id, NULL AS first_at, NULL AS last_at, NULL AS folded, NULL AS exact, "
    "set_config('uvsched.told', '1', true) FROM freed UNION ALL "
    "SELECT i, task_id, CASE WHEN kind = 'manual' THEN last_slot ELSE slot END, last_slot, folded, exact, '' FROM o";

// A deleted task's row of history can only be found among the latest.
constexpr const char* kEnded =
    "SELECT f.i, h.seq, h.token = f.token AND h.state = f.ending FROM " UVSCHED_PG_FIRES(", $7::text[]", ", ending")
    " LEFT JOIN @def AS d ON d.n = f.n CROSS JOIN LATERAL ("
    "SELECT seq, token, state FROM ((SELECT seq, token, state FROM @history AS h WHERE h.task_id = d.id "
    "AND h.uid = f.uid AND h.gen = f.gen AND h.kind = f.kind AND h.slot = f.slot AND h.token > 0 "
    "ORDER BY seq DESC LIMIT 1) UNION ALL (SELECT seq, token, state FROM (SELECT * FROM @history "
    "WHERE d.id IS NULL ORDER BY seq DESC LIMIT 10000) AS h WHERE h.uid = f.uid AND h.gen = f.gen "
    "AND h.kind = f.kind AND h.slot = f.slot AND h.token > 0 ORDER BY seq DESC LIMIT 1)) AS both_ways LIMIT 1) AS h";
constexpr const char* kLateResult =
    "UPDATE @history AS h SET late_result = f.report FROM unnest($1::bigint[], $2::text[]) AS f(seq, report) "
    "WHERE h.seq = f.seq";

std::string report_of(const Finish& finish) {
    if (!finish.result.empty()) return finish.result;
    return finish.error.empty() ? state_text(finish.state) : finish.error;
}

}  // namespace

void ask_finishes(Database& db, Pipeline& pipeline, std::vector<Finish>& finishes) {
    if (finishes.empty()) return;
    FireColumns fires;
    Column columns[7];
    Column tasks;
    Instant now = kEarliest;
    for (Finish& finish : finishes) {
        finish.outcome = Outcome::refused;
        FireRef fire = finish.fire;
        if (!may_finish(FireState::running, finish.state)) fire.token = 0;  // no fire has it
        fires.add(fire);
        tasks.add(fire.task);
        now = std::max(now, finish.now_wall);
        const Value values[] = {state_text(finish.state),         text_or_null(reason_text(finish.reason)),
                                text_or_null(finish.result),      text_or_null(finish.error),
                                time_or_null(finish.started_at),  finish.now_wall,
                                finish.state != FireState::missed};
        for (std::size_t i = 0; i < std::size(columns); ++i) columns[i].add(values[i]);
    }
    std::vector<Value> others;
    for (const Column& column : columns) others.push_back(column.value());
    others.emplace_back(db.node);
    pipeline.add(kFinish, fires.values(std::move(others)), [&](const Answer& answer) { read_done(answer, finishes); });
    ask_promotion(db, pipeline, tasks, Promotes::ended, now);
}

void ask_promotion(Database& db, Pipeline& pipeline, const Column& tasks, Promotes promotes, Instant now) {
    pipeline.add(kPromote, {tasks.value(), db.by_hand(now), promotes == Promotes::all});
}

void ask_releases(Database& db, Pipeline& pipeline, std::vector<Release>& releases) {
    if (releases.empty()) return;
    FireColumns fires;
    Column times;
    Column ready;
    for (Release& release : releases) {
        release.outcome = Outcome::refused;
        release.dropped.reset();
        fires.add(release.fire);
        times.add(release.now_wall);
        ready.add(db.by_hand(release.now_wall));
    }
    pipeline.add(kRelease, fires.values({times.value(), ready.value(), db.node}), [&](const Answer& answer) {
        read_done(answer, releases);
        for (int i = 0; i < answer.size(); ++i) {
            const Answer::Row row = answer.row(i);
            if (row.is_null(1)) continue;
            Release& release = releases[static_cast<std::size_t>(row.integer(0)) - 1];
            release.dropped = Dropped{.id = row.text(1),
                                      .name = release.task ? release.task->name : std::string(),
                                      .miss = {.state = FireState::skipped,
                                               .reason = Reason::deleted,
                                               .first = row.integer(2),
                                               .last = row.integer(3),
                                               .count = row.integer(4),
                                               .exact = row.integer(5) != 0}};
        }
    });
}

void settle_refused(Database& db, std::vector<Finish>& finishes) {
    std::vector<Finish*> refused;
    FireColumns fires;
    Column endings;
    for (Finish& finish : finishes) {
        if (finish.outcome != Outcome::refused) continue;
        refused.push_back(&finish);
        fires.add(finish.fire);
        endings.add(state_text(finish.state));
    }
    if (refused.empty()) return;
    Column rows;
    Column reports;
    Pipeline reading(db);
    reading.add(kEnded, fires.values({endings.value()}), [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const Answer::Row row = answer.row(i);
            Finish& finish = *refused[static_cast<std::size_t>(row.integer(0)) - 1];
            // One node only held the fire under this token; it may have joined anew since.
            if (row.integer(2) != 0) {
                finish.outcome = Outcome::done;
            } else {
                rows.add(row.integer(1));
                reports.add(report_of(finish));
            }
        }
    });
    reading.read();
    if (rows.size() == 0) return;
    Pipeline writing(db);
    writing.add(kLateResult, {rows.value(), reports.value()});
    writing.commit(Pipeline::Guard::none);
}

}  // namespace uvsched::postgresql
