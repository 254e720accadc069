#include "tests/simulation/plain_ledger.hpp"

#include <algorithm>
#include <utility>

#include "core/ledger/fire_rules.hpp"
#include "core/ledger/task_rules.hpp"

namespace uvsched::simulation {
namespace {

std::tuple<std::uint32_t, FireKind, std::int64_t> place(const FireKey& key) { return {key.gen, key.kind, key.slot}; }

OpenFire open_fire(const PlainTask& task, const PlainFire& fire) {
    OpenFire out;
    out.task = task.stored();
    out.key = fire.key;
    out.last_slot = fire.last_slot;
    out.folded = fire.folded;
    out.exact = fire.exact;
    out.state = fire.state;
    out.token = fire.token;
    out.attempt = 1;
    out.crashes = fire.crashes;
    return out;
}

void free_fire(PlainFire& fire, Instant now) noexcept {
    fire.state = FireState::ready;
    fire.ready_at = now;
    fire.owner = 0;
    ++fire.token;
}

}  // namespace

StoredTask PlainTask::stored() const {
    StoredTask out;
    out.number = number;
    out.lane = 1;
    out.definition = definition;
    out.state = state;
    out.open = static_cast<std::int32_t>(open.size());
    return out;
}

PlainFire* PlainTask::find(const FireKey& key) {
    const auto found = open.find(place(key));
    return found == open.end() || key.uid != state.uid ? nullptr : &found->second;
}

PlainTask* PlainLedger::find(const std::string& id) {
    for (auto& [number, task] : tasks) {
        if (!task.removed && task.definition->id == id) return &task;
    }
    return nullptr;
}

PlainTask* PlainLedger::find(const FireRef& ref) {
    const auto found = tasks.find(ref.task);
    return found == tasks.end() ? nullptr : &found->second;
}

void PlainLedger::tell(NodeNumber by) noexcept {
    ++changes;
    if (const auto own = nodes.find(by); own != nodes.end()) ++own->second.own;
}

void PlainLedger::end(PlainTask& task, const PlainFire& fire, FireState state, Reason reason) {
    const FireKey key = fire.key;
    HistoryRow row;
    row.seq = static_cast<std::int64_t>(history.size()) + 1;
    row.task_id = task.definition->id;
    row.key = fire.key;
    row.first = fire.key.kind == FireKind::manual ? fire.last_slot : fire.key.slot;
    row.last = fire.last_slot;
    row.folded = fire.folded;
    row.exact = fire.exact;
    row.state = state;
    row.reason = reason;
    history.push_back(row);
    tokens.push_back(fire.token);
    task.open.erase(place(key));
}

// The oldest first.
void PlainLedger::promote(PlainTask& task, Instant now, NodeNumber by) {
    std::vector<PlainFire*> waiting;
    std::int64_t under_way = 0;
    for (auto& [key, fire] : task.open) {
        if (fire.state == FireState::waiting) {
            waiting.push_back(&fire);
        } else {
            ++under_way;
        }
    }
    const std::int64_t free =
        promotable(static_cast<std::int64_t>(waiting.size()), under_way, task.definition->policies.max_instances);
    for (std::int64_t i = 0; i < free; ++i) free_fire(*waiting[static_cast<std::size_t>(i)], now);
    if (free > 0) tell(by);
}

// ---- batches ----

void PlainLedger::apply(Batch& batch, NodeNumber node) {
    const bool for_others = !batch.releases.empty() || !batch.adds.empty() || !batch.changes.empty() ||
                            !batch.removes.empty() || !batch.runs.empty();
    if (for_others) tell(node);
    for (Start& request : batch.starts) start(request, node);
    for (Finish& request : batch.finishes) finish(request, node);
    for (Release& request : batch.releases) release(request, node);
    for (Add& request : batch.adds) add(request);
    for (Change& request : batch.changes) change(request);
    for (Remove& request : batch.removes) remove(request);
    for (RunNow& request : batch.runs) run_now(request);
    for (Take& request : batch.takes) take(request, node);
    for (Claim& request : batch.claims) claim(request, node);
    forget_removed();
}

void PlainLedger::add(Add& request) {
    if (const PlainTask* const there = find(request.definition->id)) {
        request.task = there->stored();
        request.result = Add::Result::unchanged;
        return;
    }
    PlainTask task;
    task.number = ++last_task_;
    task.definition = request.definition;
    task.state = request.state;
    task.state.rev = 1;
    request.task = task.stored();
    request.result = Add::Result::created;
    tasks.emplace(task.number, std::move(task));
}

void PlainLedger::claim(Claim& request, NodeNumber node) {
    request.outcome = Outcome::refused;
    request.fires.clear();
    const auto found = tasks.find(request.task);
    if (found == tasks.end() || found->second.removed) return;
    PlainTask& task = found->second;
    if (compares && (task.state.rev != request.rev || !is_new(request.plan, task.state.hwm))) return;
    ++task.state.rev;
    task.state.next_slot = request.plan.next_slot;
    task.state.next_due = request.plan.next_due;
    task.state.hwm = hwm_after(request.plan, task.state.hwm);
    for (const PlannedRun& run : request.plan.runs) {
        PlainFire fire;
        fire.key = {task.state.uid, task.state.gen, FireKind::scheduled, run.slot};
        fire.last_slot = run.last;
        fire.folded = run.folded;
        fire.exact = run.exact;
        fire.state = run.waiting ? FireState::waiting : FireState::claimed;
        fire.owner = run.waiting ? 0 : node;
        fire.claim = request.id;
        task.open.emplace(place(fire.key), fire);
        request.fires.push_back(open_fire(task, fire));
    }
    for (const PlannedMiss& each : request.plan.misses) miss(task, each);
    request.outcome = Outcome::done;
}

void PlainLedger::miss(PlainTask& task, const PlannedMiss& miss) {
    PlainFire missed;
    missed.key = {task.state.uid, task.state.gen, FireKind::scheduled, miss.first};
    missed.last_slot = miss.last;
    missed.folded = miss.count;
    missed.exact = miss.exact;
    end(task, missed, miss.state, miss.reason);
}

void PlainLedger::recall(Claim& request, NodeNumber node) {
    request.outcome = Outcome::refused;
    request.fires.clear();
    const auto found = tasks.find(request.task);
    if (found == tasks.end()) return;
    PlainTask& task = found->second;
    bool made = request.plan.runs.empty() && is_as_planned(request.plan, request.rev, task.state);
    for (const auto& [key, fire] : task.open) {
        if (fire.claim != request.id) continue;
        made = true;
        if (is_held(fire.state) && fire.owner == node) request.fires.push_back(open_fire(task, fire));
    }
    if (made) request.outcome = Outcome::done;
}

void PlainLedger::take(Take& request, NodeNumber node) {
    PlainTask* const task = find(request.fire);
    PlainFire* const fire = task == nullptr ? nullptr : task->find(request.fire.key);
    request.outcome = Outcome::refused;
    if (fire == nullptr || fire->state != FireState::ready || fire->token != request.fire.token) return;
    fire->state = FireState::claimed;
    fire->owner = node;
    request.token = ++fire->token;
    request.outcome = Outcome::done;
}

void PlainLedger::start(Start& request, NodeNumber node) {
    PlainTask* const task = find(request.fire);
    PlainFire* const fire = task == nullptr ? nullptr : task->find(request.fire.key);
    request.outcome = Outcome::refused;
    if (fire == nullptr || !is_held(fire->state) || fire->token != request.fire.token || fire->owner != node) return;
    fire->state = FireState::running;
    request.outcome = Outcome::done;
}

void PlainLedger::finish(Finish& request, NodeNumber node) {
    PlainTask* const task = find(request.fire);
    PlainFire* const fire = task == nullptr ? nullptr : task->find(request.fire.key);
    request.outcome = Outcome::refused;
    if (fire != nullptr) {
        if (fire->token != request.fire.token || fire->owner != node || !may_finish(fire->state, request.state)) return;
        end(*task, *fire, request.state, request.reason);
        promote(*task, request.now_wall, node);
        request.outcome = Outcome::done;
        return;
    }
    for (std::size_t i = 0; i < history.size(); ++i) {
        const bool same = history[i].key == request.fire.key && history[i].state == request.state;
        if (same && tokens[i] == request.fire.token) request.outcome = Outcome::done;  // it is made again
    }
}

void PlainLedger::release(Release& request, NodeNumber node) {
    PlainTask* const task = find(request.fire);
    PlainFire* const fire = task == nullptr ? nullptr : task->find(request.fire.key);
    request.outcome = Outcome::refused;
    if (fire == nullptr || !is_held(fire->state) || fire->token != request.fire.token || fire->owner != node) return;
    request.outcome = Outcome::done;
    if (!task->removed) return free_fire(*fire, request.now_wall);
    request.task = task->definition;
    std::vector<Dropped> dropped;
    fire->state = FireState::claimed;  // it was not called after all
    skip_unstarted(*task, Reason::deleted, dropped);
    request.dropped = dropped.front();
}

// ---- changes ----

void PlainLedger::skip_unstarted(PlainTask& task, Reason reason, std::vector<Dropped>& dropped) {
    std::vector<PlainFire> unstarted;
    for (const auto& [key, fire] : task.open) {
        if (ends_unstarted(fire.state, fire.key.kind, reason)) unstarted.push_back(fire);
    }
    for (const PlainFire& fire : unstarted) {
        Dropped& told = dropped.emplace_back();
        told.id = task.definition->id;
        told.name = task.definition->name;
        told.miss.first = first_time(fire.key.kind, fire.key.slot, fire.last_slot);
        told.miss.last = fire.last_slot;
        told.miss.count = fire.folded;
        told.miss.exact = fire.exact;
        told.miss.state = FireState::skipped;
        told.miss.reason = reason;
        told.fire = fire.key;
        end(task, fire, FireState::skipped, reason);
    }
}

void PlainLedger::change(Change& request) {
    request.outcome = Outcome::missing;
    PlainTask* const task = find(request.id);
    if (task == nullptr) return;
    const bool another = request.state && request.state->uid != task->state.uid;
    request.outcome = Outcome::refused;
    if (request.rev && (another || *request.rev != task->state.rev)) {
        request.task = task->stored();
        return;
    }
    const bool other_trigger = request.definition && !same_trigger(*task->definition, *request.definition);
    if (other_trigger) {
        const Now now{.wall = request.now_wall, .elapsed = request.now_wall};
        if (const auto over = overdue(*task->definition, task->state, now)) {
            miss(*task, *over);
            request.dropped.push_back({task->definition->id, task->definition->name, *over});
        }
        skip_unstarted(*task, Reason::replaced, request.dropped);
    }
    if (request.definition) task->definition = request.definition;
    if (request.state) {
        task->state = rescheduled(task->state, *request.state, *task->definition->trigger, other_trigger);
    }
    ++task->state.rev;
    if (request.miss) miss(*task, *request.miss);
    request.task = task->stored();
    request.outcome = Outcome::done;
}

// What runs goes on.
void PlainLedger::remove(Remove& request) {
    for (auto& [number, task] : tasks) {
        if (task.removed || (!request.id.empty() && task.definition->id != request.id)) continue;
        skip_unstarted(task, Reason::deleted, request.dropped);
        task.removed = true;
        task.state.next_slot.reset();
        task.state.next_due.reset();
        ++request.removed;
    }
    request.outcome = request.removed > 0 || request.id.empty() ? Outcome::done : Outcome::missing;
}

void PlainLedger::forget_removed() {
    std::erase_if(tasks, [](const auto& entry) { return entry.second.removed && entry.second.open.empty(); });
}

void PlainLedger::run_now(RunNow& request) {
    request.outcome = Outcome::missing;
    PlainTask* const task = find(request.id);
    if (task == nullptr) return;
    PlainFire fire;
    fire.key = request.key = {task->state.uid, task->state.gen, FireKind::manual, request.request};
    fire.last_slot = request.now_wall;
    fire.state = FireState::ready;
    fire.ready_at = request.now_wall;
    const bool ended =
        std::any_of(history.begin(), history.end(), [&](const HistoryRow& row) { return row.key == fire.key; });
    if (!ended) task->open.emplace(place(fire.key), fire);
    request.outcome = Outcome::done;
}

// ---- what a node asks ----

Look PlainLedger::look(const LookRequest& request) {
    Look out;
    out.now = {.wall = request.wall, .elapsed = request.elapsed};
    std::vector<std::pair<Instant, const PlainTask*>> due;
    for (const auto& [number, task] : tasks) {
        if (task.state.next_due && *task.state.next_due <= out.now.on(task.state.clock)) {
            due.emplace_back(*task.state.next_due, &task);
        }
        for (const auto& [key, fire] : task.open) {
            const bool ready = fire.state == FireState::ready && fire.ready_at <= request.wall;
            if (ready && out.ready.size() < request.limit) out.ready.push_back(open_fire(task, fire));
        }
    }
    std::stable_sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(std::min(request.skip, due.size())));
    for (const auto& [at, task] : due) {
        if (out.ready.size() + out.due.size() < request.limit) out.due.push_back(task->stored());
    }
    return out;
}

std::vector<FireRef> PlainLedger::mine(NodeNumber node) {
    std::vector<FireRef> out;
    for (const auto& [number, task] : tasks) {
        for (const auto& [key, fire] : task.open) {
            if (is_held(fire.state) && fire.owner == node) {
                out.push_back({.task = number, .key = fire.key, .token = fire.token});
            }
        }
    }
    return out;
}

Recovered PlainLedger::recover(NodeNumber dead, Instant now, NodeNumber by, bool everybody) {
    Recovered out;
    for (auto& [number, task] : tasks) {
        std::vector<FireKey> held;
        for (const auto& [key, fire] : task.open) {
            if (is_held(fire.state) && (fire.owner == dead || everybody)) held.push_back(fire.key);
        }
        for (const FireKey& key : held) {
            PlainFire& fire = *task.find(key);
            ++crashes[{key.uid, key.gen, key.kind, key.slot}];
            const Policies* const policies = task.removed ? nullptr : &task.definition->policies;
            const AfterCrash after = after_crash(fire.state, fire.crashes, policies);
            fire.crashes = after.crashes;
            if (after.again) {
                free_fire(fire, now);
                out.ready.push_back(open_fire(task, fire));
            } else {
                out.lost.push_back(open_fire(task, fire));
                end(task, fire, FireState::lost, Reason::crashed);
            }
        }
        if (!held.empty()) promote(task, now, by);
    }
    nodes.erase(dead);
    forget_removed();
    if (!out.ready.empty()) tell(by);
    return out;
}

}  // namespace uvsched::simulation
