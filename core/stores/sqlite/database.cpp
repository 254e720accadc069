#include "core/stores/sqlite/database.hpp"

#include "core/stores/sqlite/schema.hpp"

namespace uvsched::sqlite {

Statements& Database::sql() {
    if (!statements) fail(Code::store, options.path + ": the store is closed");
    return *statements;
}

std::optional<TaskRow> Database::find_task(TaskNumber number) {
    Cursor row(sql().task, number);
    if (!row.next()) return std::nullopt;
    return read_task(row);
}

std::optional<TaskNumber> Database::find_number(std::string_view id) {
    Cursor row(sql().number_of, id);
    if (!row.next()) return std::nullopt;
    return row.integer(0);
}

StoredTask Database::stored(const TaskRow& row) {
    return {
        .number = row.number, .lane = row.lane, .definition = definition_of(row), .state = row.state, .open = row.open};
}

std::shared_ptr<const Definition> Database::definition_of(const TaskRow& row) {
    const DefinitionCache::Entry* cached = cache.find(row.number);
    const bool apart = row.lane < 0;
    if (!apart && cached != nullptr && cached->hash == row.definition_hash) return cached->definition;
    Cursor found(sql().definition, row.number);
    if (!found.next()) throw Unreadable("its row of def is missing");
    if (!found.is_null(3)) throw Unreadable(found.text(3));
    if (found.integer(1) > kDefinitionFormat) {
        throw Unreadable("written by a newer uvsched (format " + std::to_string(found.integer(1)) + ")");
    }
    try {
        auto definition = std::make_shared<const Definition>(definition_from_json(found.text(0), found.text(2)));
        return cache.put(row.number, {row.definition_hash, row.state.uid, std::move(definition)}).definition;
    } catch (const Error& error) {
        throw Unreadable(error.message());
    }
}

std::optional<FireRow> Database::find_fire(TaskNumber task, std::uint32_t gen, FireKind kind, std::int64_t slot) {
    Cursor row(sql().fire, task, gen, kind_text(kind), slot);
    if (!row.next()) return std::nullopt;
    try {
        return read_fire(row);
    } catch (const Unreadable&) {
        return std::nullopt;
    }
}

std::optional<Identity> Database::identity_of(TaskNumber task) {
    if (const DefinitionCache::Entry* cached = cache.find(task)) return Identity{cached->uid, cached->definition->id};
    Cursor row(sql().identity, task);
    if (!row.next()) return std::nullopt;
    return Identity{static_cast<Uid>(row.integer(0)), row.text(1)};
}

LaneNumber Database::lane_of(const Definition& definition) {
    {
        Cursor row(sql().lane_of, definition.executor, definition.function);
        if (row.next()) return row.integer(0);
    }
    Cursor row(sql().add_lane, definition.executor, definition.function);
    row.next();
    const LaneNumber lane = row.integer(0);
    row.run();
    return lane;
}

void Database::end_fire(const FireRow& fire, const Identity& task, const Ending& ending) {
    Cursor(sql().drop_fire, fire.task, fire.gen, kind_text(fire.kind), fire.slot).run();
    step("end.half");
    Cursor(sql().add_history, next_seq, task.id, task.uid, fire.gen, kind_text(fire.kind), fire.slot, fire.first_at(),
           fire.last_at(), fire.folded, fire.exact, state_text(ending.state), text_or_null(reason_text(ending.reason)),
           fire.attempt, fire.crashes, text_or_null(fire.owner), fire.token, time_or_null(fire.claimed_at),
           time_or_null(ending.started_at), ending.at, text_or_null(ending.result), text_or_null(ending.error))
        .run();
    ++next_seq;
}

bool Database::is_gone(TaskNumber task) { return any_gone && Cursor(sql().is_gone, task).next(); }

void Database::forget_if_gone(TaskNumber task) {
    if (any_gone) Cursor(sql().drop_gone, task).run();
}

void Database::promote_waiting(TaskNumber task, Instant now) {
    if (!Cursor(sql().any_waiting, task).next()) return;
    std::int64_t active = 0;
    std::vector<FireRow> waiting;
    try {
        const std::optional<TaskRow> row = find_task(task);
        if (!row) return;
        Cursor fires(sql().fires_of, task);
        while (fires.next()) {
            FireRow fire = read_fire(fires);
            if (fire.state == FireState::waiting) {
                waiting.push_back(std::move(fire));
            } else {
                ++active;
            }
        }
        const std::int64_t limit = definition_of(*row)->policies.max_instances;
        for (const FireRow& fire : waiting) {
            if (active++ >= limit) return;
            free_fire(fire, fire.crashes, now);
        }
    } catch (const Unreadable&) {
        return;  // they wait on: the next look sets the task apart
    }
}

void Database::free_fire(const FireRow& fire, std::int32_t crashes, Instant now) {
    Cursor(sql().free_fire, fire.task, fire.gen, kind_text(fire.kind), fire.slot, now, fire.token + 1, crashes).run();
}

void Database::write_miss(const TaskRow& task, const std::string& id, const PlannedMiss& miss, Instant now,
                          std::string_view error) {
    const Micros to_wall = task.state.clock == ClockLine::elapsed ? shift : 0;
    Cursor(sql().add_history, next_seq, id, task.state.uid, task.state.gen, kind_text(FireKind::scheduled), miss.first,
           saturating_add(miss.first, to_wall), saturating_add(miss.last, to_wall), miss.count, miss.exact,
           state_text(miss.state), text_or_null(reason_text(miss.reason)), 0, 0, std::nullopt, 0, std::nullopt,
           std::nullopt, now, std::nullopt, text_or_null(error))
        .run();
    ++next_seq;
}

void Database::set_apart(TaskNumber task, const std::string& why) {
    Cursor(sql().quarantine, task, why).run();
    Cursor(sql().hide_schedule, task).run();
    Cursor(sql().hide_fires, task).run();
}

}  // namespace uvsched::sqlite
