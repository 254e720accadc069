#include "core/stores/postgresql/changes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

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

std::vector<Value> values_of(std::span<const Column> columns) {
    std::vector<Value> out;
    for (const Column& column : columns) out.push_back(column.value());
    return out;
}

Column numbers_of(const std::vector<TaskNumber>& numbers) {
    Column out;
    for (const TaskNumber number : numbers) out.add(number);
    return out;
}

template <std::size_t N>
void add_row(Column (&columns)[N], const Value (&row)[N]) {
    for (std::size_t i = 0; i < N; ++i) columns[i].add(row[i]);
}

}  // namespace

Changes::Changes(Database& db, std::vector<Add*> adds, std::vector<Change*> changes)
    : db_(db), decided_(std::move(adds), std::move(changes)) {}

void Changes::prepare() {
    if (decided_.asked().empty()) return;
    db_.prepare_lanes(decided_.definitions());
    read();
    decided_.decide([this](const Definition& definition) { return db_.lane_of(definition); });
}

Column Changes::tasks() const { return numbers_of(decided_.written); }

// ---- what is there ----

void Changes::read() {
    Column ids;
    Column texts;
    for (const ChangeDecisions::Asked& asked : decided_.asked()) {
        ids.add(*asked.id);
        texts.add(text_or_null(asked.text));
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
    ChangeDecisions::Asked& asked = decided_.asked()[static_cast<std::size_t>(found.integer(0)) - 1];
    ChangeDecisions::Existing& there = asked.there.emplace();
    there.number = found.integer(1);
    if (!found.is_null(7)) there.declared = static_cast<std::uint64_t>(found.integer(7));
    there.at_start = found.integer(8) != 0;
    try {
        if (found.is_null(kFoundScheduleAt)) throw Unreadable("its row of sched is missing");
        there.row = read_task(answer.row(row, kFoundScheduleAt));
        const bool same = found.integer(9) != 0 && found.is_null(kFoundDefinitionAt + 3);
        const auto uid = static_cast<Uid>(found.integer(kFoundDefinitionAt + 4));
        if (same && uid == there.row->state.uid) {
            there.definition = asked.definition;
        } else {
            there.definition = read_definition(answer.row(row, kFoundDefinitionAt), there.row->state.uid);
        }
        if (there.row->lane < 0) return;
        db_.cache.put(there.number, {there.row->definition_hash, uid, there.definition});
    } catch (const Unreadable& error) {
        there.why = error.what();
    }
}

// ---- what is written ----

void Changes::ask(Pipeline& pipeline) {
    Column guarded;
    Column revisions;
    for (const auto& [task, revision] : decided_.guarded) {
        guarded.add(task);
        revisions.add(revision);
    }
    pipeline.guard(guarded, revisions);
    ask_misses(pipeline, decided_.overdue);
    ask_skips(pipeline);
    if (!decided_.removed.empty()) pipeline.add(kRemoveDefinitions, {numbers_of(decided_.removed).value()});
    ask_creations(pipeline);
    ask_rewrites(pipeline);
    if (!decided_.declares.empty()) {
        Column columns[3];
        for (const ChangeDecisions::Declare& each : decided_.declares)
            add_row(columns, {each.task, each.hash, each.at_start});
        pipeline.add(kDeclare, values_of(columns));
    }
    ask_misses(pipeline, decided_.misses);
    ask_answers(pipeline);
}

void Changes::ask_misses(Pipeline& pipeline, const std::vector<ChangeDecisions::Miss>& misses) {
    if (misses.empty()) return;
    Column columns[11];
    for (const ChangeDecisions::Miss& each : misses) {
        add_row(columns, {each.id, each.uid, each.gen, each.miss.first, each.miss.last, each.miss.count,
                          each.miss.exact, state_text(each.miss.state), text_or_null(reason_text(each.miss.reason)),
                          each.now, text_or_null(each.error)});
    }
    pipeline.add(kMisses, values_of(columns));
}

void Changes::ask_creations(Pipeline& pipeline) {
    if (decided_.created.empty()) return;
    Column columns[14];
    Column ids;
    for (const auto& [add, asked] : decided_.created) {
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
            const auto& [add, asked] = decided_.created[static_cast<std::size_t>(row.integer(0)) - 1];
            add->task.number = row.integer(1);
            db_.cache.put(add->task.number, {asked->hash, add->task.state.uid, add->definition});
        }
    });
}

void Changes::ask_rewrites(Pipeline& pipeline) {
    if (decided_.rewrites.empty()) return;
    Column schedules[12];
    Column definitions[4];
    Column moves[2];
    for (const auto& each : decided_.rewrites) {
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
    for (const auto& each : decided_.rewrites) {
        if (!each->skips) continue;
        Column task;
        task.add(each->task.number);
        ask_skip_unstarted(db_, pipeline, task, Reason::replaced, each->now(), [&rewrite = *each](Dropped&& dropped) {
            dropped.name = *rewrite.skips;
            rewrite.dropped().push_back(std::move(dropped));
        });
    }
}

// The tasks as they are then.
void Changes::ask_answers(Pipeline& pipeline) {
    if (decided_.rewrites.empty()) return;
    Column tasks;
    for (const auto& each : decided_.rewrites) tasks.add(each->task.number);
    pipeline.add(kRewritten, {tasks.value()}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const TaskNumber number = answer.row(i).integer(0);
            const auto found =
                std::ranges::find_if(decided_.rewrites, [&](const auto& each) { return each->task.number == number; });
            if (found == decided_.rewrites.end()) continue;
            ChangeDecisions::Rewrite& rewrite = **found;
            rewrite.task.open = static_cast<std::int32_t>(answer.row(i).integer(kTaskColumns - 1));
            rewrite.answer();
            db_.cache.put(number, {rewrite.task.definition_hash, rewrite.task.state.uid, rewrite.definition});
        }
    });
}

void Changes::settle() {
    for (const auto& [task, now] : decided_.readable_again) recover_task(db_, task, now);
}

}  // namespace uvsched::postgresql
