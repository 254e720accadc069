// Adding and changing tasks.
#include <algorithm>
#include <nlohmann/json.hpp>

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

// Whether the task is stored with just this definition: the usual case of an application that starts again. Parses
// nothing.
bool holds_text(Database& db, TaskNumber number, const std::string& text) {
    Cursor row(db.sql().definition, number);
    return row.next() && row.is_null(3) && row.view(2) == text;
}

// The stored definition equals this one, so it need not be parsed.
void remember(Database& db, TaskNumber number, const std::shared_ptr<const Definition>& definition) {
    try {
        if (const std::optional<TaskRow> row = db.find_task(number)) {
            db.cache.put(number, {row->definition_hash, row->state.uid, definition});
        }
    } catch (const Unreadable&) {
        return;
    }
}

bool is_overdue(const TaskRow& task, Instant now) {
    return task.state.status == TaskStatus::active && task.state.next_due && task.state.next_slot &&
           *task.state.next_due <= now;
}

bool same_trigger(const Definition& a, const Definition& b) { return a.trigger->to_json() == b.trigger->to_json(); }

PlannedMiss count_overdue(const TaskRow& task, const OnLine& trigger, Instant now) {
    const Instant first = *task.state.next_slot;
    const Instant last = std::max(first, trigger.previous(saturating_add(now, 1), task.state.anchor).value_or(first));
    const Count count = trigger.count(first, last, task.state.anchor, kCountLimit);
    return {.state = FireState::missed,
            .reason = Reason::replaced,
            .first = first,
            .last = last,
            .count = std::max<std::int64_t>(1, count.number),
            .exact = count.exact};
}

// The due times that a replacement of the trigger ends. Those counted before the transaction, where nothing has changed
// since.
std::optional<PlannedMiss> replaced_miss(const TaskRow& task, const Prepared& prepared, Instant now) {
    if (task.state.rev == prepared.rev) return prepared.miss;
    if (!is_overdue(task, now)) return std::nullopt;
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

void take_schedule(TaskState& state, const TaskState& given) {
    state.clock = given.clock;
    state.anchor = given.anchor;
    state.next_slot = given.next_slot;
    state.next_due = given.next_due;
    state.status = given.status;
}

// Slots of the new schedule have nothing to do with those of the old one: another gen gives them keys of their own.
void rebase(TaskState& state) {
    ++state.gen;
    state.hwm = kEarliest;
}

// Puts another definition, another schedule or both in the place of the task's. `pause_stays`: a paused task stays so.
void rewrite(Database& db, TaskRow& task, const Existing& old, const std::shared_ptr<const Definition>& definition,
             const Prepared& prepared, const TaskState* schedule, bool pause_stays, Instant now) {
    const bool replaces_trigger = !old.definition || !same_trigger(*old.definition, *definition);
    const Identity identity{task.state.uid, definition->id};
    TaskState& state = task.state;
    if (replaces_trigger) {
        if (schedule == nullptr)
            fail(Code::internal, "task \"" + identity.id + "\": another trigger without a schedule");
        if (const auto miss = replaced_miss(task, prepared, now)) db.write_miss(task, identity.id, *miss, now);
        skip_unstarted(db, task.number, identity, Reason::replaced, now);
    }
    const bool paused = state.status == TaskStatus::paused;
    if (schedule != nullptr && (replaces_trigger || !pause_stays)) {
        // The anchor of a custom trigger is no phase: it says from when the trigger is asked.
        const bool other_phase = schedule->anchor != state.anchor && !definition->trigger->asked();
        const bool moved =
            schedule->clock != state.clock || other_phase || (schedule->next_slot && *schedule->next_slot <= state.hwm);
        take_schedule(state, *schedule);
        if (paused && pause_stays) state.status = TaskStatus::paused;
        if (replaces_trigger || moved) rebase(state);
    }
    if (state.status != TaskStatus::active) state.next_due.reset();
    ++state.rev;
    if (definition != old.definition) {
        task.definition_hash = prepared.hash;
        Cursor(db.sql().set_definition, task.number, kDefinitionFormat, prepared.text, prepared.hash).run();
        db.cache.put(task.number, {prepared.hash, state.uid, definition});
    }
    const LaneNumber lane = db.lane_of(*definition);
    if (lane != task.lane) Cursor(db.sql().set_fire_lanes, task.number, lane).run();
    task.lane = lane;
    write_schedule(db, task);
    if (!old.definition) {
        Opened unreported;
        recover_task(db, task.number, now, unreported);
    }
}

void create(Database& db, Add& add, const Prepared& prepared) {
    if (add.state.uid == 0) fail(Code::internal, "task \"" + add.definition->id + "\": added without a uid");
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
                   prepared.hash);
        row.next();
        task.number = row.integer(0);
        row.run();
    }
    db.step("add.half");
    Cursor(db.sql().add_schedule, task.number, task.lane, task.definition_hash, state.uid, state.gen, state.rev,
           clock_text(state.clock), state.anchor, state.next_slot, state.next_due, mark_or_null(state.hwm),
           status_text(state.status), state.runs)
        .run();
    if (add.miss) db.write_miss(task, add.definition->id, *add.miss, add.now_wall);
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
    if (!number || holds_text(db, *number, out.text)) return out;
    const Existing old = read_existing(db, *number);
    if (!old.definition || same_trigger(*old.definition, definition)) return out;
    const Instant now = old.row->state.clock == ClockLine::elapsed ? saturating_sub(now_wall, db.shift) : now_wall;
    out.rev = old.row->state.rev;
    if (is_overdue(*old.row, now)) out.miss = count_overdue(*old.row, OnLine(*old.definition->trigger, db.shift), now);
    return out;
}

void apply_add(Database& db, Add& add, const Prepared& prepared) {
    const std::optional<TaskNumber> number = db.find_number(add.definition->id);
    if (!number) {
        create(db, add, prepared);
        return;
    }
    if (holds_text(db, *number, prepared.text)) remember(db, *number, add.definition);
    const Existing old = read_existing(db, *number);
    if (old.definition && canonical_json(*old.definition) == prepared.text) {
        add.task = db.stored(*old.row);
        add.result = Add::Result::unchanged;
    } else if (add.on_existing != OnExisting::replace && !add.derived_id) {
        if (old.definition) {
            add.task = db.stored(*old.row);
        } else {
            add.task.number = *number;
            add.task.definition = stand_in(*add.definition, old.why);
        }
        add.result = Add::Result::conflict;
    } else if (!old.row) {
        // Not even its state can be read: nothing is there to keep.
        Remove remove{.id = add.definition->id, .now_wall = add.now_wall};
        apply_remove(db, remove);
        create(db, add, prepared);
        add.result = Add::Result::replaced;
    } else {
        TaskRow task = *old.row;
        rewrite(db, task, old, add.definition, prepared, &add.state, true, add.now_wall);
        add.task = db.stored(db.find_task(*number).value_or(task));
        add.result = Add::Result::replaced;
    }
}

void apply_change(Database& db, Change& change, const Prepared& prepared) {
    change.outcome = Outcome::missing;
    const std::optional<TaskNumber> number = db.find_number(change.id);
    if (!number) return;
    const Existing old = read_existing(db, *number);
    const std::shared_ptr<const Definition> definition = change.definition ? change.definition : old.definition;
    if (!old.row || !definition) return;
    TaskRow task = *old.row;
    if (change.rev && *change.rev != task.state.rev) {
        change.outcome = Outcome::refused;
        if (old.definition) change.task = db.stored(task);
        return;
    }
    rewrite(db, task, old, definition, prepared, change.state ? &*change.state : nullptr, false, change.now_wall);
    if (change.miss) db.write_miss(task, change.id, *change.miss, change.now_wall, change.error);
    change.task = db.stored(db.find_task(*number).value_or(task));
    change.outcome = Outcome::done;
}

}  // namespace uvsched::sqlite
