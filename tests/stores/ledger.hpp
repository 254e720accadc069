// Short words for what tests of stores do again and again.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/stores/store.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"
#include "tests/stores/backend.hpp"

namespace ledger {

using namespace uvsched;

inline Definition every(const std::string& id, Micros period = 10 * kSecond) {
    Definition out;
    out.id = id;
    out.function = "app.tasks:" + id;
    out.name = out.function;
    out.executor = "default";
    IntervalOptions options;
    options.period = period;
    options.start_at = kStart;
    out.trigger = make_interval_trigger(options);
    return out;
}

// A request to add it, first due at `due`. Uids count up over the whole program.
inline Add adding(const Definition& definition, Instant due = kStart) {
    static Uid last_uid = 1000;
    Add add;
    add.definition = std::make_shared<const Definition>(definition);
    add.state.uid = ++last_uid;
    add.state.anchor = kStart;
    add.state.next_slot = due;
    add.state.next_due = due;
    add.now_wall = kStart;
    return add;
}

inline Add apply(Store& store, Add add) {
    Batch batch;
    batch.adds.push_back(std::move(add));
    store.apply(batch);
    return batch.adds[0];
}
inline Change apply(Store& store, Change change) {
    Batch batch;
    batch.changes.push_back(std::move(change));
    store.apply(batch);
    return batch.changes[0];
}
inline Remove apply(Store& store, Remove remove) {
    Batch batch;
    batch.removes.push_back(std::move(remove));
    store.apply(batch);
    return batch.removes[0];
}
// A request for a run by hand, of a number of its own.
inline RunNow asking_for(const std::string& id) {
    static std::int64_t last_request = 0;
    RunNow run;
    run.id = id;
    run.request = ++last_request;
    return run;
}
inline RunNow run_now(Store& store, const std::string& id, Instant now = kStart) {
    Batch batch;
    RunNow& run = batch.runs.emplace_back(asking_for(id));
    run.now_wall = now;
    store.apply(batch);
    return run;
}
inline Change change_state(Store& store, const std::string& id, const TaskState& state) {
    Change change;
    change.id = id;
    change.state = state;
    change.now_wall = kStart;
    return apply(store, std::move(change));
}
inline Change change_definition(Store& store, const Definition& definition, std::optional<TaskState> state = {}) {
    Change change;
    change.id = definition.id;
    change.definition = std::make_shared<const Definition>(definition);
    change.state = std::move(state);
    change.now_wall = kStart;
    return apply(store, std::move(change));
}
inline Remove remove(Store& store, const std::string& id, Instant now = kStart) {
    return apply(store, Remove{.id = id, .now_wall = now});
}
inline Take apply(Store& store, Take take) {
    Batch batch;
    batch.takes.push_back(std::move(take));
    store.apply(batch);
    return batch.takes[0];
}
inline Claim apply(Store& store, Claim claim) {
    Batch batch;
    batch.claims.push_back(std::move(claim));
    store.apply(batch);
    return batch.claims[0];
}

inline StoredTask add(Store& store, const Definition& definition, Instant due = kStart) {
    const Add added = apply(store, adding(definition, due));
    REQUIRE(added.result == Add::Result::created);
    return added.task;
}

inline std::vector<LaneNumber> all_lanes(Store& store) {
    std::vector<LaneNumber> out;
    for (const Lane& lane : store.lanes()) out.push_back(lane.number);
    return out;
}

inline Look look(Store& store, Instant now, std::size_t limit = 100) {
    return store.look({.wall = now, .elapsed = now, .lanes = all_lanes(store), .limit = limit});
}

// A claim of the task's next slot, the one after it a period later.
inline Claim claiming(const StoredTask& task, Instant now, Micros period = 10 * kSecond) {
    Claim claim;
    claim.task = task.number;
    claim.rev = task.state.rev;
    claim.now_wall = now;
    const Instant slot = task.state.next_slot.value_or(now);
    claim.plan.runs.push_back({.slot = slot, .last = slot});
    claim.plan.hwm = slot;
    claim.plan.next_slot = slot + period;
    claim.plan.next_due = slot + period;
    return claim;
}

// Claims the task's next slot.
inline OpenFire claim(Store& store, const std::string& id, Instant now = kStart) {
    const auto task = store.get(id);
    REQUIRE(task.has_value());
    const Claim claim = apply(store, claiming(*task, now));
    REQUIRE(claim.outcome == Outcome::done);
    REQUIRE(claim.fires.size() == 1);
    return claim.fires[0];
}

inline FireRef ref(const OpenFire& fire) { return {.task = fire.task.number, .key = fire.key, .token = fire.token}; }

inline Outcome start(Store& store, const FireRef& fire, Instant now = kStart) {
    Batch batch;
    batch.starts.push_back({.fire = fire, .now_wall = now});
    store.apply(batch);
    return batch.starts[0].outcome;
}

inline Finish finishing(const FireRef& fire, FireState state = FireState::done, Instant now = kStart) {
    Finish finish;
    finish.fire = fire;
    finish.state = state;
    finish.now_wall = now;
    return finish;
}

inline Outcome finish(Store& store, const FireRef& fire, FireState state = FireState::done, Instant now = kStart) {
    Batch batch;
    batch.finishes.push_back(finishing(fire, state, now));
    store.apply(batch);
    return batch.finishes[0].outcome;
}

inline Outcome release(Store& store, const FireRef& fire, Instant now = kStart) {
    Batch batch;
    batch.releases.push_back({.fire = fire, .now_wall = now});
    store.apply(batch);
    return batch.releases[0].outcome;
}

inline std::vector<HistoryRow> history(Store& store, const std::string& id = "") {
    HistoryQuery query;
    query.task_id = id;
    return store.history(query);
}

}  // namespace ledger
