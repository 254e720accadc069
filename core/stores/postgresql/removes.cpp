// Deleting tasks, and asking for a run by hand.
#include <utility>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/postgresql/store_steps.hpp"

namespace uvsched::postgresql {
namespace {

// Every request for a removal names its tasks by this: all, or the one with the id.
#define UVSCHED_PG_REMOVED "(SELECT n FROM @def WHERE $1 = '' OR id = $1)"

constexpr const char* kLockRemoved = "SELECT 1 FROM @sched WHERE n IN " UVSCHED_PG_REMOVED " ORDER BY n FOR UPDATE";
constexpr const char* kRemoveSchedules = "DELETE FROM @sched WHERE n IN " UVSCHED_PG_REMOVED;
constexpr const char* kRemoveTasks = "DELETE FROM @def WHERE $1 = '' OR id = $1 RETURNING 1";

// Rows that cannot be read stay.
#define UVSCHED_PG_SKIP(tasks)                                                                                       \
    "WITH o AS (DELETE FROM @open AS o WHERE o.n IN " tasks                                                          \
    " AND state IN ('waiting', 'ready', 'claimed') "                                                                 \
    "AND ($2 = 'deleted' OR kind <> 'manual') AND EXISTS (SELECT 1 FROM @def AS d WHERE d.n = o.n) RETURNING *), "   \
    "written AS (INSERT INTO @history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, "     \
    "reason, attempt, crashes, label, owner, token, claimed_at, finished_at) SELECT task_id, uid, gen, kind, slot, " \
    "CASE WHEN kind = 'manual' THEN last_slot ELSE slot END, last_slot, folded, exact, 'skipped', $2, attempt, "     \
    "crashes, (SELECT label FROM @node AS node WHERE node.id = o.owner), owner, token, claimed_at, $3::bigint "      \
    "FROM o ORDER BY o.n, o.gen, o.slot) "                                                                           \
    "SELECT o.n, o.gen, o.kind, o.slot, o.uid, o.task_id, CASE WHEN kind = 'manual' THEN last_slot ELSE slot END, "  \
    "last_slot, folded, exact, d.id, d.format, d.def, d.quarantine, d.uid FROM o JOIN @def AS d USING (n) "          \
    "ORDER BY o.n, o.gen, o.slot"
constexpr const char* kSkipReplaced = UVSCHED_PG_SKIP("(SELECT unnest($1::bigint[]))");
constexpr const char* kSkipDeleted = UVSCHED_PG_SKIP(UVSCHED_PG_REMOVED);
constexpr int kDroppedDefinitionAt = 10;

// Whether it was asked for before is known also if the run is over by now: a request that is made again comes soon
// after, before many other runs of its task.
constexpr const char* kRun =
    "WITH f AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY "
    "AS f(id, slot, at, ready, i)), "
    "t AS (SELECT f.*, s.n, s.uid, s.gen, s.lane FROM f JOIN @def AS d USING (id) JOIN @sched AS s ON s.n = d.n "
    "WHERE s.lane > 0), "
    "added AS (INSERT INTO @open (n, gen, kind, slot, uid, task_id, last_slot, folded, exact, state, lane, ready_at, "
    "token, attempt, crashes) SELECT n, gen, 'manual', slot, uid, id, at, 1, true, 'ready', lane, "
    "coalesce(ready, @now), 1, 1, 0 FROM t WHERE NOT EXISTS (SELECT 1 FROM (SELECT uid, kind, slot FROM @history AS h "
    "WHERE h.task_id = t.id ORDER BY seq DESC LIMIT 100) AS h WHERE h.uid = t.uid AND h.kind = 'manual' "
    "AND h.slot = t.slot) ON CONFLICT DO NOTHING RETURNING n), "
    "counted AS (SELECT n, count(*) AS times FROM added GROUP BY n), "
    "touched AS (UPDATE @sched AS s SET rev = least(s.rev, " UVSCHED_MOST
    ") + counted.times FROM counted "
    "WHERE s.n = counted.n) "
    "SELECT i, uid, gen, CASE WHEN EXISTS (SELECT 1 FROM added) THEN set_config('uvsched.told', '1', true) END FROM t";
constexpr const char* kLockRuns =
    "SELECT 1 FROM @sched WHERE n IN (SELECT n FROM @def WHERE id = ANY($1::text[])) ORDER BY n FOR NO KEY UPDATE";

// The name of a task; empty if it cannot be read.
std::string name_in(const RowView& definition, Uid uid) {
    try {
        return read_definition(definition, uid)->name;
    } catch (const Unreadable&) {
        return {};
    }
}

Dropped read_dropped(const Answer& answer, int i, Reason reason, Uid uid) {
    const Answer::Row row = answer.row(i);
    FireKey key{.uid = uid, .gen = static_cast<std::uint32_t>(row.integer(1)), .slot = row.integer(3)};
    static_cast<void>(kind_from_text(row.view(2), key.kind));
    return {.id = row.text(5),
            .name = name_in(answer.row(i, kDroppedDefinitionAt), uid),
            .miss = {.state = FireState::skipped,
                     .reason = reason,
                     .first = row.integer(6),
                     .last = row.integer(7),
                     .count = row.integer(8),
                     .exact = row.integer(9) != 0},
            .fire = key};
}

Pipeline::Read read_all_dropped(Reason reason, std::function<void(Dropped&&)> dropped) {
    return [reason, dropped = std::move(dropped)](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            dropped(read_dropped(answer, i, reason, static_cast<Uid>(answer.row(i).integer(4))));
        }
    };
}

}  // namespace

void ask_skip_unstarted(Database&, Pipeline& pipeline, const Column& tasks, Reason reason, Instant now,
                        std::function<void(Dropped&&)> dropped) {
    pipeline.add(kSkipReplaced, {tasks.value(), reason_text(reason), now},
                 read_all_dropped(reason, std::move(dropped)));
}

void ask_remove(Database&, Pipeline& pipeline, Remove& remove) {
    remove.outcome = remove.id.empty() ? Outcome::done : Outcome::missing;
    pipeline.add(kLockRemoved, {remove.id});
    pipeline.add(
        kSkipDeleted, {remove.id, reason_text(Reason::deleted), remove.now_wall},
        read_all_dropped(Reason::deleted, [&remove](Dropped&& fire) { remove.dropped.push_back(std::move(fire)); }));
    pipeline.add(kRemoveSchedules, {remove.id});
    pipeline.add(kRemoveTasks, {remove.id}, [&remove](const Answer& answer) {
        remove.removed = answer.size();
        if (!answer.empty()) remove.outcome = Outcome::done;
    });
}

void ask_runs(Database& db, Pipeline& pipeline, std::vector<RunNow*> runs) {
    if (runs.empty()) return;
    Column columns[4];
    for (RunNow* const run : runs) {
        run->outcome = Outcome::missing;
        columns[0].add(run->id);
        columns[1].add(run->request);
        columns[2].add(run->now_wall);
        columns[3].add(db.by_hand(run->now_wall));
    }
    pipeline.add(kLockRuns, {columns[0].value()});
    pipeline.add(kRun, {columns[0].value(), columns[1].value(), columns[2].value(), columns[3].value()},
                 [runs = std::move(runs)](const Answer& answer) {
                     for (int i = 0; i < answer.size(); ++i) {
                         const Answer::Row row = answer.row(i);
                         RunNow& run = *runs[static_cast<std::size_t>(row.integer(0)) - 1];
                         run.key = {static_cast<Uid>(row.integer(1)), static_cast<std::uint32_t>(row.integer(2)),
                                    FireKind::manual, run.request};
                         run.outcome = Outcome::done;
                     }
                 });
}

}  // namespace uvsched::postgresql
