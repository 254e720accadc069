#include "core/stores/postgresql/changes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/ledger/task_rules.hpp"
#include "core/plan/on_line.hpp"

namespace uvsched::postgresql {
namespace {

// A definition that is stored as it is declared need not travel back: usual where an application starts again.
constexpr const char* kRead =
    "SELECT f.i, d.n, d.id, d.format, CASE WHEN d.def = f.def THEN NULL ELSE d.def END, d.quarantine, d.uid, "
    "d.declared, d.at_start, d.def = f.def, " UVSCHED_PG_TASK
    " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS f(id, def, i) JOIN @def AS d ON d.id = f.id "
    "LEFT JOIN @sched AS s ON s.n = d.n";
constexpr int kFoundDefinitionAt = 2;
constexpr int kFoundScheduleAt = 10;

constexpr const char* kCreate =
    "WITH f AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bool[], $6::bigint[], "
    "$7::bigint[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[]) "
    "AS f(uid, id, def, hash, at_start, lane, gen, clk, anchor, next_slot, next_due, hwm, state, max_instances)), "
    "d AS (INSERT INTO @def (uid, id, format, def, def_hash, declared, at_start) SELECT uid, id, $15::bigint, def, "
    "hash, hash, at_start FROM f ORDER BY id RETURNING n, id) "
    "INSERT INTO @sched (n, lane, def_hash, uid, gen, rev, clk, anchor, next_slot, next_due, hwm, state, runs, "
    "max_instances) SELECT d.n, lane, hash, uid, gen, 1, clk, anchor, next_slot, next_due, hwm, state, 0, "
    "max_instances "
    "FROM f JOIN d USING (id)";
constexpr const char* kCreated =
    "SELECT f.i, d.n FROM unnest($1::text[]) WITH ORDINALITY AS f(id, i) JOIN @def AS d "
    "USING (id)";

constexpr const char* kRewrite =
    "UPDATE @sched AS s SET lane = f.lane, def_hash = f.def_hash, gen = f.gen, rev = f.rev, clk = f.clk, "
    "anchor = f.anchor, next_slot = f.next_slot, next_due = f.next_due, hwm = f.hwm, state = f.state, "
    "max_instances = f.max_instances FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], "
    "$6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bigint[]) AS f(n, lane, "
    "def_hash, gen, rev, clk, anchor, next_slot, next_due, hwm, state, max_instances) WHERE s.n = f.n";
constexpr const char* kRedefine =
    "UPDATE @def AS d SET format = $4, def = f.def, def_hash = f.def_hash, uid = f.uid, quarantine = NULL FROM "
    "unnest($1::bigint[], $2::text[], $3::bigint[], $5::bigint[]) AS f(n, def, def_hash, uid) WHERE d.n = f.n";
constexpr const char* kMoveManyFires =
    "UPDATE @open AS o SET lane = f.lane FROM unnest($1::bigint[], $2::bigint[]) AS f(n, lane) WHERE o.n = f.n";
constexpr const char* kDeclare =
    "UPDATE @def AS d SET declared = f.declared, at_start = f.at_start FROM unnest($1::bigint[], $2::bigint[], "
    "$3::bool[]) AS f(n, declared, at_start) WHERE d.n = f.n";
constexpr const char* kMisses =
    "INSERT INTO @history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, attempt, "
    "crashes, token, finished_at, error) SELECT id, uid, gen, 'scheduled', first, first, last, folded, exact, state, "
    "reason, 0, 0, 0, at, error FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], "
    "$6::bigint[], $7::bool[], $8::text[], $9::text[], $10::bigint[], $11::text[]) WITH ORDINALITY AS f(id, uid, gen, "
    "first, last, folded, exact, state, reason, at, error, place) ORDER BY place";
constexpr const char* kRemoveDefinitions = "DELETE FROM @def WHERE n = ANY($1::bigint[])";
constexpr const char* kRewritten = "SELECT " UVSCHED_PG_TASK " FROM @sched AS s WHERE n = ANY($1::bigint[])";

// What a conflict shows in the place of a definition that cannot be read.
std::shared_ptr<const Definition> stand_in(const Definition& given, const std::string& why) {
    auto out = std::make_shared<Definition>(given);
    out->name = "(cannot be read: " + why + ")";
    return out;
}

Now at(Instant wall) { return {.wall = wall, .elapsed = wall}; }

std::vector<Value> values_of(std::span<const Column> columns) {
    std::vector<Value> out;
    for (const Column& column : columns) out.push_back(column.value());
    return out;
}

template <std::size_t N>
void add_row(Column (&columns)[N], const Value (&row)[N]) {
    for (std::size_t i = 0; i < N; ++i) columns[i].add(row[i]);
}

}  // namespace

Changes::Changes(Database& db, std::vector<Add*> adds, std::vector<Change*> changes)
    : db_(db), adds_(std::move(adds)), changes_(std::move(changes)), asked_(adds_.size() + changes_.size()) {}

void Changes::prepare() {
    if (asked_.empty()) return;
    std::vector<const Definition*> definitions;
    const auto prepare_one = [&](const std::shared_ptr<const Definition>& definition, Asked& asked) {
        if (!definition) return;
        definitions.push_back(definition.get());
        asked.text = canonical_json(*definition);
        asked.hash = definition_hash(asked.text);
    };
    for (std::size_t i = 0; i < adds_.size(); ++i) prepare_one(adds_[i]->definition, asked_[i]);
    for (std::size_t i = 0; i < changes_.size(); ++i) prepare_one(changes_[i]->definition, asked_[adds_.size() + i]);
    db_.prepare_lanes(definitions);
    read();
    for (std::size_t i = 0; i < adds_.size(); ++i) decide(*adds_[i], asked_[i]);
    for (std::size_t i = 0; i < changes_.size(); ++i) decide(*changes_[i], asked_[adds_.size() + i]);
}

// ---- what is there ----

void Changes::read() {
    Column ids;
    Column texts;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        ids.add(i < adds_.size() ? adds_[i]->definition->id : changes_[i - adds_.size()]->id);
        texts.add(text_or_null(asked_[i].text));
    }
    Pipeline pipeline(db_);
    pipeline.by_keys();
    pipeline.add(kRead, {ids.value(), texts.value()}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) read_one(answer, i);
    });
    pipeline.read();
}

void Changes::read_one(const Answer& answer, int row) {
    const Answer::Row found = answer.row(row);
    const auto place = static_cast<std::size_t>(found.integer(0)) - 1;
    Existing& there = asked_[place].there.emplace();
    there.number = found.integer(1);
    if (!found.is_null(7)) there.declared = static_cast<std::uint64_t>(found.integer(7));
    there.at_start = found.integer(8) != 0;
    try {
        if (found.is_null(kFoundScheduleAt)) throw Unreadable("its row of sched is missing");
        there.row = read_task(answer.row(row, kFoundScheduleAt));
        const bool same = found.integer(9) != 0 && found.is_null(kFoundDefinitionAt + 3);
        const auto uid = static_cast<Uid>(found.integer(kFoundDefinitionAt + 4));
        if (same && uid == there.row->state.uid) {
            there.definition =
                place < adds_.size() ? adds_[place]->definition : changes_[place - adds_.size()]->definition;
        } else {
            there.definition = read_definition(answer.row(row, kFoundDefinitionAt), there.row->state.uid);
        }
        if (there.row->lane < 0) return;
        db_.cache.put(there.number, {there.row->definition_hash, uid, there.definition});
    } catch (const Unreadable& error) {
        there.why = error.what();
    }
}

// ---- what becomes of it ----

void Changes::declare(const Existing& old, std::optional<std::uint64_t> hash, bool at_start) {
    if (old.declared == hash && (old.at_start || !at_start)) return;
    writes_ = true;
    written_.add(old.number);
    declares_.push_back({old.number, hash, at_start || old.at_start});
}

void Changes::create(Add& add, const Asked& asked) {
    if (add.state.uid == 0) fail(Code::internal, "task \"" + add.definition->id + "\": added without a uid");
    writes_ = tells_ = true;
    created_.emplace_back(&add, &asked);
    add.task = {.number = 0, .lane = db_.lane_of(*add.definition), .definition = add.definition, .state = add.state};
    TaskState& state = add.task.state;
    state.rev = 1;
    state.runs = 0;
    if (state.status != TaskStatus::active) state.next_due.reset();
    if (add.miss) misses_.push_back({state.uid, state.gen, add.definition->id, *add.miss, add.now_wall, add.error});
    add.result = Add::Result::created;
}

Changes::Rewrite& Changes::rewrite(const Existing& old, const Asked& asked,
                                   const std::shared_ptr<const Definition>& definition, const TaskState* schedule,
                                   Instant now, std::vector<Dropped>& dropped) {
    writes_ = tells_ = true;
    Rewrite& out = *rewrites_.emplace_back(std::make_unique<Rewrite>());
    out.task = *old.row;
    out.definition = definition;
    out.asked = &asked;
    written_.add(old.number);
    guarded_.add(old.number);
    revisions_.add(old.row->state.rev);
    TaskState& state = out.task.state;
    const bool other_trigger = !old.definition || !same_trigger(*old.definition, *definition);
    if (other_trigger) {
        if (schedule == nullptr) {
            fail(Code::internal, "task \"" + definition->id + "\": another trigger without a schedule");
        }
        out.skips = old.definition ? old.definition->name : definition->name;
        if (const auto miss = old.definition ? overdue(*old.definition, state, at(now)) : std::nullopt) {
            overdue_.push_back({state.uid, state.gen, definition->id, *miss, now});
            dropped.push_back({definition->id, *out.skips, *miss});
        }
    }
    if (schedule != nullptr) state = rescheduled(state, *schedule, *definition->trigger, other_trigger);
    ++state.rev;
    if (definition != old.definition) {
        out.other = definition;
        out.task.definition_hash = asked.hash;
    }
    const LaneNumber lane = db_.lane_of(*definition);
    out.moved = lane != out.task.lane;
    out.task.lane = lane;
    if (!old.definition) readable_again_.emplace_back(old.number, now);
    return out;
}

void Changes::decide(Add& add, Asked& asked) {
    if (!asked.there) return create(add, asked);
    const Existing& old = *asked.there;
    const std::string there = old.definition ? canonical_json(*old.definition) : std::string();
    const Verdict verdict = judge(
        add.on_existing, {.equal = there == asked.text, .declared_so = old.definition && old.declared == asked.hash});
    if (verdict == Verdict::conflict) {
        if (old.definition) {
            add.task = {.number = old.number,
                        .lane = old.row->lane,
                        .definition = old.definition,
                        .state = old.row->state,
                        .open = old.row->open};
        } else {
            add.task.number = old.number;
            add.task.definition = stand_in(*add.definition, old.why);
        }
        declare(old, old.declared, add.at_start);  // this declaration did not come to be
        add.result = Add::Result::conflict;
        return;
    }
    if (verdict == Verdict::unchanged) {
        declare(old, asked.hash, add.at_start);
        add.task = {.number = old.number,
                    .lane = old.row->lane,
                    .definition = old.definition,
                    .state = old.row->state,
                    .open = old.row->open};
        add.result = Add::Result::unchanged;
        return;
    }
    if (!old.row) {
        // Not even its state can be read: nothing is there to keep.
        written_.add(old.number);
        removed_.add(old.number);
        create(add, asked);
    } else {
        const Trigger& trigger = *add.definition->trigger;
        const bool other_trigger = !old.definition || !same_trigger(*old.definition, *add.definition);
        Begun begun = replaced_state(old.row->state, {add.state, add.miss});
        if (begun.state.next_due && trigger.jitter() != 0) {  // that of its own uid
            begun.state.next_due =
                OnLine(trigger, 0).due(old.row->state.uid, *begun.state.next_slot, begun.state.anchor);
        }
        const TaskState* const schedule = other_trigger || add.reschedule ? &begun.state : nullptr;
        Rewrite& out = rewrite(old, asked, add.definition, schedule, add.now_wall, add.dropped);
        out.add = &add;
        declare(old, asked.hash, add.at_start);
        const TaskState& state = out.task.state;
        if (add.miss && other_trigger && state.status == TaskStatus::finished) {
            misses_.push_back({state.uid, state.gen, add.definition->id, *add.miss, add.now_wall, add.error});
        }
        add.before = old.definition;
        add.edited = old.definition && old.declared && *old.declared != definition_hash(there);
    }
    add.result = Add::Result::replaced;
}

void Changes::decide(Change& change, Asked& asked) {
    change.outcome = Outcome::missing;
    if (!asked.there) return;
    const Existing& old = *asked.there;
    const std::shared_ptr<const Definition> definition = change.definition ? change.definition : old.definition;
    if (!old.row || !definition) return;
    // A revision is one of a task, and not of whatever has its id by now.
    const bool another = change.state && change.state->uid != old.row->state.uid;
    if (change.rev && (another || *change.rev != old.row->state.rev)) {
        change.outcome = Outcome::refused;
        if (!old.definition) return;
        change.task = {.number = old.number,
                       .lane = old.row->lane,
                       .definition = old.definition,
                       .state = old.row->state,
                       .open = old.row->open};
        return;
    }
    Rewrite& out =
        rewrite(old, asked, definition, change.state ? &*change.state : nullptr, change.now_wall, change.dropped);
    out.change = &change;
    const TaskState& state = out.task.state;
    if (change.miss) {
        misses_.push_back({state.uid, state.gen, change.id, *change.miss, change.now_wall, change.error});
    }
    change.outcome = Outcome::done;
}

// ---- what is written ----

void Changes::ask(Pipeline& pipeline) {
    pipeline.guard(guarded_, revisions_);
    ask_misses(pipeline, overdue_);
    ask_skips(pipeline);
    if (removed_.size() > 0) pipeline.add(kRemoveDefinitions, {removed_.value()});
    ask_creations(pipeline);
    ask_rewrites(pipeline);
    if (!declares_.empty()) {
        Column columns[3];
        for (const Declare& each : declares_) add_row(columns, {each.task, each.hash, each.at_start});
        pipeline.add(kDeclare, values_of(columns));
    }
    ask_misses(pipeline, misses_);
    ask_answers(pipeline);
}

void Changes::ask_misses(Pipeline& pipeline, const std::vector<Miss>& misses) {
    if (misses.empty()) return;
    Column columns[11];
    for (const Miss& each : misses) {
        add_row(columns, {each.id, each.uid, each.gen, each.miss.first, each.miss.last, each.miss.count,
                          each.miss.exact, state_text(each.miss.state), text_or_null(reason_text(each.miss.reason)),
                          each.now, text_or_null(each.error)});
    }
    pipeline.add(kMisses, values_of(columns));
}

void Changes::ask_creations(Pipeline& pipeline) {
    if (created_.empty()) return;
    Column columns[14];
    Column ids;
    for (const auto& [add, asked] : created_) {
        const TaskState& state = add->task.state;
        add_row(columns, {state.uid, add->definition->id, asked->text, asked->hash, add->at_start, add->task.lane,
                          state.gen, clock_text(state.clock), state.anchor, state.next_slot, state.next_due,
                          mark_or_null(state.hwm), status_text(state.status), add->definition->policies.max_instances});
        ids.add(add->definition->id);
    }
    std::vector<Value> values = values_of(columns);
    values.emplace_back(kDefinitionFormat);
    pipeline.add(kCreate, std::move(values));
    pipeline.add(kCreated, {ids.value()}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const Answer::Row row = answer.row(i);
            const auto& [add, asked] = created_[static_cast<std::size_t>(row.integer(0)) - 1];
            add->task.number = row.integer(1);
            db_.cache.put(add->task.number, {asked->hash, add->task.state.uid, add->definition});
        }
    });
}

void Changes::ask_rewrites(Pipeline& pipeline) {
    if (rewrites_.empty()) return;
    Column schedules[12];
    Column definitions[4];
    Column moves[2];
    for (const auto& each : rewrites_) {
        const TaskRow& task = each->task;
        const TaskState& state = task.state;
        add_row(schedules, {task.number, task.lane, task.definition_hash, state.gen, state.rev, clock_text(state.clock),
                            state.anchor, state.next_slot, state.next_due, mark_or_null(state.hwm),
                            status_text(state.status), each->definition->policies.max_instances});
        if (each->other) add_row(definitions, {task.number, each->asked->text, each->asked->hash, state.uid});
        if (each->moved) add_row(moves, {task.number, task.lane});
    }
    if (definitions[0].size() > 0) {
        pipeline.add(kRedefine, {definitions[0].value(), definitions[1].value(), definitions[2].value(),
                                 kDefinitionFormat, definitions[3].value()});
    }
    if (moves[0].size() > 0) pipeline.add(kMoveManyFires, values_of(moves));
    pipeline.add(kRewrite, values_of(schedules));
}

// What another trigger ends.
void Changes::ask_skips(Pipeline& pipeline) {
    for (const auto& each : rewrites_) {
        if (!each->skips) continue;
        Column task;
        task.add(each->task.number);
        const Instant now = each->add != nullptr ? each->add->now_wall : each->change->now_wall;
        ask_skip_unstarted(db_, pipeline, task, Reason::replaced, now, [&rewrite = *each](Dropped&& dropped) {
            dropped.name = *rewrite.skips;
            (rewrite.add != nullptr ? rewrite.add->dropped : rewrite.change->dropped).push_back(std::move(dropped));
        });
    }
}

// The tasks as they are then.
void Changes::ask_answers(Pipeline& pipeline) {
    if (rewrites_.empty()) return;
    Column tasks;
    for (const auto& each : rewrites_) tasks.add(each->task.number);
    pipeline.add(kRewritten, {tasks.value()}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const TaskNumber number = answer.row(i).integer(0);
            const auto found =
                std::ranges::find_if(rewrites_, [&](const auto& each) { return each->task.number == number; });
            if (found == rewrites_.end()) continue;
            Rewrite& rewrite = **found;
            rewrite.task.open = static_cast<std::int32_t>(answer.row(i).integer(kTaskColumns - 1));
            (rewrite.add != nullptr ? rewrite.add->task : rewrite.change->task) = {.number = number,
                                                                                   .lane = rewrite.task.lane,
                                                                                   .definition = rewrite.definition,
                                                                                   .state = rewrite.task.state,
                                                                                   .open = rewrite.task.open};
            db_.cache.put(number, {rewrite.task.definition_hash, rewrite.task.state.uid, rewrite.definition});
        }
    });
}

void Changes::settle() {
    for (const auto& [task, now] : readable_again_) recover_task(db_, task, now);
}

}  // namespace uvsched::postgresql
