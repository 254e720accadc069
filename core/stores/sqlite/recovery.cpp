// What a dead process left: this process holds the file, so whoever claimed or started a fire before is gone.
#include <unistd.h>

#include <fstream>

#include "core/stores/sqlite/schema.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

OpenFire open_fire(const FireRow& fire, const Identity& identity) {
    OpenFire out;
    out.task.number = fire.task;
    out.key = {identity.uid, fire.gen, fire.kind, fire.slot};
    out.last_slot = fire.last_slot;
    out.folded = fire.folded;
    out.exact = fire.exact;
    out.state = fire.state;
    out.token = fire.token;
    out.attempt = fire.attempt;
    out.crashes = fire.crashes;
    return out;
}

// The fires of a task that a process held which is not this one.
std::vector<FireRow> held_by_others(Database& db, TaskNumber task) {
    std::vector<FireRow> out;
    Cursor rows(db.sql().fires_of, task);
    while (rows.next()) {
        FireRow fire = read_fire(rows);
        const bool held = fire.state == FireState::claimed || fire.state == FireState::running;
        if (held && fire.epoch != db.epoch) out.push_back(std::move(fire));
    }
    return out;
}

// A started fire whose task is deleted has nobody to run it again.
bool may_run_again(const FireRow& fire, const StoredTask& task) {
    if (!task.definition) return false;
    if (fire.state == FireState::claimed) return true;
    const Policies& policies = task.definition->policies;
    return policies.on_crash == OnCrash::rerun && fire.crashes + 1 < policies.max_crashes;
}

void recover_fire(Database& db, FireRow fire, const Identity& identity, const StoredTask& task, Instant now,
                  Opened& opened) {
    const bool again = may_run_again(fire, task);
    if (fire.state == FireState::running) ++fire.crashes;
    if (again) {
        db.free_fire(fire, fire.crashes, now);
        fire.state = FireState::ready;
        ++fire.token;
    } else {
        fire.state = FireState::lost;
        db.end_fire(fire, identity,
                    {.state = FireState::lost, .reason = Reason::crashed, .at = now, .started_at = fire.started_at});
    }
    OpenFire& report = (again ? opened.recovered : opened.lost).emplace_back(open_fire(fire, identity));
    report.task = task;
}

// Rows that could not be read before may be readable now: repaired by hand, or by a newer version of this program.
void read_again(Database& db, Opened& opened) {
    struct Row {
        TaskNumber number;
        std::string id;
    };
    std::vector<Row> rows;
    {
        Cursor found(db.sql().quarantined);
        while (found.next()) rows.push_back({found.integer(0), found.text(1)});
    }
    for (const Row& row : rows) {
        Cursor(db.sql().quarantine, row.number, std::nullopt).run();
        try {
            const std::optional<TaskRow> task = db.find_task(row.number);
            if (!task) throw Unreadable("its row of sched is missing");
            const LaneNumber lane = db.lane_of(*db.definition_of(*task));
            Cursor(db.sql().set_schedule_lane, row.number, lane).run();
            Cursor(db.sql().set_fire_lanes, row.number, lane).run();
        } catch (const Unreadable& error) {
            db.set_apart(row.number, error.what());
            opened.quarantined.push_back({row.id, error.what()});
        }
    }
}

void enter_as_node(Database& db) {
    {
        Cursor row(db.sql().last_epoch);
        db.epoch = row.next() ? row.integer(0) + 1 : 1;
    }
    std::string boot;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
    Cursor(db.sql().drop_nodes).run();
    const std::string version = "schema " + std::to_string(kSchemaVersion);
    Cursor(db.sql().add_node, db.node, db.epoch, boot, getpid(), version).run();
}

}  // namespace

void recover_task(Database& db, TaskNumber task, Instant now, Opened& opened) {
    const std::optional<Identity> identity = db.identity_of(task);
    if (!identity) return;
    try {
        StoredTask stored;
        stored.number = task;
        if (const std::optional<TaskRow> row = db.find_task(task)) stored = db.stored(*row);
        for (FireRow& fire : held_by_others(db, task)) {
            recover_fire(db, std::move(fire), *identity, stored, now, opened);
        }
        db.promote_waiting(task, now);
        db.forget_if_gone(task);
    } catch (const Unreadable& error) {
        if (db.is_gone(task)) return;
        db.set_apart(task, error.what());
        opened.quarantined.push_back({identity->id, error.what()});
    }
}

void recover(Database& db, Instant now, Opened& opened) {
    enter_as_node(db);
    db.any_gone = Cursor(db.sql().any_gone).next();
    read_again(db, opened);
    std::vector<TaskNumber> tasks;
    {
        Cursor rows(db.sql().tasks_with_fires);
        while (rows.next()) tasks.push_back(rows.integer(0));
    }
    for (const TaskNumber task : tasks) recover_task(db, task, now, opened);
    Cursor(db.sql().drop_empty_lanes).run();
}

}  // namespace uvsched::sqlite
