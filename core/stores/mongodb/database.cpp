#include "core/stores/mongodb/database.hpp"

#include <algorithm>
#include <utility>

#include "core/stores/mongodb/pieces.hpp"

namespace uvsched::mongodb {
namespace {

constexpr Micros kConnectPatience = 10 * kSecond;
constexpr Micros kPatience = 30 * kSecond;

// The document as it was sent would be refused again: a rule that somebody gave the collection, or its size.
constexpr int kOfTheDocument[] = {2, 9, 121, 10'334, 17'280, 17'419};

const char* advice_on(int code) {
    switch (code) {
        case kUnauthorized:
            return "; the user needs the role readWrite in this database";
        case 10'107:  // not the primary
        case 13'435:
            return "; the server takes no writes: name all servers of the replica set, and ?replicaSet=";
        default:
            return "";
    }
}

}  // namespace

Document kept_by_majority() {
    constexpr int kMostMilliseconds = 20'000;
    return {{"w", "majority"}, {"j", true}, {"wtimeout", kMostMilliseconds}};
}

Database::Database(MongodbOptions given)
    : options(std::move(given)), names(options.collection), session(options, kConnectPatience, kPatience) {}

void Database::forget() {
    lanes_.clear();
    lane_numbers_.clear();
    labels_.clear();
    stamp_ = static_cast<std::uint64_t>(node);
    counted = false;
    grown.clear();
}

Document Database::run(const Document& command, Sends sends) {
    if (!joined) fail(Code::store, session.message("the store is closed"));
    try {
        return session.run(command, sends);
    } catch (const Refusal& refusal) {
        refused(refusal, sends);
    }
}

std::vector<Document> Database::ask(Document command) {
    if (!joined) fail(Code::store, session.message("the store is closed"));
    try {
        return session.ask(std::move(command));
    } catch (const Refusal& refusal) {
        refused(refusal, Sends::reads);
    }
}

std::vector<Document> Database::find(const std::string& collection, Document filter, Document rest) {
    Document command{{"find", collection}, {"filter", std::move(filter)}};
    command.update(rest);
    return ask(std::move(command));
}

void Database::refused(const Refusal& refusal, Sends sends) const {
    const bool again = std::ranges::find(kOfTheDocument, refusal.number()) != std::end(kOfTheDocument);
    if (sends == Sends::changes && again) throw Refused(refusal.message());
    throw Error(Code::store, refusal.message() + advice_on(refusal.number()));
}

Instant Database::enter(Who who, Instant by_hand) {
    Document match;
    match["$match"]["_id"]["$in"] = {kStore, node};
    Document shown;
    shown["$project"] = {{"uuid", 1}, {"dead", 1}, {"now", "$$NOW"}};
    const Micros asked = StoreClock::tick();
    bool stands = false;
    bool there = false;
    std::int64_t now = 0;
    for (const Document& each : ask({{"aggregate", names.nodes}, {"pipeline", {match, shown}}})) {
        const bool is_store = text_of(member(each, "_id")) == kStore;
        if (is_store) there = text_of(member(each, "uuid")) == uuid;
        if (!is_store) stands = !truth(member(each, "dead"));
        now = whole(member(each, "now"));
    }
    if (!there) {
        throw StoreLost(
            session.message("the collections of the store were dropped, or are those of another store by now"));
    }
    if (who == Who::nodes && !stands && !visits) {
        throw NodeLost(session.message(
            "other nodes took this one for dead, because it was silent for a lease; it joins them again"));
    }
    if (clock->manual()) return by_hand;
    clock->measured(instant_of(now), asked - kMillisecond);  // up to a millisecond is cut off
    return instant_of(now + 1) - 1;
}

// ---- numbers ----

Document Database::draw(const char* counter, std::size_t many) {
    Document update;
    update["$inc"][counter] = many;
    Document fields;
    fields[counter] = 1;
    Document query;
    query["_id"] = kStore;
    const Document answer = run({{"findAndModify", names.nodes},
                                 {"query", query},
                                 {"update", update},
                                 {"fields", fields},
                                 {"new", true},
                                 {"writeConcern", kept_by_majority()}});
    return member(member(answer, "value"), counter);
}

TaskNumber Database::draw_numbers(std::size_t many) {
    return whole(draw("last_task", many)) - static_cast<std::int64_t>(many) + 1;
}

// The number begins anew where it would be longer than 64 bits.
void Database::tell() {
    Document query{{"_id", kStore}};
    query["changes"]["$lt"] = INT64_MAX;
    Document update;
    update["$inc"]["changes"] = 1;
    const auto count = [&] {
        Document one{{"q", query}, {"u", update}};
        const Document answer =
            run({{"update", names.nodes}, {"updates", Document::array({one})}, {"writeConcern", kept_by_majority()}});
        return whole(member(answer, "n")) > 0;
    };
    if (count()) return;
    query.erase("changes");
    update.clear();
    update["$set"]["changes"] = 0;
    count();
}

std::string Database::label_of(NodeNumber who) {
    if (who == 0) return {};
    if (who == node) return label;
    if (const auto known = labels_.find(who); known != labels_.end()) return known->second;
    std::string found;
    for (const Document& each : find(names.nodes, {{"_id", who}})) found = text_of(member(each, "label"));
    return labels_[who] = found;
}

// ---- definitions ----

Definitions Database::definitions_of(const std::vector<TaskRow>& rows) {
    Definitions out;
    std::unordered_map<TaskNumber, const TaskRow*> unknown;
    Document numbers = Document::array();
    for (const TaskRow& row : rows) {
        const DefinitionCache::Entry* const known = cache.find(row.number);
        if (row.lane > 0 && known != nullptr && known->hash == row.definition_hash && known->uid == row.state.uid) {
            out.put(row.number, known->definition);
        } else if (unknown.emplace(row.number, &row).second) {
            numbers.push_back(row.number);
        }
    }
    if (unknown.empty()) return out;
    Document filter;
    filter["_id"]["$in"] = std::move(numbers);
    const Document shown{{"id", 1}, {"format", 1}, {"def", 1}, {"quarantine", 1}, {"uid", 1}};
    for (const Document& found : find(names.tasks, filter, {{"projection", shown}})) {
        const TaskRow& task = *unknown.at(whole(member(found, "_id")));
        try {
            auto definition = definition_in(found);
            cache.put(task.number, {task.definition_hash, task.state.uid, definition});
            out.put(task.number, std::move(definition));
        } catch (const Unreadable& error) {
            out.put(task.number, error);
        }
    }
    return out;
}

// ---- lanes ----

void Database::read_lanes() {
    for (const Document& each : find(names.lanes, Document::object())) {
        const LaneNumber number = whole(member(each, "lane"));
        const std::string lane(text_of(member(each, "_id")));
        lanes_.try_emplace(number, lane);
        lane_numbers_.try_emplace(lane, number);
    }
}

std::unordered_map<LaneNumber, std::string> Database::all_lanes() {
    read_lanes();
    return lanes_;
}

// Whoever comes second finds the numbers of the first: its own are nobody's then.
void Database::make_lanes(std::set<std::string> wanted) {
    const auto is_known = [this](const std::string& lane) { return lane_numbers_.contains(lane); };
    if (std::ranges::all_of(wanted, is_known)) return;
    read_lanes();
    std::erase_if(wanted, is_known);
    if (wanted.empty()) return;
    LaneNumber number = whole(draw("last_lane", wanted.size())) - static_cast<LaneNumber>(wanted.size());
    std::vector<Document> made;
    for (const std::string& lane : wanted) made.push_back({{"_id", lane}, {"lane", ++number}});
    in_pieces(std::move(made), [this](Document piece, std::size_t) {
        run({{"insert", names.lanes},
             {"documents", std::move(piece)},
             {"ordered", false},
             {"writeConcern", kept_by_majority()}});
    });
    read_lanes();
}

void Database::prepare_lanes(const std::vector<const Definition*>& definitions) {
    std::set<std::string> wanted;
    for (const Definition* const definition : definitions) wanted.insert(names_of_lane(*definition));
    make_lanes(std::move(wanted));
}

LaneNumber Database::lane_of(const Definition& definition) { return lane_named(names_of_lane(definition)); }

LaneNumber Database::lane_named(const std::string& wanted) {
    make_lanes({wanted});
    const auto found = lane_numbers_.find(wanted);
    if (found == lane_numbers_.end()) fail(Code::store, session.message("a lane cannot be written"));
    return found->second;
}

bool Database::belongs_on(LaneNumber lane, const Definition& definition) {
    if (!lanes_.contains(lane)) read_lanes();
    const auto found = lanes_.find(lane);
    return found != lanes_.end() && found->second == names_of_lane(definition);
}

// ---- what cannot be read ----

void Database::sort_out(TaskNumber task, std::vector<Quarantined>& told) {
    for (TaskDocument& found : read_tasks({{"_id", task}})) {
        if (found.lane() <= 0) return;  // somebody else was faster
        if (const auto why = found.fault()) return put_away(task, *why, told);
        const LaneNumber lane = lane_of(*definition_in(found.now()));
        if (lane != found.lane()) move_to_lane(task, lane);
    }
}

void Database::read_again(TaskNumber task, std::vector<Quarantined>& told) {
    for (TaskDocument& found : read_tasks({{"_id", task}})) {
        found.set("quarantine", nullptr);
        if (const auto why = found.fault()) return put_away(task, *why, told);
        move_to_lane(task, lane_of(*definition_in(found.now())));
    }
}

// This node has to look, too.
void Database::move_to_lane(TaskNumber task, LaneNumber lane) {
    rewrite({{"_id", task}, {"gone", false}}, [lane](TaskDocument& found) {
        found.set("lane", lane);
        if (found.has_row()) found.change().lane = lane;
        found.set("quarantine", nullptr);
    });
    tell();
}

void Database::put_away(TaskNumber task, const Unreadable& error, std::vector<Quarantined>& told) {
    if (error.newer() == 0) {
        told.push_back(set_apart(task, error.what()));
        return;
    }
    std::string there;
    for (const Document& found : find(names.tasks, {{"_id", task}}, {{"projection", {{"lane", 1}}}})) {
        read_lanes();
        const auto known = lanes_.find(std::abs(whole(member(found, "lane"))));
        if (known != lanes_.end()) there = known->second;
    }
    const LaneNumber lane = lane_named(names_of_newer_lane(there, error.newer()));
    const auto known = lanes_.find(lane);
    if (known == lanes_.end() || known->second != there) move_to_lane(task, lane);
}

Quarantined Database::set_apart(TaskNumber task, const std::string& why) {
    Quarantined out{"number " + std::to_string(task), why};
    rewrite({{"_id", task}, {"gone", false}}, [&](TaskDocument& found) {
        const LaneNumber lane = found.lane() > 0 ? -found.lane() : std::min<LaneNumber>(found.lane(), -1);
        found.set("lane", lane);
        if (found.has_row()) found.change().lane = lane;
        found.set("quarantine", why);
        out.id = shown_id(found.id());
    });
    return out;
}

}  // namespace uvsched::mongodb
