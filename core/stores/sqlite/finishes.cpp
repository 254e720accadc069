// Ways out of claimed and running: finish and release.
#include "core/ledger/fire_rules.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

bool is_ours(const Database& db, const FireRow& fire, std::uint64_t token) {
    return fire.token == token && fire.owner == db.node;
}

// A fire that is not ours any more, or never was: repeated after it succeeded, or too late.
Outcome finish_again(Database& db, const Finish& finish, const std::optional<Identity>& task) {
    const FireKey& key = finish.fire.key;
    const char* kind = kind_text(key.kind);
    std::int64_t seq = 0;
    {
        // Without the task's id, no index helps: a fire of a deleted task that is reported twice is rare enough.
        Cursor row = task ? Cursor(db.sql().history_of_fire, task->id, key.uid, key.gen, kind, key.slot)
                          : Cursor(db.sql().history_of_uid, key.uid, key.gen, kind, key.slot);
        if (!row.next()) return Outcome::refused;
        seq = row.integer(0);
        // One node only held the fire under this token; it may have joined anew since.
        if (static_cast<std::uint64_t>(row.integer(1)) == finish.fire.token &&
            row.view(2) == state_text(finish.state)) {
            return Outcome::done;
        }
    }
    std::string_view report = finish.result.empty() ? finish.error : finish.result;
    if (report.empty()) report = state_text(finish.state);
    Cursor(db.sql().set_late_result, seq, report).run();
    return Outcome::refused;
}

}  // namespace

void apply_finish(Database& db, Finish& finish) {
    const std::optional<Identity> task = db.identity_of(finish.fire.task);
    const std::optional<FireRow> fire = task ? db.find_fire(finish.fire) : std::nullopt;
    if (!fire || task->uid != finish.fire.key.uid) {
        finish.outcome = finish_again(db, finish, task);
        return;
    }
    if (!is_ours(db, *fire, finish.fire.token) || !may_finish(fire->state, finish.state)) {
        finish.outcome = Outcome::refused;
        return;
    }
    const bool called = finish.state != FireState::missed;
    const Instant started_at = finish.started_at != 0 ? finish.started_at : fire->started_at;
    const bool counted = fire->state == FireState::running;
    const bool counts = called && (counted || finish.started_at != 0);
    if (counted != counts) Cursor(db.sql().count_run, fire->task, counts ? 1 : -1).run();
    db.end_fire(*fire, *task,
                {.state = finish.state,
                 .reason = finish.reason,
                 .at = finish.now_wall,
                 .started_at = called ? started_at : 0,
                 .result = finish.result,
                 .error = finish.error});
    db.promote_waiting(finish.fire.task, finish.now_wall);
    db.forget_if_gone(finish.fire.task);
    finish.outcome = Outcome::done;
}

void apply_release(Database& db, Release& release) {
    release.outcome = Outcome::refused;
    const std::optional<Identity> task = db.identity_of(release.fire.task);
    const std::optional<FireRow> fire = task ? db.find_fire(release.fire) : std::nullopt;
    if (!fire || task->uid != release.fire.key.uid || !is_ours(db, *fire, release.fire.token)) return;
    if (!is_held(fire->state)) return;
    if (db.is_gone(fire->task)) {
        const PlannedMiss miss{.state = FireState::skipped,
                               .reason = Reason::deleted,
                               .first = fire->first_at(),
                               .last = fire->last_at(),
                               .count = fire->folded,
                               .exact = fire->exact};
        release.dropped =
            Dropped{.id = task->id, .name = release.task ? release.task->name : std::string(), .miss = miss};
        db.end_fire(*fire, *task, {.state = miss.state, .reason = miss.reason, .at = release.now_wall});
        db.forget_if_gone(fire->task);
    } else {
        db.free_fire(*fire, fire->crashes, release.now_wall);
        db.step("release.half");
        if (fire->state == FireState::running) Cursor(db.sql().count_run, fire->task, -1).run();
    }
    release.outcome = Outcome::done;
}

}  // namespace uvsched::sqlite
