// Deleting tasks, and asking for a run by hand.
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

std::int64_t remove_all(Database& db, Instant now) {
    std::vector<TaskNumber> tasks;
    {
        Cursor rows(db.sql().tasks_with_fires);
        while (rows.next()) tasks.push_back(rows.integer(0));
    }
    for (const TaskNumber task : tasks) {
        if (const auto identity = db.identity_of(task)) skip_unstarted(db, task, *identity, Reason::deleted, now);
    }
    if (Cursor(db.sql().add_all_gone).run() > 0) db.any_gone = true;
    Cursor(db.sql().drop_schedules).run();
    return Cursor(db.sql().drop_definitions).run();
}

}  // namespace

void skip_unstarted(Database& db, TaskNumber task, const Identity& identity, Reason reason, Instant now) {
    std::vector<FireRow> unstarted;
    {
        Cursor rows(db.sql().fires_of, task);
        while (rows.next()) {
            try {
                FireRow fire = read_fire(rows);
                const bool stays = reason == Reason::replaced && fire.kind == FireKind::manual;
                if (fire.state != FireState::running && !stays) unstarted.push_back(std::move(fire));
            } catch (const Unreadable&) {
                continue;  // a row that cannot be read is never deleted
            }
        }
    }
    for (const FireRow& fire : unstarted) {
        db.end_fire(fire, identity, {.state = FireState::skipped, .reason = reason, .at = now});
    }
}

void apply_remove(Database& db, Remove& remove) {
    if (remove.id.empty()) {
        remove.removed = remove_all(db, remove.now_wall);
        remove.outcome = Outcome::done;
        return;
    }
    const std::optional<TaskNumber> number = db.find_number(remove.id);
    const std::optional<Identity> identity = number ? db.identity_of(*number) : std::nullopt;
    if (!identity) {
        remove.outcome = Outcome::missing;
        return;
    }
    skip_unstarted(db, *number, *identity, Reason::deleted, remove.now_wall);
    db.step("remove.half");
    Cursor(db.sql().add_gone, *number).run();
    db.any_gone = true;
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
        std::int64_t request = 0;
        {
            Cursor row(db.sql().draw_request);
            row.next();
            request = row.integer(0);
            row.run();
        }
        // Its scheduled time is now, on the task's own clock line.
        const Micros to_wall = task->state.clock == ClockLine::elapsed ? db.shift : 0;
        constexpr int kFirst = 1;
        constexpr int kNone = 0;
        run.key = {task->state.uid, task->state.gen, FireKind::manual, request};
        Cursor(db.sql().add_fire, *number, run.key.gen, kind_text(run.key.kind), request,
               saturating_sub(run.now_wall, to_wall), to_wall, 1, true, state_text(FireState::ready), task->lane,
               run.now_wall, std::string_view(), kNone, kFirst, kFirst, kNone)
            .run();
        Cursor(db.sql().touch, *number).run();
        run.outcome = Outcome::done;
    } catch (const Unreadable&) {
        return;
    }
}

}  // namespace uvsched::sqlite
