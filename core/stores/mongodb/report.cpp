// What operators are told of the store.
#include <algorithm>
#include <utility>

#include "core/stores/mongodb/store_steps.hpp"
#include "core/stores/rows/lane_list.hpp"

namespace uvsched::mongodb {
namespace {

constexpr std::size_t kMostApart = 1'000;

// A group's members, by "_id"; `sums` are the other members of the $group.
std::vector<Document> grouped(Database& db, const Document& match, const Document& id, const Document& sums,
                              bool each_fire = false) {
    Document pipeline = Document::array();
    Document group{{"_id", id}};
    group.update(sums);
    pipeline.push_back({{"$match", match}});
    if (each_fire) pipeline.push_back({{"$unwind", "$open"}});
    pipeline.push_back({{"$group", group}});
    return db.ask({{"aggregate", db.names.tasks}, {"pipeline", pipeline}});
}

Document one_each() { return {{"number", {{"$sum", 1}}}}; }

void report_counts(Database& db, StoreReport& out) {
    Document readable;
    readable["lane"]["$gt"] = 0;
    for (const Document& each : grouped(db, readable, "$state", one_each())) {
        out.tasks[std::string(text_of(member(each, "_id")))] = whole(member(each, "number"));
    }
    Document with_fires;
    with_fires["open.0"]["$exists"] = true;
    for (const Document& each : grouped(db, with_fires, "$open.state", one_each(), true)) {
        out.fires[std::string(text_of(member(each, "_id")))] = whole(member(each, "number"));
    }
    out.history = whole(member(db.run({{"count", db.names.history}}), "n"));
}

void report_apart(Database& db, StoreReport& out) {
    Document filter{{"gone", false}};
    filter["quarantine"]["$ne"] = nullptr;
    const Document rest{{"projection", {{"id", 1}, {"quarantine", 1}}}, {"sort", {{"key", 1}}}, {"limit", kMostApart}};
    for (const Document& each : db.find(db.names.tasks, filter, rest)) {
        out.apart.push_back(
            {shown_id(std::string(text_of(member(each, "id")))), std::string(text_of(member(each, "quarantine")))});
    }
    if (!out.apart.empty()) out.tasks["apart"] = static_cast<std::int64_t>(out.apart.size());
}

void report_lanes(Database& db, StoreReport& out) {
    const auto names = db.all_lanes();
    Document under_way;
    under_way["lane"]["$gt"] = 0;
    under_way["state"]["$ne"] = status_text(TaskStatus::finished);
    for (const Document& each : grouped(db, under_way, "$lane", one_each())) {
        const auto known = names.find(whole(member(each, "_id")));
        if (known == names.end()) continue;
        LaneReport& lane = out.lanes.emplace_back();
        lane.lane = lane_of_names(known->second);
        lane.lane.number = known->first;
        lane.tasks = whole(member(each, "number"));
        const std::vector<LaneNumber> alone{lane.lane.number};
        lane.oldest = next_wake(db, alone).wall;
    }
    std::ranges::sort(out.lanes, {}, [](const LaneReport& lane) { return lane.lane.number; });
}

}  // namespace

StoreReport report(Database& db) {
    StoreReport out;
    out.server = db.server;
    for (const Document& store : db.find(db.names.nodes, {{"_id", kStore}})) {
        out.schema = whole(member(store, "schema"));
        out.min_reader = whole(member(store, "min_reader"));
        out.lease = whole(member(store, "lease"));
    }
    report_counts(db, out);
    report_apart(db, out);
    report_lanes(db, out);
    out.nodes = nodes(db);
    return out;
}

std::vector<NodeReport> nodes(Database& db) {
    using State = NodeReport::State;
    std::vector<NodeReport> out;
    for (const Document& each : db.find(db.names.nodes, Document::object(), {{"sort", {{"label", 1}, {"_id", 1}}}})) {
        const NodeNumber number = whole(member(each, "_id"));
        if (number == 0) continue;  // the store itself
        const bool left = truth(member(each, "gone")) || truth(member(each, "dead"));
        const Document& lanes = member(each, "lanes");
        out.push_back({.number = number,
                       .label = std::string(text_of(member(each, "label"))),
                       .process = whole(member(each, "pid")),
                       .version = std::string(text_of(member(each, "version"))),
                       .beats = static_cast<std::uint64_t>(whole(member(each, "beat"))),
                       .state = left ? State::left : State::unsure,
                       .lanes = lanes.is_string() ? read_lane_list(text_of(lanes)) : std::nullopt});
    }
    return out;
}

}  // namespace uvsched::mongodb
