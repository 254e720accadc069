// Adding and changing tasks.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/ledger/task_rules.hpp"
#include "core/plan/on_line.hpp"
#include "core/stores/sqlite/schema.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

// A stored task, as far as it can be read.
struct Existing {
    std::optional<TaskRow> row;
    std::shared_ptr<const Definition> definition;
    std::string why;  // it cannot
};

Existing read_existing(Database& db, TaskNumber number) {
    Existing out;
    try {
        out.row = db.find_task(number);
        if (!out.row) throw Unreadable("its row of sched is missing");
        out.definition = db.definition_of(*out.row);
    } catch (const Unreadable& error) {
        out.why = error.what();
    }
    return out;
}

// What the row of def says of the task's last declaration. Parses nothing.
struct Declared {
    bool text_equal = false;  // it is stored with just this definition: usual where an application starts again
    std::optional<std::uint64_t> hash;
    bool at_start = false;
};

Declared read_declared(Database& db, TaskNumber number, const std::string& text) {
    Cursor row(db.sql().definition, number);
    if (!row.next()) return {};
    const std::optional<std::int64_t> hash = row.maybe(5);
    return {.text_equal = row.is_null(3) && row.view(2) == text,
            .hash = hash ? std::optional(static_cast<std::uint64_t>(*hash)) : std::nullopt,
            .at_start = row.integer(6) != 0};
}

// Notes how the task was declared last, and that a start declared it.
void declare(Database& db, TaskNumber number, std::optional<std::uint64_t> hash, bool at_start,
             const Declared& before) {
    if (before.hash == hash && (before.at_start || !at_start)) return;
    Cursor(db.sql().set_declared, number, hash, at_start || before.at_start).run();
}

// The stored definition equals this one, so it need not be parsed.
void remember(Database& db, TaskNumber number, const std::shared_ptr<const Definition>& definition) {
    try {
        const std::optional<TaskRow> row = db.find_task(number);
        const std::optional<Identity> identity = db.identity_of(number);
        if (row && identity && identity->uid == row->state.uid) {
            db.cache.put(number, {row->definition_hash, row->state.uid, definition});
        }
    } catch (const Unreadable&) {
        return;
    }
}

// The due times that a replacement of the trigger ends. Those counted before the transaction, where nothing has changed
// since.
std::optional<PlannedMiss> replaced_miss(const TaskRow& task, const Prepared& prepared, const Now& now) {
    if (task.state.rev == prepared.rev) return prepared.miss;
    if (!is_overdue(task.state, now)) return std::nullopt;
    const Instant slot = *task.state.next_slot;
    return PlannedMiss{.state = FireState::missed,
                       .reason = Reason::replaced,
                       .first = slot,
                       .last = slot,
                       .count = 1,
                       .exact = false};
}

void write_schedule(Database& db, const TaskRow& task) {
    const TaskState& state = task.state;
    Cursor(db.sql().set_schedule, task.number, task.lane, task.definition_hash, state.gen, state.rev,
           clock_text(state.clock), state.anchor, state.next_slot, state.next_due, mark_or_null(state.hwm),
           status_text(state.status))
        .run();
}

// Writes the due times and the fires that another trigger ends.
void drop_replaced(Database& db, const TaskRow& task, const Named& named, const Prepared& prepared, Instant now,
                   std::vector<Dropped>& dropped) {
    if (const auto miss = replaced_miss(task, prepared, db.at(now))) {
        db.write_miss(task, named.identity.id, *miss, now);
        dropped.push_back({named.identity.id, named.name, *miss});
        const Micros to_wall = db.at(now).to_wall(task.state.clock);
        dropped.back().miss.first = saturating_add(miss->first, to_wall);
        dropped.back().miss.last = saturating_add(miss->last, to_wall);
    }
    skip_unstarted(db, task.number, named, Reason::replaced, now, dropped);
}

// Puts another definition, another schedule or both in the place of the task's.
void rewrite(Database& db, TaskRow& task, const Existing& old, const std::shared_ptr<const Definition>& definition,
             const Prepared& prepared, const TaskState* schedule, Instant now, std::vector<Dropped>& dropped) {
    const bool other_trigger = !old.definition || !same_trigger(*old.definition, *definition);
    TaskState& state = task.state;
    if (other_trigger) {
        if (schedule == nullptr)
            fail(Code::internal, "task \"" + definition->id + "\": another trigger without a schedule");
        const Named named{{state.uid, definition->id}, old.definition ? old.definition->name : definition->name};
        drop_replaced(db, task, named, prepared, now, dropped);
    }
    if (schedule != nullptr) state = rescheduled(state, *schedule, *definition->trigger, other_trigger);
    ++state.rev;
    db.tells = true;
    if (definition != old.definition) {
        task.definition_hash = prepared.hash;
        Cursor(db.sql().set_definition, task.number, kDefinitionFormat, prepared.text, prepared.hash, state.uid).run();
        db.cache.put(task.number, {prepared.hash, state.uid, definition});
    }
    const LaneNumber lane = db.lane_of(*definition);
    if (lane != task.lane) Cursor(db.sql().set_fire_lanes, task.number, lane).run();
    task.lane = lane;
    write_schedule(db, task);
    if (!old.definition) recover_task(db, task.number, now);
}

void create(Database& db, Add& add, const Prepared& prepared) {
    if (add.state.uid == 0) fail(Code::internal, "task \"" + add.definition->id + "\": added without a uid");
    db.tells = true;
    TaskRow task;
    task.state = add.state;
    TaskState& state = task.state;
    state.rev = 1;
    state.runs = 0;
    if (state.status != TaskStatus::active) state.next_due.reset();
    task.definition_hash = prepared.hash;
    task.lane = db.lane_of(*add.definition);
    {
        Cursor row(db.sql().add_definition, state.uid, add.definition->id, kDefinitionFormat, prepared.text,
                   prepared.hash, add.at_start);
        row.next();
        task.number = row.integer(0);
        row.run();
    }
    db.step("add.half");
    Cursor(db.sql().add_schedule, task.number, task.lane, task.definition_hash, state.uid, state.gen, state.rev,
           clock_text(state.clock), state.anchor, state.next_slot, state.next_due, mark_or_null(state.hwm),
           status_text(state.status), state.runs)
        .run();
    if (add.miss) db.write_miss(task, add.definition->id, *add.miss, add.now_wall, add.error);
    db.cache.put(task.number, {prepared.hash, state.uid, add.definition});
    add.task = db.stored(task);
    add.result = Add::Result::created;
}

// What a conflict shows in the place of a definition that cannot be read.
std::shared_ptr<const Definition> stand_in(const Definition& given, const std::string& why) {
    auto out = std::make_shared<Definition>(given);
    out->name = "(cannot be read: " + why + ")";
    return out;
}

}  // namespace

Prepared prepare_definition(Database& db, const Definition& definition, Instant now_wall) {
    Prepared out;
    out.text = canonical_json(definition);
    out.hash = definition_hash(out.text);
    const std::optional<TaskNumber> number = db.find_number(definition.id);
    if (!number || read_declared(db, *number, out.text).text_equal) return out;
    const Existing old = read_existing(db, *number);
    if (!old.definition || same_trigger(*old.definition, definition)) return out;
    out.rev = old.row->state.rev;
    out.miss = overdue(*old.definition, old.row->state, db.at(now_wall));
    return out;
}

Prepared prepare_add(Database& db, const Add& add) {
    Prepared out = prepare_definition(db, *add.definition, add.now_wall);
    const Trigger& trigger = *add.definition->trigger;
    if (!add.state.next_due || trigger.jitter() == 0) return out;
    const std::optional<TaskNumber> number = db.find_number(add.definition->id);
    if (const auto identity = number ? db.identity_of(*number) : std::nullopt) {
        out.next_due = OnLine(trigger, db.to_wall).due(identity->uid, *add.state.next_slot, add.state.anchor);
    }
    return out;
}

void apply_add(Database& db, Add& add, const Prepared& prepared) {
    const std::optional<TaskNumber> number = db.find_number(add.definition->id);
    if (!number) {
        create(db, add, prepared);
        return;
    }
    const Declared declared = read_declared(db, *number, prepared.text);
    if (declared.text_equal) remember(db, *number, add.definition);
    const Existing old = read_existing(db, *number);
    const std::string there = old.definition ? canonical_json(*old.definition) : std::string();
    const Verdict verdict = judge(add.on_existing, {.equal = there == prepared.text,
                                                    .declared_so = old.definition && declared.hash == prepared.hash});
    if (verdict == Verdict::conflict) {
        if (old.definition) {
            add.task = db.stored(*old.row);
        } else {
            add.task.number = *number;
            add.task.definition = stand_in(*add.definition, old.why);
        }
        declare(db, *number, declared.hash, add.at_start, declared);  // this declaration did not come to be
        add.result = Add::Result::conflict;
        return;
    }
    if (verdict == Verdict::unchanged) {
        declare(db, *number, prepared.hash, add.at_start, declared);
        add.task = db.stored(*old.row);
        add.result = Add::Result::unchanged;
        return;
    }
    if (!old.row) {
        // Not even its state can be read: nothing is there to keep.
        Remove remove{.id = add.definition->id, .now_wall = add.now_wall};
        apply_remove(db, remove);
        create(db, add, prepared);
    } else {
        TaskRow task = *old.row;
        const bool other_trigger = !old.definition || !same_trigger(*old.definition, *add.definition);
        Begun begun = replaced_state(task.state, {add.state, add.miss});
        if (begun.state.next_due && prepared.next_due) begun.state.next_due = prepared.next_due;
        const TaskState* const schedule = other_trigger || add.reschedule ? &begun.state : nullptr;
        rewrite(db, task, old, add.definition, prepared, schedule, add.now_wall, add.dropped);
        declare(db, *number, prepared.hash, add.at_start, declared);
        if (add.miss && other_trigger && task.state.status == TaskStatus::finished) {
            db.write_miss(task, add.definition->id, *add.miss, add.now_wall, add.error);
        }
        add.task = db.stored(db.find_task(*number).value_or(task));
        add.before = old.definition;
        add.edited = old.definition && declared.hash && *declared.hash != definition_hash(there);
    }
    add.result = Add::Result::replaced;
}

void apply_change(Database& db, Change& change, const Prepared& prepared) {
    change.outcome = Outcome::missing;
    const std::optional<TaskNumber> number = db.find_number(change.id);
    if (!number) return;
    const Existing old = read_existing(db, *number);
    const std::shared_ptr<const Definition> definition = change.definition ? change.definition : old.definition;
    if (!old.row || !definition) return;
    TaskRow task = *old.row;
    // A revision is one of a task, and not of whatever has its id by now.
    const bool another = change.state && change.state->uid != task.state.uid;
    if (change.rev && (another || *change.rev != task.state.rev)) {
        change.outcome = Outcome::refused;
        if (old.definition) change.task = db.stored(task);
        return;
    }
    rewrite(db, task, old, definition, prepared, change.state ? &*change.state : nullptr, change.now_wall,
            change.dropped);
    if (change.miss) db.write_miss(task, change.id, *change.miss, change.now_wall, change.error);
    change.task = db.stored(db.find_task(*number).value_or(task));
    change.outcome = Outcome::done;
}

}  // namespace uvsched::sqlite
