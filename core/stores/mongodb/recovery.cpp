// What nodes hold: this one; and a dead one, of whose fires a piece becomes ready again, or lost.
#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/mongodb/store_steps.hpp"
#include "core/stores/rows/held_fire.hpp"

namespace uvsched::mongodb {
namespace {

// Tasks of which a node holds fires, and which this version can judge.
Document held_by(NodeNumber node) {
    Document out;
    out["open.owner"] = node;
    out["lane"]["$gte"] = 0;
    out["format"]["$lte"] = kDefinitionFormat;
    return out;
}

constexpr std::size_t kAllOfTask = 1'000'000;

class Recovery {
public:
    // What is ready again is so at `present`, and what is lost ended `now`.
    Recovery(Database& db, Instant present, Instant now, std::size_t limit)
        : db_(db), present_(present), now_(now), limit_(limit) {}

    // Fires of which `is_dead` says that nobody holds them any more.
    void run(const Document& filter, const std::function<bool(const OpenRow&)>& is_dead, Recovered& out) {
        std::map<TaskNumber, Recovered> told;
        std::map<TaskNumber, Unreadable> faults;
        const auto change = [&](TaskDocument& task) {
            told.erase(task.number());
            faults.erase(task.number());
            std::size_t left = limit_;
            for (const auto& [number, others] : told) left -= others.ready.size() + others.lost.size();
            if (const auto why = task.is_gone() ? std::nullopt : task.fault()) {
                faults.emplace(task.number(), *why);
            } else {
                recover(task, is_dead, left, told[task.number()]);
            }
        };
        const std::size_t found = db_.rewrite(filter, change, {{"limit", limit_}});
        for (auto& [number, of_task] : told) {
            for (OpenFire& fire : of_task.ready) out.ready.push_back(std::move(fire));
            for (OpenFire& fire : of_task.lost) out.lost.push_back(std::move(fire));
        }
        for (const auto& [number, why] : faults) db_.put_away(number, why, out.quarantined);
        out.more = found >= limit_ || out.ready.size() + out.lost.size() >= limit_;
    }

private:
    void recover(TaskDocument& task, const std::function<bool(const OpenRow&)>& is_dead, std::size_t most,
                 Recovered& out) {
        std::vector<FireRef> dead;
        for (const OpenRow& row : task.fires()) {
            if (row.readable() && is_held(row.fire.state) && is_dead(row) && dead.size() < most) {
                dead.push_back({task.number(), row.key(), row.fire.token});
            }
        }
        const std::shared_ptr<const Definition> definition = task.is_gone() ? nullptr : definition_in(task.now());
        for (const FireRef& fire : dead) {
            OpenRow& row = *task.find(fire);
            const HeldFire before = held(task, definition, row);
            const AfterCrash after = before.after;
            tell_recovered(before, out);
            if (after.again) {
                row.fire.crashes = after.crashes;
                task.free(row, present_);
            } else {
                task.end(row, {.state = FireState::lost,
                               .reason = Reason::crashed,
                               .finished_at = now_,
                               .owner_label = db_.label_of(row.fire.owner),
                               .started_at = row.fire.started_at,
                               .crashes = after.crashes});
            }
        }
        if (!dead.empty()) task.promote(present_);
        for (OpenFire& fire : out.ready) fire.task.open = task.open_fires();
    }

    static HeldFire held(const TaskDocument& task, const std::shared_ptr<const Definition>& definition,
                         const OpenRow& row) {
        HeldFire out{.row = row.fire, .uid = row.uid, .task_id = task.id(), .task = {}, .after = {}};
        out.task.number = task.number();
        if (definition) {
            out.task = {.number = task.number(),
                        .lane = task.lane(),
                        .definition = definition,
                        .state = task.row().state,
                        .open = task.open_fires()};
        }
        out.judge();
        return out;
    }

    Database& db_;
    const Instant present_;
    const Instant now_;
    const std::size_t limit_;
};

// It may only be slow: from now on it writes no claims that anybody holds to.
void mark_dead(Database& db, NodeNumber dead) {
    Document change;
    change["$set"]["dead"] = true;
    const Document one{{"q", {{"_id", dead}}}, {"u", std::move(change)}};
    static_cast<void>(db.run(
        {{"update", db.names.nodes}, {"updates", Document::array({one})}, {"writeConcern", kept_by_majority()}}));
}

// What is half way to the history is brought there first, and what it made is told: it may have died before it did.
void drop_node(Database& db, NodeNumber dead, bool told) {
    db.bring_to_history();
    Document rest;
    rest["open.owner"] = dead;
    rest["lane"]["$gte"] = 0;
    if (!db.find(db.names.tasks, rest, {{"projection", {{"_id", 1}}}, {"limit", 1}}).empty()) return;
    const Document one{{"q", {{"_id", dead}}}, {"limit", 1}};
    static_cast<void>(
        db.run({{"delete", db.names.nodes}, {"deletes", Document::array({one})}, {"writeConcern", kept_by_majority()}},
               Sends::changes));
    if (told || dead == db.node) return;
    db.tell();
    ++db.shared->own_changes;
}

}  // namespace

Recovered recover(Database& db, NodeNumber dead, Instant now, std::size_t limit) {
    Recovered out;
    if (dead == 0) return out;
    const Instant present = db.enter(dead == db.node ? Who::anybody : Who::nodes, now);
    mark_dead(db, dead);
    Recovery recovery(db, present, now, limit);
    recovery.run(
        held_by(dead), [dead](const OpenRow& row) { return row.fire.owner == dead; }, out);
    if (!out.more) drop_node(db, dead, !out.ready.empty());
    return out;
}

std::vector<FireRef> mine(Database& db) {
    std::vector<FireRef> out;
    static_cast<void>(db.enter(Who::nodes, kEarliest));
    Document filter;
    filter["open.owner"] = db.node;
    const Document shown{{"open", 1}, {"lane", 1}};
    for (const Document& task : db.find(db.names.tasks, filter, {{"projection", shown}})) {
        for (const Document& stored : member(task, "open")) {
            const OpenRow row = read_open_row(stored, whole(member(task, "_id")), whole(member(task, "lane")));
            if (!row.readable() || !is_held(row.fire.state) || row.fire.owner != db.node) continue;
            out.push_back({row.fire.task, row.key(), row.fire.token});
        }
    }
    std::ranges::sort(out, [](const FireRef& a, const FireRef& b) {
        return std::tuple(a.task, a.key.gen, a.key.kind, a.key.slot) <
               std::tuple(b.task, b.key.gen, b.key.kind, b.key.slot);
    });
    return out;
}

void recover_task(Database& db, TaskNumber task, Instant now) {
    std::set<NodeNumber> nodes;
    for (const Document& each : db.find(db.names.nodes, Document::object(), {{"projection", {{"_id", 1}}}})) {
        nodes.insert(whole(member(each, "_id")));
    }
    Recovered untold;
    Recovery(db, db.enter(Who::nodes, now), now, kAllOfTask)
        .run(
            {{"_id", task}}, [&](const OpenRow& row) { return !nodes.contains(row.fire.owner); }, untold);
}

}  // namespace uvsched::mongodb
