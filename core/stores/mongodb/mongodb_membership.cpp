#include "core/stores/mongodb/mongodb_membership.hpp"

#include <algorithm>
#include <set>

#include "core/stores/mongodb/store_steps.hpp"

namespace uvsched::mongodb {
namespace {

constexpr Micros kBeatConnectPatience = 2 * kSecond;
constexpr int kBeatsInLease = 5;

}  // namespace

MongodbMembership::MongodbMembership(Database& db)
    : options_(db.options),
      names_(db.names),
      node_(db.node),
      uuid_(db.uuid),
      shared_(db.shared),
      patience_(beat_patience(db.options.lease)),
      session_(options_, std::max(patience_, kBeatConnectPatience), patience_) {}

void MongodbMembership::leave() noexcept {
    left_ = true;
    if (!mutex_.try_lock()) return;  // the beat that is under way closes it
    session_.close();
    mutex_.unlock();
}

BeatAnswer MongodbMembership::beat() {
    const std::lock_guard lock(mutex_);
    BeatAnswer out;
    out.standing = false;
    if (left_) return out;
    try {
        out = ask();
    } catch (...) {
        if (left_) session_.close();
        throw;
    }
    shared_->alone = out.peers.empty();
    if (left_) session_.close();
    return out;
}

// A majority has to take it: a primary that was cut off from the others would say yes to a node that is dead for them.
// False: this node does not stand.
bool MongodbMembership::raise() {
    Document query{{"_id", node_}};
    query["dead"]["$ne"] = true;
    Document change;
    change["$inc"]["beat"] = 1;
    const Document one{{"q", std::move(query)}, {"u", std::move(change)}};
    const Document kept{{"w", "majority"}, {"wtimeout", patience_ / kMillisecond}};
    const Document answer =
        session_.run({{"update", names_.nodes}, {"updates", Document::array({one})}, {"writeConcern", kept}});
    return whole(member(answer, "n")) > 0;
}

BeatAnswer MongodbMembership::ask() {
    BeatAnswer out;
    out.standing = raise();
    Document shown;
    shown["$project"] = {{"uuid", 1}, {"changes", 1}, {"beat", 1}, {"gone", 1}, {"dead", 1}, {"now", "$$NOW"}};
    const Micros asked = StoreClock::tick();
    bool there = false;
    std::int64_t now = 0;
    std::set<NodeNumber> known;
    for (const Document& each : session_.ask({{"aggregate", names_.nodes}, {"pipeline", Document::array({shown})}})) {
        now = whole(member(each, "now"));
        if (text_of(member(each, "_id")) == kStore) {
            there = text_of(member(each, "uuid")) == uuid_;
            out.changes = static_cast<std::uint64_t>(whole(member(each, "changes"))) - shared_->own_changes;
            continue;
        }
        const NodeNumber number = whole(member(each, "_id"));
        known.insert(number);
        if (number == node_) continue;
        out.peers.push_back({.node = number,
                             .count = static_cast<std::uint64_t>(whole(member(each, "beat"))),
                             .gone = truth(member(each, "gone")) || truth(member(each, "dead"))});
    }
    if (!there) {
        fail(Code::store,
             session_.message("the collections of the store were dropped, or are those of another store by now"));
    }
    shared_->clock->measured(instant_of(now), asked - kMillisecond);
    if (++beats_ % kBeatsInLease != 0) return out;
    for (const NodeNumber each : nodes_without_document(session_, names_, known)) {
        out.peers.push_back({.node = each, .count = 0, .gone = true});
    }
    return out;
}

}  // namespace uvsched::mongodb
