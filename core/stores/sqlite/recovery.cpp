// What nodes hold: this one; and a dead one, of whose fires a piece becomes ready again, or lost.
#include <memory>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

void recover_fire(Database& db, FireRow fire, const Identity& identity, const StoredTask& task, Instant now,
                  Recovered& out) {
    const AfterCrash after =
        after_crash(fire.state, fire.crashes, task.definition ? &task.definition->policies : nullptr);
    fire.crashes = after.crashes;
    if (after.again) {
        db.free_fire(fire, fire.crashes, now);
        fire.state = FireState::ready;
        ++fire.token;
    } else {
        fire.state = FireState::lost;
        db.end_fire(fire, identity,
                    {.state = FireState::lost, .reason = Reason::crashed, .at = now, .started_at = fire.started_at});
    }
    OpenFire& report = (after.again ? out.ready : out.lost).emplace_back(open_fire(fire, identity.uid));
    report.task = task;
    if (task.definition) return;
    const auto deleted = std::make_shared<Definition>();  // all that is known of a task that was deleted
    deleted->id = deleted->name = identity.id;
    report.task.definition = deleted;
}

// Throws Unreadable before it changes anything.
void recover_fires(Database& db, TaskNumber task, std::vector<FireRow>&& fires, Instant now, Recovered& out) {
    const std::optional<Identity> identity = db.identity_of(task);
    if (!identity) throw Unreadable("its row of def is missing");
    StoredTask stored;
    stored.number = task;
    const std::optional<TaskRow> row = db.find_task(task);
    if (row) stored = db.stored(*row);
    if (!row && !db.is_gone(task)) throw Unreadable("its row of sched is missing");
    for (FireRow& fire : fires) recover_fire(db, std::move(fire), *identity, stored, now, out);
    db.promote_waiting(task, now);
    db.forget_if_gone(task);
}

// The fires of one task that a dead node held.
struct Held {
    TaskNumber task = 0;
    std::vector<FireRow> fires;
    std::string why{};  // one of them cannot be read
};

std::vector<Held> held_by(Database& db, NodeNumber dead, std::size_t limit, bool& more) {
    std::vector<Held> out;
    std::size_t found = 0;
    Cursor rows(db.sql().held_by, node_or_null(dead), kDefinitionFormat, limit);
    for (; rows.next(); ++found) {  // in the order of the table's key, which begins with the task
        if (out.empty() || out.back().task != rows.integer(0)) out.push_back({.task = rows.integer(0), .fires = {}});
        try {
            out.back().fires.push_back(read_fire(rows));
        } catch (const Unreadable& error) {
            out.back().why = error.what();
        }
    }
    more = found == limit;
    return out;
}

}  // namespace

Recovered recover(Database& db, NodeNumber dead, Instant now, std::size_t limit) {
    Recovered out;
    for (Held& held : held_by(db, dead, limit, out.more)) {
        try {
            if (!held.why.empty()) throw Unreadable(held.why);
            recover_fires(db, held.task, std::move(held.fires), now, out);
        } catch (const Unreadable& error) {
            db.put_away(held.task, error, out.quarantined);
        }
    }
    if (!out.more) Cursor(db.sql().drop_node, dead).run();
    return out;
}

std::vector<FireRef> mine(Database& db) {
    std::vector<FireRef> out;
    Cursor rows(db.sql().mine, db.node);
    while (rows.next()) {
        const std::optional<Identity> task = db.identity_of(rows.integer(0));
        FireRef fire;
        if (!task || !kind_from_text(rows.view(2), fire.key.kind)) continue;  // nobody can have taken such a fire
        fire.task = rows.integer(0);
        fire.key.uid = task->uid;
        fire.key.gen = static_cast<std::uint32_t>(rows.integer(1));
        fire.key.slot = rows.integer(3);
        fire.token = static_cast<std::uint64_t>(rows.integer(4));
        out.push_back(fire);
    }
    return out;
}

void recover_task(Database& db, TaskNumber task, Instant now) {
    try {
        std::vector<FireRow> held;
        Cursor rows(db.sql().fires_of, task);
        while (rows.next()) {
            FireRow fire = read_fire(rows);
            if (is_held(fire.state) && !Cursor(db.sql().has_node, fire.owner).next()) held.push_back(std::move(fire));
        }
        Recovered unreported;
        recover_fires(db, task, std::move(held), now, unreported);
    } catch (const Unreadable& error) {
        std::vector<Quarantined> untold;
        db.put_away(task, error, untold);
    }
}

}  // namespace uvsched::sqlite
