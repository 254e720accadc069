#include "core/stores/postgresql/database.hpp"

#include <algorithm>
#include <utility>

#include "core/base/name.hpp"
#include "core/base/quote.hpp"
#include "core/stores/postgresql/pipeline.hpp"
#include "core/triggers/custom.hpp"

namespace uvsched::postgresql {
namespace {

constexpr const char* kUuid = "SELECT store_uuid FROM @meta";

constexpr const char* kDefinitions = "SELECT n, id, format, def, quarantine, uid FROM @def WHERE n = ANY($1::bigint[])";

constexpr const char* kAddLanes =
    "INSERT INTO @lane (executor, fn, trigger, format) SELECT DISTINCT * FROM unnest($1::text[], $2::text[], "
    "$3::text[], $4::bigint[]) ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING";
constexpr const char* kLanes = "SELECT lane, executor, fn, trigger, format FROM @lane";
constexpr const char* kLaneOfTask =
    "SELECT executor, fn, trigger FROM @lane WHERE lane = (SELECT abs(lane) FROM @sched WHERE n = $1)";

constexpr const char* kWholeTask =
    "SELECT d.id, d.format, d.def, d.quarantine, d.uid, " UVSCHED_PG_TASK
    " FROM (SELECT $1::bigint AS n) AS f LEFT JOIN @def AS d USING (n) LEFT JOIN @sched AS s USING (n)";
constexpr const char* kFiresOfTask = "SELECT " UVSCHED_PG_FIRE " FROM @open AS o WHERE n = $1 AND state = 'ready'";
constexpr const char* kLockOne = "SELECT 1 FROM @sched WHERE n = $1 FOR NO KEY UPDATE";
constexpr const char* kMoveSchedule = "UPDATE @sched SET lane = $2 WHERE n = $1";
constexpr const char* kMoveFires = "UPDATE @open SET lane = $2 WHERE n = $1";
constexpr const char* kIsApart =
    "SELECT 1 FROM @def AS d WHERE n = $1 AND quarantine IS NOT NULL AND NOT EXISTS (SELECT 1 FROM @sched AS s WHERE "
    "s.n = d.n AND lane > 0) AND NOT EXISTS (SELECT 1 FROM @open AS o WHERE o.n = d.n AND lane > 0)";
constexpr const char* kQuarantine = "UPDATE @def SET quarantine = $2 WHERE n = $1 RETURNING id";
constexpr const char* kHideSchedule = "UPDATE @sched SET lane = -lane WHERE n = $1 AND lane > 0";
constexpr const char* kHideFires = "UPDATE @open SET lane = -lane WHERE n = $1 AND lane > 0";
constexpr const char* kForgetQuarantine = "UPDATE @def SET quarantine = NULL WHERE n = $1";

}  // namespace

void Database::forget() {
    lanes_.clear();
    prune_after.clear();
}

const std::string& Database::sql(const char* text) {
    if (const auto found = texts_.find(text); found != texts_.end()) return found->second;
    std::string schema = "\"";
    for (const char c : options.schema) schema += c == '"' ? std::string("\"\"") : std::string(1, c);
    schema += "\".";
    constexpr std::string_view kNow = "@now";
    std::string out;
    for (std::string_view rest = text; !rest.empty();) {
        if (rest.starts_with(kNow)) {
            out += "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
            rest.remove_prefix(kNow.size());
            continue;
        }
        if (rest.front() == '@') {
            out += schema;
        } else {
            out += rest.front();
        }
        rest.remove_prefix(1);
    }
    return texts_.emplace(text, std::move(out)).first->second;
}

// After a restore or a change of address another store may be there, in which nothing of this node is.
void Database::connect() {
    if (!joined) fail(Code::store, session.message("the store is closed"));
    if (session.is_open()) return;
    session.open(kConnectPatience);
    try {
        const Answers answers = session.run({{sql(kUuid), {}}}, Sends::reads, kConnectPatience);
        if (!answers[0].empty() && answers[0].row(0).view(0) == uuid) return;
        session.close();
        throw StoreLost(session.message("another store is in the database by now"));
    } catch (const SqlError& error) {
        session.close();
        if (error.state() != "42P01" && error.state() != "3F000") throw;
        throw StoreLost(error.message() + "; the tables of the store were removed");
    }
}

Definitions Database::definitions_of(const std::vector<TaskRow>& rows) {
    Definitions out;
    std::unordered_map<TaskNumber, const TaskRow*> unknown;
    Column numbers;
    for (const TaskRow& row : rows) {
        const DefinitionCache::Entry* const known = cache.find(row.number);
        if (row.lane > 0 && known != nullptr && known->hash == row.definition_hash && known->uid == row.state.uid) {
            out.put(row.number, known->definition);
        } else if (unknown.emplace(row.number, &row).second) {
            numbers.add(row.number);
        }
    }
    if (unknown.empty()) return out;
    Pipeline pipeline(*this);
    pipeline.by_keys();
    pipeline.add(kDefinitions, {numbers.value()}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const TaskRow& task = *unknown.at(answer.row(i).integer(0));
            try {
                auto definition = read_definition(answer.row(i, 1), task.state.uid);
                cache.put(task.number, {task.definition_hash, task.state.uid, definition});
                out.put(task.number, std::move(definition));
            } catch (const Unreadable& error) {
                out.put(task.number, error);
            }
        }
    });
    pipeline.read();
    return out;
}

// ---- lanes ----

Database::LaneNames Database::names_of(const Definition& definition) {
    return {.executor = definition.executor,
            .function = definition.function,
            .trigger = std::string(custom_name(*definition.trigger)),
            .format = kDefinitionFormat};
}

std::optional<LaneNumber> Database::known_lane(const LaneNames& names) const {
    for (const auto& [number, known] : lanes_) {
        if (known == names) return number;
    }
    return std::nullopt;
}

void Database::read_lanes() {
    Pipeline pipeline(*this);
    pipeline.add(kLanes, {}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const Answer::Row row = answer.row(i);
            lanes_.try_emplace(row.integer(0), LaneNames{row.text(1), row.text(2), row.text(3), row.integer(4)});
        }
    });
    pipeline.read();
}

void Database::make_lanes(const std::vector<LaneNames>& lanes) {
    Column executors;
    Column functions;
    Column triggers;
    Column formats;
    for (const LaneNames& lane : lanes) {
        if (known_lane(lane)) continue;
        executors.add(lane.executor);
        functions.add(lane.function);
        triggers.add(lane.trigger);
        formats.add(lane.format);
    }
    if (executors.size() == 0) return;
    Pipeline pipeline(*this);
    pipeline.add(kAddLanes, {executors.value(), functions.value(), triggers.value(), formats.value()});
    pipeline.read();  // a statement on its own is a transaction; done twice it is done once
    read_lanes();
}

void Database::prepare_lanes(const std::vector<const Definition*>& definitions) {
    std::vector<LaneNames> lanes;
    for (const Definition* const definition : definitions) {
        LaneNames names = names_of(*definition);
        if (std::ranges::find(lanes, names) == lanes.end()) lanes.push_back(std::move(names));
    }
    make_lanes(lanes);
}

LaneNumber Database::lane_of(const Definition& definition) {
    const LaneNames names = names_of(definition);
    return lane_for(names.executor, names.function, names.trigger, names.format);
}

LaneNumber Database::lane_for(const std::string& executor, const std::string& function, const std::string& trigger,
                              std::int64_t format) {
    const LaneNames names{executor, function, trigger, format};
    if (!known_lane(names)) make_lanes({names});
    const auto lane = known_lane(names);
    if (!lane) fail(Code::store, session.message("a lane cannot be written"));
    return *lane;
}

bool Database::belongs_on(LaneNumber lane, const Definition& definition) {
    if (!lanes_.contains(lane)) read_lanes();
    const auto found = lanes_.find(lane);
    return found != lanes_.end() && found->second == names_of(definition);
}

// ---- rows that cannot be read ----

// Throws Unreadable. `lanes`: of the task and its ready fires.
std::shared_ptr<const Definition> Database::read_whole(TaskNumber task, std::vector<LaneNumber>& lanes) {
    std::shared_ptr<const Definition> definition;
    std::optional<Unreadable> why;
    Pipeline pipeline(*this);
    pipeline.add(kWholeTask, {task}, [&](const Answer& answer) {
        try {
            constexpr int kSchedule = 5;
            if (answer.row(0, kSchedule).is_null(0)) throw Unreadable("its row of sched is missing");
            if (answer.row(0).is_null(0)) throw Unreadable("its row of def is missing");
            const TaskRow row = read_task(answer.row(0, kSchedule));
            definition = read_definition(answer.row(0), row.state.uid);
            lanes.push_back(row.lane);
        } catch (const Unreadable& error) {
            why = error;
        }
    });
    pipeline.add(kFiresOfTask, {task}, [&](const Answer& answer) {
        try {
            for (int i = 0; i < answer.size(); ++i) lanes.push_back(read_fire(answer.row(i)).lane);
        } catch (const Unreadable& error) {
            why = error;
        }
    });
    pipeline.read();
    if (why) throw *why;
    return definition;
}

void Database::sort_out(TaskNumber task, std::vector<Quarantined>& told) {
    try {
        std::vector<LaneNumber> lanes;
        const auto definition = read_whole(task, lanes);
        const LaneNumber lane = lane_of(*definition);
        if (std::ranges::any_of(lanes, [&](LaneNumber each) { return each != lane; })) move_to_lane(task, lane);
    } catch (const Unreadable& error) {
        bool apart = false;
        Pipeline pipeline(*this);
        pipeline.add(kIsApart, {task}, [&](const Answer& answer) { apart = !answer.empty(); });
        pipeline.read();
        if (!apart) put_away(task, error, told);
    }
}

void Database::read_again(TaskNumber task, std::vector<Quarantined>& told) {
    try {
        {
            Pipeline pipeline(*this);
            pipeline.add(kForgetQuarantine, {task});
            pipeline.read();
        }
        std::vector<LaneNumber> lanes;
        move_to_lane(task, lane_of(*read_whole(task, lanes)));
    } catch (const Unreadable& error) {
        put_away(task, error, told);
    }
}

void Database::move_to_lane(TaskNumber task, LaneNumber lane) {
    Pipeline pipeline(*this);
    pipeline.add(kLockOne, {task});
    pipeline.add(kMoveSchedule, {task, lane});
    pipeline.add(kMoveFires, {task, lane});
    pipeline.commit(Pipeline::Guard::none, true);
}

void Database::put_away(TaskNumber task, const Unreadable& error, std::vector<Quarantined>& told) {
    if (error.newer() == 0) {
        told.push_back(set_apart(task, error.what()));
        return;
    }
    LaneNames names;
    names.format = error.newer();
    Pipeline pipeline(*this);
    pipeline.add(kLaneOfTask, {task}, [&](const Answer& answer) {
        if (answer.empty()) return;
        const Answer::Row row = answer.row(0);
        names = {row.text(0), row.text(1), row.text(2), error.newer()};
    });
    pipeline.read();
    move_to_lane(task, lane_for(names.executor, names.function, names.trigger, names.format));
}

Quarantined Database::set_apart(TaskNumber task, const std::string& why) {
    Quarantined out{"number " + std::to_string(task), why};
    Pipeline pipeline(*this);
    pipeline.add(kLockOne, {task});
    pipeline.add(kQuarantine, {task, why}, [&](const Answer& answer) {
        if (answer.empty()) return;
        const std::string id = answer.row(0).text(0);
        try {
            validate_text("id", id);
            out.id = id;
        } catch (const Error&) {
            out.id = in_quotes(id);
        }
    });
    pipeline.add(kHideSchedule, {task});
    pipeline.add(kHideFires, {task});
    pipeline.commit(Pipeline::Guard::none);
    return out;
}

}  // namespace uvsched::postgresql
