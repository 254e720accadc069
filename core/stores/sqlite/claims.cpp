// Ways into claimed and running: claim, take and the start gate.
#include "core/ledger/fire_rules.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

// Returns the fire as the engine will see it.
OpenFire add_fire(Database& db, const TaskRow& task, const PlannedRun& run, std::int64_t claim, Instant now) {
    constexpr std::int64_t kNone = 0;  // becomes NULL
    const bool waiting = run.waiting;
    OpenFire fire = planned_fire(run, task.state);
    fire.to_wall = db.at(now).to_wall(task.state.clock);
    Cursor(db.sql().add_fire, task.number, task.state.gen, kind_text(FireKind::scheduled), run.slot, run.last,
           fire.to_wall, run.folded, run.exact, state_text(fire.state), task.lane, std::nullopt,
           waiting ? kNone : db.node, fire.token, fire.attempt, waiting ? kNone : now, claim)
        .run();
    return fire;
}

}  // namespace

void apply_claim(Database& db, Claim& claim) {
    const Plan& plan = claim.plan;
    std::optional<TaskRow> task;
    try {
        task = db.find_task(claim.task);
        if (!task) {
            claim.outcome = Outcome::missing;
            return;
        }
        claim.outcome = Outcome::refused;
        if (task->state.rev != claim.rev || !is_new(plan, task->state.hwm) || task->lane < 0) return;
        StoredTask stored = db.stored(*task);
        TaskState& state = task->state;
        ++state.rev;
        state.next_slot = plan.next_slot;
        state.next_due = plan.next_due;
        state.hwm = hwm_after(plan, state.hwm);
        if (ends_task(plan)) state.status = TaskStatus::finished;
        Cursor(db.sql().advance, task->number, state.rev, state.next_slot, state.next_due, mark_or_null(state.hwm),
               status_text(state.status))
            .run();
        db.step("claim.half");
        stored.state = state;
        stored.open += static_cast<std::int32_t>(plan.runs.size());
        if (plan.asks) claim.asking = stored;
        for (const PlannedRun& run : plan.runs) {
            claim.fires.push_back(add_fire(db, *task, run, claim.id, claim.now_wall));
            claim.fires.back().task = stored;
        }
        for (const PlannedMiss& miss : plan.misses) {
            db.write_miss(*task, stored.definition->id, miss, claim.now_wall);
        }
        claim.outcome = Outcome::done;
    } catch (const Unreadable&) {
        // Nothing was written: what cannot be read shows before the first write. The next look sets the task apart.
        claim.outcome = Outcome::refused;
    }
}

void recall(Database& db, Claim& claim) {
    claim.outcome = Outcome::refused;
    claim.fires.clear();
    claim.asking = {};
    try {
        const std::optional<TaskRow> task = db.find_task(claim.task);
        if (!task) return;
        const StoredTask stored = db.stored(*task);
        bool made = claim.plan.runs.empty() && is_as_planned(claim.plan, claim.rev, task->state);
        Cursor rows(db.sql().fires_of_claim, claim.task, claim.id);
        while (rows.next()) {
            made = true;
            const FireRow row = read_fire(rows);
            if (!is_held(row.state) || row.owner != db.node) continue;
            claim.fires.push_back(open_fire(row, task->state.uid));
            claim.fires.back().task = stored;
        }
        if (made) claim.outcome = Outcome::done;
    } catch (const Unreadable&) {
        claim.fires.clear();  // the next look sets the task apart
    }
}

void apply_take(Database& db, Take& take) {
    const FireRef& ref = take.fire;
    const std::optional<Identity> task = db.identity_of(ref.task);
    take.outcome = Outcome::refused;
    if (!task || task->uid != ref.key.uid) return;
    const int changed = Cursor(db.sql().claim_fire, ref.task, ref.key.gen, kind_text(ref.key.kind), ref.key.slot,
                               db.node, take.now_wall, ref.token)
                            .run();
    if (changed == 0) return;
    take.token = ref.token + 1;
    take.outcome = Outcome::done;
}

void apply_start(Database& db, Start& start) {
    const FireRef& ref = start.fire;
    const std::optional<Identity> task = db.identity_of(ref.task);
    start.outcome = Outcome::refused;
    if (!task || task->uid != ref.key.uid) return;
    const int changed = Cursor(db.sql().start_fire, ref.task, ref.key.gen, kind_text(ref.key.kind), ref.key.slot,
                               start.now_wall, db.node, ref.token)
                            .run();
    if (changed > 0) {
        db.step("start.half");
        Cursor(db.sql().count_run, ref.task, 1).run();
        start.outcome = Outcome::done;
        return;
    }
    // The same request again, whose first reply was lost.
    const std::optional<FireRow> fire = db.find_fire(ref);
    if (fire && fire->state == FireState::running && fire->token == ref.token && fire->owner == db.node) {
        start.outcome = Outcome::done;
    }
}

}  // namespace uvsched::sqlite
