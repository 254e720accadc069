// Claims of durable stores, as the engine sees them: look, gate, release. The store thread calls back here.
#include <algorithm>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"

namespace uvsched {
namespace {

// After a look that found nothing although something was due, or that failed.
constexpr Micros kLookPause = kSecond;

}  // namespace

bool Engine::is_due(const Store::Wake& wake, const Now& now) {
    return (wake.wall && *wake.wall <= now.wall) || (wake.elapsed && *wake.elapsed <= now.elapsed);
}

std::unique_ptr<StoreThread> Engine::make_store_thread(std::uint16_t index) {
    StoreSlot& store = stores_[index];
    StoreThreadHooks hooks;
    hooks.now = [this, &store] { return now_of(store, read_clock()); };
    hooks.wakes = [this, index](const GroupWakes& found) { set_wakes(index, found); };
    hooks.failed = [this, &store](const Error& error) {
        emit(EventCode::store_error, store.alias, {}, error.message());
    };
    hooks.recovered = [this, &store] { emit(EventCode::store_recovered, store.alias, {}, "the store answers again"); };
    hooks.trigger_failed = [this, &store](const std::string& what) {
        emit(EventCode::trigger_error, store.alias, {}, what);
    };
    return std::make_unique<StoreThread>(make_sqlite_store(parse_sqlite_url(store.config.url)), std::move(hooks));
}

void Engine::set_wakes(std::uint16_t index, const GroupWakes& found) {
    const std::lock_guard lock(mutex_);
    DurableSlot& durable = *stores_[index].durable;
    // Other lanes since then: rebuild_lanes() has asked for a look at them, which must not be forgotten.
    if (durable.groups != found.groups) return;
    for (std::size_t i = 0; i < found.wakes.size(); ++i) {
        const std::uint16_t executor = (*found.groups)[i].executor;
        if (found.wakes[i] == durable.wakes[executor]) continue;
        durable.wakes[executor] = found.wakes[i];
        durable.not_before[executor] = kEarliest;
    }
    signal_locked();
}

// ---- look ----

void Engine::looked(std::uint16_t index, StoreReply&& reply) {
    StoreSlot& store = stores_[index];
    DurableSlot& durable = *store.durable;
    const Now now = now_of(store, read_clock());
    const Lock lock(*this);
    durable.look_pending = false;
    // Something was due for the look, and still is, and nothing came of it: not again at once. What became due since is
    // another matter.
    const Now then = reply.looked.value_or(now);
    const bool moved = claimed_locked(index, reply, now);
    for (const LaneGroup& group : *durable.groups) {
        const Store::Wake& wake = durable.wakes[group.executor];
        if (!moved && is_due(wake, then) && wake == durable.looked[group.executor])
            durable.not_before[group.executor] = now.wall + kLookPause;
    }
    signal_locked();
}

void Engine::claimed(std::uint16_t index, StoreReply&& reply) {
    const Now now = now_of(stores_[index], read_clock());
    const Lock lock(*this);
    claimed_locked(index, reply, now);
}

// True when anything came of it.
bool Engine::claimed_locked(std::uint16_t index, StoreReply& reply, const Now& now) {
    StoreSlot& store = stores_[index];
    for (const Quarantined& row : reply.quarantined) emit(EventCode::task_quarantined, store.alias, row.id, row.why);
    std::vector<OpenFire> fires = std::move(reply.taken);
    bool moved = !fires.empty();
    if (!reply.error) {
        for (Claim& claim : reply.batch.claims) {
            moved = true;
            if (claim.outcome != Outcome::done) continue;
            for (OpenFire& fire : claim.fires) {
                if (fire.state == FireState::claimed) fires.push_back(std::move(fire));
            }
            const std::string& id = claim.definition->id;
            const Micros shift = claim.clock == ClockLine::elapsed ? now.shift() : 0;
            for (const PlannedMiss& miss : claim.plan.misses) emit_miss(store.alias, id, miss, shift, now.wall);
            if (claim.plan.asks) ask_durable(index, claim.asking);
            if (claim.plan.next_slot || claim.plan.asks) continue;
            tell_if_given_up(store.alias, *claim.definition, claim.plan.hwm, claim.anchor);
            emit(EventCode::task_finished, store.alias, id);
        }
    }
    std::vector<Start> starts;
    std::vector<std::uint64_t> runs;
    std::vector<Release> releases;
    for (const OpenFire& fire : fires) {
        if (stop_requested_) {
            releases.push_back(
                {.fire = {fire.task.number, fire.key, fire.token}, .now_wall = now.wall, .outcome = Outcome::none});
            continue;
        }
        RunSlot& slot = make_durable_run(index, fire, now);
        starts.push_back({.fire = slot.ref, .now_wall = now.wall, .outcome = Outcome::none});
        runs.push_back(slot.run.id);
    }
    if (!releases.empty()) release_durable(index, std::move(releases));
    if (!starts.empty()) gate(index, std::move(starts), std::move(runs));
    return moved;
}

// ---- gate ----

void Engine::gate(std::uint16_t index, std::vector<Start> starts, std::vector<std::uint64_t> runs) {
    StoreRequest request;
    request.batch.starts = std::move(starts);
    request.retry = true;
    request.done = [this, index, runs = std::move(runs)](StoreReply&& reply) { gated(index, reply, runs); };
    stores_[index].durable->thread->post(std::move(request));
}

void Engine::gated(std::uint16_t index, const StoreReply& reply, const std::vector<std::uint64_t>& runs) {
    const Now now = now_of(stores_[index], read_clock());
    Lock lock(*this);
    std::vector<std::vector<Release>> releases(stores_.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        RunSlot* const slot = runs_.find(runs[i]);
        if (slot == nullptr) continue;
        const bool passed = !reply.error && reply.batch.starts[i].outcome == Outcome::done;
        if (passed && !stop_requested_) {
            if (bus_.wants(EventCode::task_submitted)) emit_run(EventCode::task_submitted, *slot, now.wall);
            dispatch_.push_back(slot);
            continue;
        }
        --executors_[slot->executor].reserved;
        if (passed) {
            return_locked(*slot, releases);
        } else {
            // Somebody else's now, or the store is gone: recovery will see to it.
            --stats_.fires;
            free_run(*slot);
        }
    }
    if (!releases[index].empty()) release_durable(index, std::move(releases[index]));
    signal_locked();
}

void Engine::release_durable(std::uint16_t index, std::vector<Release> releases) {
    DurableSlot& durable = *stores_[index].durable;
    ++durable.unflushed;
    StoreRequest request;
    request.batch.releases = std::move(releases);
    request.retry = true;
    request.done = [this, &durable](StoreReply&&) {
        const std::lock_guard lock(mutex_);
        --durable.unflushed;
        signal_locked();
    };
    durable.thread->post(std::move(request));
}

// ---- lanes ----

std::string Engine::why_unrunnable(const Lane& lane) const {
    const auto slot = std::find_if(executors_.begin(), executors_.end(),
                                   [&](const ExecutorSlot& e) { return e.alias == lane.executor; });
    if (slot == executors_.end()) return "executor \"" + lane.executor + "\" is not configured in this process";
    const FunctionVersion* const function = functions_.find(lane.function);
    if (function == nullptr) return "function \"" + lane.function + "\" is not registered in this process";
    if (!slot->queue && function->function.call == nullptr) {
        return "function \"" + lane.function + "\" belongs to another language, but executor \"" + lane.executor +
               "\" is native";
    }
    return {};
}

void Engine::rebuild_lanes(std::uint16_t index) {
    DurableSlot* const durable = stores_[index].durable.get();
    if (durable == nullptr || !durable->thread) return;
    std::vector<LaneGroup> groups(executors_.size());
    for (const Lane& lane : durable->lanes) {
        if (!why_unrunnable(lane).empty()) continue;
        groups[executor_index(lane.executor)].lanes.push_back(lane.number);
    }
    for (std::uint16_t i = 0; i < executor_count(); ++i) groups[i].executor = i;
    std::erase_if(groups, [](const LaneGroup& group) { return group.lanes.empty(); });
    // What the new lanes hold is not known yet: look at once.
    for (const LaneGroup& group : groups) durable->wakes[group.executor] = {.wall = kEarliest, .elapsed = {}};
    std::fill(durable->not_before.begin(), durable->not_before.end(), kEarliest);
    std::fill(durable->looked.begin(), durable->looked.end(), Store::Wake{});  // a look under way says nothing of them
    durable->groups = std::make_shared<const std::vector<LaneGroup>>(std::move(groups));
    durable->thread->set_groups(durable->groups);
    signal_locked();
}

void Engine::learn_lane(std::uint16_t index, const StoredTask& task) {
    DurableSlot& durable = *stores_[index].durable;
    const auto known = [&](const Lane& lane) { return lane.number == task.lane; };
    if (std::any_of(durable.lanes.begin(), durable.lanes.end(), known)) return;
    durable.lanes.push_back({.number = task.lane,
                             .executor = task.definition->executor,
                             .function = task.definition->function,
                             .example = task.number,
                             .example_id = task.definition->id});
    rebuild_lanes(index);
}

void Engine::report_unrunnable(std::uint16_t index) {
    DurableSlot& durable = *stores_[index].durable;
    for (const Lane& lane : durable.lanes) {
        const std::string why = why_unrunnable(lane);
        if (why.empty() || !durable.reported.insert(lane.number).second) continue;
        emit(EventCode::task_unrunnable, stores_[index].alias, lane.example_id,
             why + "; its tasks stay in the store and wait");
    }
}

// ---- requests of callers ----

Batch Engine::apply(StoreSlot& store, Batch batch) {
    if (CallbackScope::on_loop()) {
        fail(Code::deadlock,
             "store \"" + store.alias + "\": a callback on the loop thread cannot wait for a durable store");
    }
    return store.durable->thread->apply(std::move(batch));
}

void Engine::read(StoreSlot& store, const std::function<void(Store&)>& job) {
    if (CallbackScope::on_loop()) {
        fail(Code::deadlock,
             "store \"" + store.alias + "\": a callback on the loop thread cannot wait for a durable store");
    }
    store.durable->thread->read(job);
}

}  // namespace uvsched
