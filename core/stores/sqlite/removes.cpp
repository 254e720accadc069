// Deleting tasks, and asking for a run by hand.
#include "core/ledger/fire_rules.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

// The names of a task that is being deleted; only its id if the task cannot be read.
Named named_task(Database& db, TaskNumber task, Identity identity) {
    Named out{std::move(identity), {}};
    try {
        if (const auto row = db.find_task(task)) out.name = db.definition_of(*row)->name;
    } catch (const Unreadable&) {
        out.name.clear();
    }
    return out;
}

std::int64_t remove_all(Database& db, Instant now, std::vector<Dropped>& dropped) {
    std::vector<TaskNumber> tasks;
    {
        Cursor rows(db.sql().tasks_with_fires);
        while (rows.next()) tasks.push_back(rows.integer(0));
    }
    for (const TaskNumber task : tasks) {
        const std::optional<Identity> identity = db.identity_of(task);
        if (identity) skip_unstarted(db, task, named_task(db, task, *identity), Reason::deleted, now, dropped);
    }
    Cursor(db.sql().add_all_gone).run();
    Cursor(db.sql().drop_schedules).run();
    return Cursor(db.sql().drop_definitions).run();
}

// Also if the run is over by now: a request that is made again comes soon after, before many other runs of its task.
bool was_asked(Database& db, TaskNumber task, const RunNow& run) {
    if (db.find_fire(task, run.key.gen, run.key.kind, run.request)) return true;
    return Cursor(db.sql().recent_fire, run.id, run.key.uid, kind_text(run.key.kind), run.request).next();
}

}  // namespace

void skip_unstarted(Database& db, TaskNumber task, const Named& named, Reason reason, Instant now,
                    std::vector<Dropped>& dropped) {
    std::vector<FireRow> unstarted;
    {
        Cursor rows(db.sql().fires_of, task);
        while (rows.next()) {
            try {
                FireRow fire = read_fire(rows);
                if (ends_unstarted(fire.state, fire.kind, reason)) unstarted.push_back(std::move(fire));
            } catch (const Unreadable&) {
                continue;  // a row that cannot be read is never deleted
            }
        }
    }
    for (const FireRow& fire : unstarted) {
        db.end_fire(fire, named.identity, {.state = FireState::skipped, .reason = reason, .at = now});
        dropped.push_back({named.identity.id,
                           named.name,
                           {.state = FireState::skipped,
                            .reason = reason,
                            .first = fire.first_at(),
                            .last = fire.last_at(),
                            .count = fire.folded,
                            .exact = fire.exact},
                           FireKey{named.identity.uid, fire.gen, fire.kind, fire.slot}});
    }
}

void apply_remove(Database& db, Remove& remove) {
    if (remove.id.empty()) {
        remove.removed = remove_all(db, remove.now_wall, remove.dropped);
        remove.outcome = Outcome::done;
        return;
    }
    const std::optional<TaskNumber> number = db.find_number(remove.id);
    const std::optional<Identity> identity = number ? db.identity_of(*number) : std::nullopt;
    if (!identity) {
        remove.outcome = Outcome::missing;
        return;
    }
    skip_unstarted(db, *number, named_task(db, *number, *identity), Reason::deleted, remove.now_wall, remove.dropped);
    db.step("remove.half");
    Cursor(db.sql().add_gone, *number).run();
    db.forget_if_gone(*number);
    Cursor(db.sql().drop_schedule, *number).run();
    Cursor(db.sql().drop_definition, *number).run();
    remove.removed = 1;
    remove.outcome = Outcome::done;
}

void apply_run_now(Database& db, RunNow& run) {
    run.outcome = Outcome::missing;
    const std::optional<TaskNumber> number = db.find_number(run.id);
    if (!number) return;
    try {
        const std::optional<TaskRow> task = db.find_task(*number);
        if (!task || task->lane < 0) return;
        run.key = {task->state.uid, task->state.gen, FireKind::manual, run.request};
        if (was_asked(db, *number, run)) {  // the same request again
            run.outcome = Outcome::done;
            return;
        }
        db.tells = true;
        // Its scheduled time is now, on the task's own clock line.
        const Micros to_wall = to_wall_from(task->state.clock, db.to_wall);
        constexpr int kFirst = 1;
        constexpr int kNone = 0;
        Cursor(db.sql().add_fire, *number, run.key.gen, kind_text(run.key.kind), run.request,
               saturating_sub(run.now_wall, to_wall), to_wall, 1, true, state_text(FireState::ready), task->lane,
               run.now_wall, kNone, kFirst, kFirst, kNone, kNone)
            .run();
        Cursor(db.sql().touch, *number).run();
        run.outcome = Outcome::done;
    } catch (const Unreadable&) {
        return;
    }
}

}  // namespace uvsched::sqlite
