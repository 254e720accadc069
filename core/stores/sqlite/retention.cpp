// Old history goes, a bounded piece at a time: first by age, then by number for each task.
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

constexpr std::size_t kRowsAtOnce = 500;
constexpr int kTasksAtOnce = 100;

// Rows lie nearly in the order in which they ended, so the oldest are enough to look at.
std::vector<std::int64_t> too_old(Database& db, Instant now) {
    std::vector<std::int64_t> out;
    if (db.retention.age <= 0) return out;
    const Instant limit = saturating_sub(now, db.retention.age);
    Cursor rows(db.sql().oldest_history, kRowsAtOnce);
    while (rows.next()) {
        if (rows.integer(1) < limit) out.push_back(rows.integer(0));
    }
    return out;
}

// Looks at some tasks after the one it ended with last time; false when the round is over.
bool too_many(Database& db, std::vector<std::int64_t>& out) {
    if (db.retention.per_task <= 0) return false;
    for (int task = 0; task < kTasksAtOnce; ++task) {
        const std::string before = db.prune_after;
        {
            Cursor next(db.sql().next_task_with_history, before);
            if (!next.next()) {
                db.prune_after.clear();
                return false;
            }
            db.prune_after = next.text(0);
        }
        Cursor keep(db.sql().seq_to_keep, db.prune_after, db.retention.per_task);
        if (!keep.next()) continue;
        Cursor rows(db.sql().old_history_of_task, db.prune_after, keep.integer(0), kRowsAtOnce - out.size());
        while (rows.next()) out.push_back(rows.integer(0));
        if (out.size() >= kRowsAtOnce) {
            db.prune_after = before;  // it may have more
            return true;
        }
    }
    return true;
}

}  // namespace

bool prune_piece(Database& db, Instant now) {
    std::vector<std::int64_t> rows = too_old(db, now);
    bool more = rows.size() == kRowsAtOnce;
    if (!more && rows.empty()) more = too_many(db, rows);
    if (rows.empty()) return more;
    Writing transaction(db);
    db.step("prune.begin");
    for (const std::int64_t seq : rows) Cursor(db.sql().drop_history, seq).run();
    db.step("prune.before_commit");
    transaction.commit();
    db.step("prune.committed");
    return true;
}

}  // namespace uvsched::sqlite
