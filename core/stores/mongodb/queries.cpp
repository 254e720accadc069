// What the store is asked: what is due, when something will be, and what is there.
#include <algorithm>
#include <set>
#include <utility>

#include "core/stores/mongodb/store_steps.hpp"
#include "core/stores/rows/candidate.hpp"
#include "core/stores/take_turns.hpp"

namespace uvsched::mongodb {
namespace {

constexpr std::size_t kListedAtOnce = 1'000;
constexpr Instant kFirstOfAll = -4 * kHorizon;  // before all times, and behind null

Document without_definition() { return {{"def", 0}}; }

Document lanes_of(std::span<const LaneNumber> lanes) { return one_of(lanes); }

std::optional<TaskRow> row_of(const TaskDocument& task) {
    if (!task.has_row()) return std::nullopt;
    TaskRow out = task.row();
    return out;
}

// Fires that are ready, of tasks in the order of their earliest ones.
std::vector<Candidate> ready_of(std::vector<TaskDocument>& tasks, Instant now) {
    std::vector<Candidate> out;
    for (TaskDocument& task : tasks) {
        const std::optional<TaskRow> row = row_of(task);
        for (OpenRow& each : task.fires()) {
            if (each.readable() && (each.fire.state != FireState::ready || *each.fire.ready_at > now)) continue;
            const bool good = each.readable() && row;
            out.push_back({.at = good ? *each.fire.ready_at : kEarliest,
                           .task = task.number(),
                           .row = row,
                           .fire = std::move(each.fire),
                           .uid = each.uid,
                           .good = good});
        }
        if (!row) out.push_back({.at = kEarliest, .task = task.number(), .good = false});
    }
    return out;
}

std::vector<TaskRow> rows_of(const std::vector<TaskDocument>& tasks) {
    std::vector<TaskRow> out;
    for (const TaskDocument& task : tasks) {
        if (const auto row = row_of(task)) out.push_back(*row);
    }
    return out;
}

}  // namespace

Look look(Database& db, const LookRequest& request) {
    Look out;
    const Instant now = db.enter(Who::anybody, request.wall);
    out.now = {.wall = now, .elapsed = now};
    const auto find_by = [&](const char* name) {
        Document filter{{"lane", lanes_of(request.lanes)}};
        filter[name] = {{"$gte", kFirstOfAll}, {"$lte", now}};
        Document order;
        order[name] = 1;
        return db.read_tasks(std::move(filter), {{"projection", without_definition()},
                                                 {"sort", std::move(order)},
                                                 {"skip", request.skip},
                                                 {"limit", request.limit + 1}});
    };
    std::vector<Candidate> due;
    for (const TaskDocument& task : find_by("next_due")) {
        const std::optional<TaskRow> row = row_of(task);
        due.push_back({.at = row ? row->state.next_due.value_or(kEarliest) : kEarliest,
                       .task = task.number(),
                       .row = row,
                       .good = row.has_value()});
    }
    std::vector<TaskDocument> with_ready = find_by("ready_at");
    std::vector<Candidate> ready = ready_of(with_ready, now);
    out.more = due.size() + ready.size() > request.limit;
    db.ready_first = !db.ready_first;
    const std::vector<Candidate> found =
        db.ready_first ? take_turns(ready, due, request.limit) : take_turns(due, ready, request.limit);
    std::vector<TaskRow> rows;
    for (const Candidate& candidate : found) {
        if (candidate.good) rows.push_back(*candidate.row);
    }
    const Definitions definitions = db.definitions_of(rows);
    std::set<TaskNumber> stumbled;
    for (const Candidate& candidate : found) {
        if (!tell_candidate(db, definitions, candidate, out)) stumbled.insert(candidate.task);
    }
    for (const TaskNumber task : stumbled) db.sort_out(task, out.quarantined);
    return out;
}

Store::Wake next_wake(Database& db, std::span<const LaneNumber> lanes) {
    Store::Wake out;
    for (const char* const name : {"next_due", "ready_at"}) {
        Document filter{{"lane", lanes_of(lanes)}};
        filter[name]["$gte"] = kFirstOfAll;
        Document order;
        order[name] = 1;
        Document shown;
        shown[name] = 1;
        for (const Document& found :
             db.find(db.names.tasks, filter, {{"projection", shown}, {"sort", order}, {"limit", 1}})) {
            const Instant at = whole(member(found, name));
            out.wall = std::min(out.wall.value_or(at), at);
        }
    }
    return out;
}

std::vector<Lane> lanes(Database& db) {
    std::vector<Lane> out;
    const auto names = db.all_lanes();
    Document query;
    query["lane"]["$gt"] = 0;
    const Document answer = db.run({{"distinct", db.names.tasks}, {"key", "lane"}, {"query", query}});
    for (const Document& number : member(answer, "values")) {
        const auto known = names.find(whole(number));
        if (known == names.end()) continue;
        Lane& lane = out.emplace_back(lane_of_names(known->second));
        lane.number = known->first;
        // One that is not finished: it has the latest time, or none has any.
        Document filter{{"lane", lane.number}};
        filter["state"]["$in"] = {status_text(TaskStatus::active), status_text(TaskStatus::paused)};
        const Document rest{{"projection", {{"id", 1}}}, {"sort", {{"next_due", -1}}}, {"limit", 1}};
        for (const Document& example : db.find(db.names.tasks, filter, rest)) {
            lane.example = whole(member(example, "_id"));
            lane.example_id = text_of(member(example, "id"));
        }
    }
    std::ranges::sort(out, {}, &Lane::number);
    return out;
}

std::uint64_t changes_of_others(Database& db) {
    const std::vector<Document> found = db.find(db.names.nodes, {{"_id", kStore}});
    if (found.empty() || text_of(member(found.front(), "uuid")) != db.uuid) {
        throw StoreLost(
            db.session.message("the collections of the store were dropped, or are those of another store by now"));
    }
    return static_cast<std::uint64_t>(whole(member(found.front(), "changes"))) - db.shared->own_changes;
}

std::vector<StoredTask> asking(Database& db) {
    Document filter{{"state", status_text(TaskStatus::active)}, {"next_due", nullptr}};
    filter["lane"]["$gt"] = 0;
    const Document rest{{"projection", without_definition()}, {"sort", {{"_id", 1}}}};
    return readable(db, rows_of(db.read_tasks(std::move(filter), rest)));
}

std::optional<StoredTask> get(Database& db, const std::string& id) {
    for (const TaskDocument& task : db.read_tasks({{"key", id}})) {
        if (const auto why = task.fault()) {
            fail(Code::corrupt, db.session.message("task \"" + id + "\" cannot be read: " + why->what()));
        }
        const TaskRow row = task.row();
        return StoredTask{.number = row.number,
                          .lane = row.lane,
                          .definition = db.definitions_of({row}).of(row.number),
                          .state = row.state,
                          .open = row.open};
    }
    return std::nullopt;
}

std::vector<StoredTask> list(Database& db, const std::string& after, std::size_t limit, bool finished) {
    std::vector<StoredTask> out;
    std::string last = after;
    while (out.size() < limit) {
        const std::size_t most = std::min(limit - out.size(), kListedAtOnce);
        Document filter{{"gone", false}};
        filter["key"]["$gt"] = last;
        filter["lane"]["$gt"] = 0;
        if (!finished) filter["state"]["$ne"] = status_text(TaskStatus::finished);
        const Document rest{{"projection", without_definition()}, {"sort", {{"key", 1}}}, {"limit", most}};
        const std::vector<TaskDocument> found = db.read_tasks(std::move(filter), rest);
        for (StoredTask& task : readable(db, rows_of(found))) out.push_back(std::move(task));
        if (found.size() < most) break;
        last = found.back().id();
    }
    return out;
}

TaskCounts counts(Database& db) {
    const auto count = [&](TaskStatus status, bool idle) {
        Document query{{"state", status_text(status)}};
        query["lane"]["$gt"] = 0;
        if (idle) query["next_due"] = nullptr;
        return whole(member(db.run({{"count", db.names.tasks}, {"query", query}}), "n"));
    };
    TaskCounts out;
    out.active = count(TaskStatus::active, false);
    out.idle = count(TaskStatus::active, true);
    out.paused = count(TaskStatus::paused, false);
    out.finished = count(TaskStatus::finished, false);
    return out;
}

std::vector<std::string> declared_at_start(Database& db) {
    Document filter{{"at_start", true}, {"gone", false}, {"quarantine", nullptr}};
    filter["state"]["$in"] = {status_text(TaskStatus::active), status_text(TaskStatus::paused)};
    std::vector<std::string> out;
    for (const Document& found :
         db.find(db.names.tasks, filter, {{"projection", {{"id", 1}}}, {"sort", {{"key", 1}}}})) {
        out.emplace_back(text_of(member(found, "id")));
    }
    return out;
}

}  // namespace uvsched::mongodb
