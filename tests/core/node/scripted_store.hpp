// A durable store that does as a test says, and a node over it that the test pumps: no thread, no file, no clock.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/memory.hpp"
#include "core/node/store_node.hpp"
#include "core/triggers/interval.hpp"
#include "tests/core/node/scripted_membership.hpp"

namespace uvsched::test {

inline FireRef fire_of(TaskNumber task, std::uint64_t token = 1) {
    FireRef ref;
    ref.task = task;
    ref.token = token;
    return ref;
}

inline Finish finish_of(TaskNumber task) {
    Finish finish;
    finish.fire = fire_of(task);
    return finish;
}

inline RunNow run_of(const std::string& id) {
    RunNow run;
    run.id = id;
    return run;
}

inline StoredTask due_task(TaskNumber number, Instant due, std::int32_t open) {
    Definition definition;
    definition.id = "t";
    IntervalOptions options;
    options.period = kHour;
    options.start_at = due;
    definition.trigger = make_interval_trigger(options);
    StoredTask task;
    task.number = number;
    task.definition = std::make_shared<const Definition>(std::move(definition));
    task.state.uid = 1;
    task.state.rev = 5;
    task.state.anchor = due;
    task.state.next_slot = task.state.next_due = due;
    task.open = open;
    return task;
}

// What the store did, in order, in the words of `log`.
struct ScriptedStore final : Store {
    static constexpr NodeNumber kSelf = 77;

    std::vector<std::string> log;
    std::function<void(Batch&)> on_apply = [](Batch&) {};
    std::vector<FireRef> opened_for;
    std::vector<FireRef> held;
    std::vector<Lane> known;
    std::vector<StoredTask> unasked;
    Micros lease = 0;
    std::shared_ptr<ScriptedMembership> members;
    std::function<Recovered(NodeNumber)> on_recover = [](NodeNumber) { return Recovered(); };
    std::uint64_t changed = 0;  // by other nodes
    Look found;
    std::vector<std::size_t> skips;  // of the looks
    Outcome of_claims = Outcome::done;
    Micros ahead = 0;  // of the store's clock
    int pieces_to_prune = 0;
    std::function<void()> on_look = [] {};
    std::function<void(Claim&)> on_recall = [](Claim& claim) { claim.outcome = Outcome::refused; };
    std::function<void()> on_check = [] {};
    std::function<void()> on_wake = [] {};
    bool open_fails = false;

    Opened open(const OpenRequest& request) override {
        log.emplace_back("open");
        opened_for = request.ours;
        if (open_fails) throw Error(Code::busy, "somebody has it");
        Opened opened;
        opened.node = kSelf;
        opened.lease = lease;
        return opened;
    }
    std::shared_ptr<Membership> membership() override { return members; }
    void close() noexcept override { log.emplace_back("close"); }
    void check() override { on_check(); }
    Look look(const LookRequest& request) override {
        log.emplace_back("look");
        skips.push_back(request.skip);
        found.now = {.wall = saturating_add(request.wall, ahead), .elapsed = saturating_add(request.elapsed, ahead)};
        on_look();
        return found;
    }
    void apply(Batch& batch) override {
        log.emplace_back("apply");
        on_apply(batch);
        for (Finish& finish : batch.finishes) finish.outcome = Outcome::done;
        for (RunNow& run : batch.runs) run.outcome = Outcome::done;
        for (Claim& claim : batch.claims) claim.outcome = of_claims;
    }
    Recovered recover(NodeNumber dead, Instant, std::size_t) override {
        log.push_back("recover " + std::to_string(dead));
        return on_recover(dead);
    }
    void recall(Claim& claim) override {
        log.emplace_back("recall");
        on_recall(claim);
    }
    std::vector<FireRef> mine() override {
        log.emplace_back("mine");
        return held;
    }
    Quarantined set_apart(TaskNumber task, const std::string& why) override {
        log.emplace_back("set_apart");
        return {.id = std::to_string(task), .why = why};
    }
    Wake next_wake(std::span<const LaneNumber> lanes) override {
        on_wake();
        return {.wall = lanes.front(), .elapsed = {}};
    }
    std::vector<Lane> lanes() override {
        log.emplace_back("lanes");
        return known;
    }
    std::uint64_t changes() override { return changed; }
    std::vector<StoredTask> asking() override { return unasked; }
    std::optional<StoredTask> get(const std::string&) override { return std::nullopt; }
    std::vector<StoredTask> list(const std::string&, std::size_t, bool) override { return {}; }
    TaskCounts counts() override { return {}; }
    std::vector<std::string> declared_at_start() override { return {}; }
    std::vector<HistoryRow> history(const HistoryQuery&) override { return {}; }
    bool prune(Instant) override {
        log.emplace_back("prune");
        return --pieces_to_prune > 0;
    }

    [[nodiscard]] std::ptrdiff_t times(const std::string& what) const {
        return std::count(log.begin(), log.end(), what);
    }
};

// Time is what the test says. Replies are kept, with the words of a request.
struct PumpedNode {
    using Time = StoreNode::Time;
    static constexpr Time kBegin{std::chrono::hours(1)};

    ScriptedStore* store = new ScriptedStore;
    int wakes = 0;
    int rings = 0;
    std::vector<std::pair<std::string, StoreReply>> replies;
    std::vector<std::string> told;
    std::vector<FireRef> at_work;
    FireSet held;
    std::function<void()> while_asked = [] {};
    std::function<void()> on_lanes = [] {};
    bool reopens = true;
    Now present{.wall = 1'000 * kSecond, .elapsed = 1'000 * kSecond};
    Time now = kBegin;
    StoreNode node{std::unique_ptr<Store>(store),
                   hooks(),
                   {.node = [this] { ++wakes; }, .heartbeat = [this] { ++rings; }, .watched = true}};

    PumpedNode() {
        node.begin();
        open();
    }
    void open() {
        node.open({});
        store->log.clear();
    }

    StoreHooks hooks() {
        StoreHooks hooks;
        hooks.now = [this] { return present; };
        hooks.elapsed = [this] {
            return std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
        };
        hooks.wakes = [this](const GroupWakes& found) {
            for (const Store::Wake& wake : found.wakes) told.push_back("wake " + std::to_string(wake.wall.value_or(0)));
        };
        hooks.lanes = [this](std::vector<Lane>&& lanes) {
            told.push_back("lanes " + std::to_string(lanes.size()));
            on_lanes();
        };
        hooks.failed = [this](const Error& error) { insist([&] { told.push_back("failed: " + error.message()); }); };
        hooks.lost = [this](const StoreLost& lost) {
            told.push_back("lost: " + lost.message());
            return reopens;
        };
        hooks.made = [this](StoreReply&& reply) {
            insist([&] { told.emplace_back("made"); });
            replies.emplace_back("made", std::move(reply));
        };
        hooks.held = [this](const FireSet& fires) { held = fires; };
        hooks.asking = [this](const std::vector<StoredTask>& tasks) {
            for (const StoredTask& task : tasks) told.push_back("asking " + std::to_string(task.number));
        };
        hooks.at_work = [this] {
            while_asked();
            return at_work;
        };
        hooks.reopened = [this](const Joined&) { told.emplace_back("reopened"); };
        hooks.outcast = [this](const NodeLost&) { told.emplace_back("outcast"); };
        hooks.rejoined = [this](const Joined&) { told.emplace_back("rejoined"); };
        hooks.taken_over = [this](const Recovered& left) {
            told.push_back("taken over " + std::to_string(left.ready.size()));
        };
        hooks.renewed = [this] { told.emplace_back("renewed"); };
        hooks.lease_passed = [this] { told.emplace_back("lease passed"); };
        hooks.recovered = [this] { insist([&] { told.emplace_back("recovered"); }); };
        hooks.trigger_failed = [this](const std::string& what) { told.push_back("trigger: " + what); };
        hooks.dropped = [this](const Dropped& fire) { told.push_back("dropped: " + fire.id); };
        hooks.quarantined = [this](const Quarantined& task) { insist([&] { told.push_back("apart: " + task.id); }); };
        return hooks;
    }

    void set_group(LaneNumber lane) {
        node.set_groups(
            std::make_shared<const std::vector<LaneGroup>>(std::vector<LaneGroup>{{.executor = 0, .lanes = {lane}}}));
    }
    StoreRequest request(const std::string& name, bool retry = false) {
        StoreRequest made;
        made.retry = retry;
        made.done = [this, name](StoreReply&& reply) {
            told.push_back(name);
            replies.emplace_back(name, std::move(reply));
        };
        return made;
    }
    void post_run(const std::string& name) {
        StoreRequest made = request(name);
        made.batch.runs.push_back(run_of(name));
        node.post(std::move(made));
    }
    void post_finish(const std::string& name, TaskNumber task) {
        StoreRequest made = request(name, true);
        made.batch.finishes.push_back(finish_of(task));
        node.post(std::move(made));
    }
    Time pump() { return node.pump(now); }
    // As long as it does something.
    void beat_and_pump() {
        node.heartbeat().pump();
        while (pump() <= now) {
        }
    }
    Time pump_after(std::chrono::milliseconds span) {
        now += span;
        return pump();
    }
    // How long it then need not be pumped.
    Time::duration pause_after(std::chrono::milliseconds span) {
        const Time until = pump_after(span);
        return until - now;
    }
    std::vector<std::string> take_told() { return std::exchange(told, {}); }
};

}  // namespace uvsched::test
