// Old history goes, a bounded piece at a time: first by age, then by number for each task.
#include "core/stores/postgresql/store_steps.hpp"

namespace uvsched::postgresql {
namespace {

constexpr int kRowsAtOnce = 500;
constexpr int kTasksAtOnce = 100;

// Rows lie nearly in the order in which they ended, so the oldest are enough to look at.
constexpr const char* kByAge =
    "DELETE FROM @history WHERE seq IN (SELECT seq FROM (SELECT seq, finished_at FROM @history ORDER BY seq LIMIT $2) "
    "AS oldest WHERE finished_at < $1) RETURNING 1";

// Walks from task to task in the index, each time to the next id.
constexpr const char* kTasksAfter =
    "WITH RECURSIVE t AS ((SELECT task_id, 1 AS place FROM @history WHERE task_id > $1 ORDER BY task_id LIMIT 1) "
    "UNION ALL SELECT (SELECT h.task_id FROM @history AS h WHERE h.task_id > t.task_id ORDER BY h.task_id LIMIT 1), "
    "t.place + 1 FROM t WHERE t.task_id IS NOT NULL AND t.place < $2) "
    "SELECT task_id FROM t WHERE task_id IS NOT NULL ORDER BY task_id";
constexpr const char* kByNumber =
    "DELETE FROM @history WHERE seq IN (SELECT old.seq FROM unnest($1::text[]) AS t(id) CROSS JOIN LATERAL (SELECT seq "
    "FROM @history AS h WHERE h.task_id = t.id AND h.seq <= (SELECT k.seq FROM @history AS k WHERE k.task_id = t.id "
    "ORDER BY k.seq DESC LIMIT 1 OFFSET $2) ORDER BY seq LIMIT $3) AS old ORDER BY t.id, old.seq LIMIT $3) "
    "RETURNING task_id";

int deleted_by_age(Database& db, Instant now) {
    if (db.retention.age <= 0) return 0;
    int rows = 0;
    Pipeline pipeline(db);
    pipeline.add(kByAge, {saturating_sub(now, db.retention.age), kRowsAtOnce},
                 [&](const Answer& answer) { rows = answer.size(); });
    pipeline.commit(Pipeline::Guard::none);
    return rows;
}

// Looks at some tasks after the one it ended with last time; false when the round is over.
bool delete_by_number(Database& db) {
    if (db.retention.per_task <= 0) return false;
    Column tasks;
    std::string last;
    Pipeline reading(db);
    reading.add(kTasksAfter, {db.prune_after, kTasksAtOnce}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) tasks.add(last = answer.row(i).text(0));
    });
    reading.read();
    if (tasks.size() == 0) {
        db.prune_after.clear();
        return false;
    }
    int rows = 0;
    Pipeline writing(db);
    writing.add(kByNumber, {tasks.value(), db.retention.per_task, kRowsAtOnce},
                [&](const Answer& answer) { rows = answer.size(); });
    writing.commit(Pipeline::Guard::none);
    if (rows < kRowsAtOnce) db.prune_after = last;  // else these may have more
    return true;
}

}  // namespace

bool prune_piece(Database& db, Instant now) {
    const int old = deleted_by_age(db, now);
    return old > 0 || delete_by_number(db);
}

}  // namespace uvsched::postgresql
