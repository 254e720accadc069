#include "core/stores/sqlite/database.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include "core/base/name.hpp"
#include "core/base/quote.hpp"
#include "core/ledger/fire_rules.hpp"
#include "core/platform/host.hpp"
#include "core/stores/sqlite/schema.hpp"
#include "core/triggers/custom.hpp"

namespace uvsched::sqlite {
namespace {

std::chrono::microseconds random_pause() {
    static thread_local std::minstd_rand random(static_cast<unsigned>(process_id()));
    return std::chrono::microseconds(std::uniform_int_distribution<int>(300, 1000)(random));
}

}  // namespace

// Who waits for SQLite's lock looks again in such times: without a pause one process could keep it for seconds.
Connection& Database::take_turn() {
    if (file && file->has_strangers()) std::this_thread::sleep_until(next_turn_);
    return sql().db;
}

void Database::check_standing() {
    if (visits || Cursor(sql().has_node, node).next()) return;
    throw NodeLost(path +
                   ": other processes that use the file took this one for dead, because it was silent for a lease; " +
                   "it joins them again");
}

Statements& Database::sql() {
    if (!statements) fail(Code::store, options.path + ": the store is closed");
    return *statements;
}

void Database::read_line() {
    Cursor row(sql().shift);
    if (row.next()) to_wall = std::clamp(row.integer(0), -kMostShift, kMostShift);
}

std::uint64_t Database::changes_of_others() {
    Cursor row(sql().changes);
    return row.next() ? static_cast<std::uint64_t>(row.integer(0)) - own_changes : 0;
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
    const bool same = cached != nullptr && cached->hash == row.definition_hash && cached->uid == row.state.uid;
    if (!apart && same) return cached->definition;
    Cursor found(sql().definition, row.number);
    if (!found.next()) throw Unreadable("its row of def is missing");
    return cache.put(row.number, {row.definition_hash, row.state.uid, read_definition(found, row.state.uid)})
        .definition;
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
    return lane_for(definition.executor, definition.function, custom_name(*definition.trigger), kDefinitionFormat);
}

LaneNumber Database::lane_for(std::string_view executor, std::string_view function, std::string_view trigger,
                              std::int64_t format) {
    {
        Cursor row(sql().lane_of, executor, function, trigger, format);
        if (row.next()) return row.integer(0);
    }
    Cursor row(sql().add_lane, executor, function, trigger, format);
    row.next();
    const LaneNumber lane = row.integer(0);
    row.run();
    return lane;
}

void Database::move_to_lane(TaskNumber task, LaneNumber lane) {
    tells = true;
    Cursor(sql().set_schedule_lane, task, lane).run();
    Cursor(sql().set_fire_lanes, task, lane).run();
}

bool Database::belongs_on(LaneNumber lane, const Definition& definition) {
    auto found = lane_names_.find(lane);
    if (found == lane_names_.end()) {
        Cursor row(sql().lane_names, lane);
        if (!row.next()) return false;
        const LaneNames names{row.text(0), row.text(1), row.text(2), row.integer(3)};
        found = lane_names_.emplace(lane, names).first;
    }
    const LaneNames& names = found->second;
    return names.function == definition.function && names.executor == definition.executor &&
           names.trigger == custom_name(*definition.trigger) && names.format == kDefinitionFormat;
}

void Database::sort_out(TaskNumber task, std::vector<Quarantined>& told) {
    try {
        const std::optional<TaskRow> row = find_task(task);
        if (!row) throw Unreadable("its row of sched is missing");
        const LaneNumber lane = lane_of(*definition_of(*row));
        bool astray = row->lane != lane;
        Cursor fires(sql().ready_of, task);
        while (fires.next()) astray = read_fire(fires).lane != lane || astray;
        if (astray) move_to_lane(task, lane);
    } catch (const Unreadable& error) {
        if (!Cursor(sql().is_apart, task).next()) put_away(task, error, told);
    }
}

void Database::leave_to_newer(TaskNumber task, std::int64_t format) {
    std::string executor;
    std::string function;
    std::string trigger;
    {
        Cursor lane(sql().lane_of_task, task);
        if (lane.next()) {
            executor = lane.text(0);
            function = lane.text(1);
            trigger = lane.text(2);
        }
    }
    move_to_lane(task, lane_for(executor, function, trigger, format));
}

void Database::end_fire(const FireRow& fire, const Identity& task, const Ending& ending) {
    Cursor(sql().drop_fire, fire.task, fire.gen, kind_text(fire.kind), fire.slot).run();
    step("end.half");
    Cursor(sql().add_history, task.id, task.uid, fire.gen, kind_text(fire.kind), fire.slot, fire.first_at(),
           fire.last_at(), fire.folded, fire.exact, state_text(ending.state), text_or_null(reason_text(ending.reason)),
           fire.attempt, fire.crashes, node_or_null(fire.owner), fire.token, time_or_null(fire.claimed_at),
           time_or_null(ending.started_at), ending.at, text_or_null(ending.result), text_or_null(ending.error))
        .run();
}

bool Database::is_gone(TaskNumber task) { return Cursor(sql().is_gone, task).next(); }

void Database::forget_if_gone(TaskNumber task) { Cursor(sql().drop_gone, task).run(); }

void Database::promote_waiting(TaskNumber task, Instant now) {
    if (!Cursor(sql().any_waiting, task).next()) {
        if (Cursor(sql().next_piece, task).run() > 0) tells = true;
        return;
    }
    std::int64_t under_way = 0;
    std::vector<FireRow> waiting;  // the oldest first
    try {
        const std::optional<TaskRow> row = find_task(task);
        if (!row) return;
        Cursor fires(sql().fires_of, task);
        while (fires.next()) {
            FireRow fire = read_fire(fires);
            if (fire.state == FireState::waiting) {
                waiting.push_back(std::move(fire));
            } else {
                ++under_way;
            }
        }
        const std::int64_t most = definition_of(*row)->policies.max_instances;
        waiting.resize(static_cast<std::size_t>(promotable(std::ssize(waiting), under_way, most)));
        for (const FireRow& fire : waiting) free_fire(fire, fire.crashes, now);
    } catch (const Unreadable&) {
        return;  // they wait on: the next look sets the task apart
    }
}

void Database::free_fire(const FireRow& fire, std::int32_t crashes, Instant now) {
    tells = true;
    Cursor(sql().free_fire, fire.task, fire.gen, kind_text(fire.kind), fire.slot, now, fire.token + 1, crashes).run();
}

void Database::write_miss(const TaskRow& task, const std::string& id, const PlannedMiss& miss, Instant now,
                          std::string_view error) {
    const Micros distance = to_wall_from(task.state.clock, to_wall);
    Cursor(sql().add_history, id, task.state.uid, task.state.gen, kind_text(FireKind::scheduled), miss.first,
           saturating_add(miss.first, distance), saturating_add(miss.last, distance), miss.count, miss.exact,
           state_text(miss.state), text_or_null(reason_text(miss.reason)), 0, 0, std::nullopt, 0, std::nullopt,
           std::nullopt, now, std::nullopt, text_or_null(error))
        .run();
}

void Database::put_away(TaskNumber task, const Unreadable& error, std::vector<Quarantined>& told) {
    if (error.newer() > 0) return leave_to_newer(task, error.newer());
    told.push_back(set_apart(task, error.what()));
}

Quarantined Database::set_apart(TaskNumber task, std::string why) {
    Cursor(sql().quarantine, task, why).run();
    Cursor(sql().hide_schedule, task).run();
    Cursor(sql().hide_fires, task).run();
    const std::optional<Identity> identity = identity_of(task);
    if (!identity) return {"number " + std::to_string(task), std::move(why)};
    try {
        validate_text("id", identity->id);
        return {identity->id, std::move(why)};
    } catch (const Error&) {
        return {in_quotes(identity->id), std::move(why)};
    }
}

void Writing::commit() {
    if (db_.tells) Cursor(db_.sql().count_change).run();
    transaction_.commit();
    db_.next_turn_ = std::chrono::steady_clock::now() + random_pause();
    if (db_.tells) db_.file->announce(db_.node);
    db_.checkpoints.run_if_due();
}

}  // namespace uvsched::sqlite
