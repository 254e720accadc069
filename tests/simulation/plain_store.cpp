#include "tests/simulation/plain_store.hpp"

#include <algorithm>
#include <utility>

namespace uvsched::simulation {
namespace {

using Planted = PlantedAmongNodes;

// Real nodes draw their numbers, and the numbers of their claims follow from those: no two nodes share one.
constexpr NodeNumber kNodesApart = 1'000'000;

// What the store and the membership of one opening share.
struct Opening {
    explicit Opening(PlainSurroundings all) : around(std::move(all)) {}

    const PlainSurroundings around;
    NodeNumber node = 0;
    bool open = false;
    Micros beaten = 0;  // when the last beat was asked for that was answered

    [[nodiscard]] bool planted(Planted fault) const noexcept { return around.planted == fault; }
    [[nodiscard]] bool stands() const { return around.ledger.nodes.contains(node); }

    // Makes a request, or not, or loses its reply; the process may be stopped before and after it.
    template <class Work>
    auto call(bool may_lose, Work&& work) {
        using Luck = Weather::Luck;
        around.linger();
        const Luck luck = around.weather.next(may_lose);
        if (luck == Luck::fails || luck == Luck::dies_before) fail(Code::store, "the simulated request failed");
        auto answer = work();
        around.linger();
        if (luck != Luck::good) throw MaybeDone("the reply to the simulated request was lost");
        return answer;
    }
};

class PlainMembership final : public Membership {
public:
    explicit PlainMembership(std::shared_ptr<Opening> opening) : opening_(std::move(opening)), node_(opening_->node) {}

    BeatAnswer beat() override {
        const PlainSurroundings& around = opening_->around;
        const Micros asked = around.time();
        return opening_->call(false, [&] {
            BeatAnswer answer;
            const auto own = around.ledger.nodes.find(node_);
            answer.standing = own != around.ledger.nodes.end();
            if (!answer.standing) return answer;
            if (!opening_->planted(Planted::beats_uncounted)) ++own->second.count;
            if (!opening_->planted(Planted::changes_untold)) answer.changes = around.ledger.changes - own->second.own;
            for (const auto& [number, node] : around.ledger.nodes) {
                if (number == node_) continue;
                const bool taken_for_dead = opening_->planted(Planted::dead_at_one_look) && around.chance.one_in(10);
                answer.peers.push_back({.node = number, .count = node.count, .gone = node.gone || taken_for_dead});
            }
            opening_->beaten = asked;
            around.leases.renewed(node_, asked, around.time());
            return answer;
        });
    }

private:
    const std::shared_ptr<Opening> opening_;
    const NodeNumber node_;
};

class PlainStore final : public Store {
public:
    explicit PlainStore(PlainSurroundings around) : opening_(std::make_shared<Opening>(std::move(around))) {}

    Opened open(const OpenRequest& /*request*/) override {
        const Micros asked = around().time();
        return opening_->call(false, [&] {
            PlainLedger& ledger = around().ledger;
            Opened opened;
            opened.node = opening_->node = ledger.last_node += kNodesApart;
            opened.store_hash = 1;
            opened.lease = around().leases.lease() * (opening_->planted(Planted::lease_too_long) ? 4 : 1);
            for (const auto& [number, node] : ledger.nodes) {
                if (node.gone) opened.dead.push_back(number);
            }
            ledger.nodes[opening_->node] = {};
            opening_->open = true;
            opening_->beaten = asked;
            around().leases.renewed(opening_->node, asked, around().time());
            around().joined(opening_->node);
            return opened;
        });
    }
    void close() noexcept override {
        if (!std::exchange(opening_->open, false)) return;
        around().leases.ended(opening_->node);
        const auto row = around().ledger.nodes.find(opening_->node);
        if (row != around().ledger.nodes.end()) row->second.gone = around().tells_gone;
    }
    std::shared_ptr<Membership> membership() override { return std::make_shared<PlainMembership>(opening_); }

    Now now(const Now& here) const override {
        const std::optional<Instant> own = opening_->planted(Planted::clock_of_node) ? std::nullopt : around().clock();
        return own ? Now{.wall = *own, .elapsed = *own} : here;
    }

    Look look(const LookRequest& request) override {
        return opening_->call(false, [&] {
            LookRequest timed = request;
            const Now present = now({.wall = request.wall, .elapsed = request.elapsed});
            timed.wall = present.wall;
            timed.elapsed = present.elapsed;
            return around().ledger.look(timed);
        });
    }

    void apply(Batch& batch) override {
        batch = opening_->call(true, [&] {
            test_row();
            Batch answered = batch;
            set_time(answered);
            if (opening_->planted(Planted::takes_uncompared)) give_up(answered.takes);
            around().ledger.compares = !opening_->planted(Planted::claims_uncompared);
            around().ledger.apply(answered, opening_->node);
            keep_book(answered);
            return answered;
        });
    }

    Recovered recover(NodeNumber dead, Instant now, std::size_t /*limit*/) override {
        return opening_->call(true, [&] {
            if (dead != opening_->node) {
                test_row();
                if (around().leases.seemed_held(dead, opening_->beaten)) {
                    around().fault("node " + std::to_string(dead) + " was taken for dead, and its lease held");
                }
            }
            return recovered(dead, around().clock().value_or(now));
        });
    }

    void recall(Claim& claim) override {
        opening_->call(false, [&] {
            test_row();
            around().ledger.recall(claim, opening_->node);
            if (opening_->planted(Planted::answers_forgotten)) {
                claim.outcome = Outcome::refused;
                claim.fires.clear();
            }
            return true;
        });
    }
    std::vector<FireRef> mine() override {
        return opening_->call(false, [&] {
            test_row();
            if (opening_->planted(Planted::answers_forgotten)) return std::vector<FireRef>();
            return around().ledger.mine(opening_->node);
        });
    }
    Quarantined set_apart(TaskNumber task, const std::string& why) override {
        return {.id = std::to_string(task), .why = why};
    }
    Wake next_wake(std::span<const LaneNumber> /*lanes*/) override {
        return opening_->call(false, [&] {
            Wake wake;
            const auto keep_earlier = [](std::optional<Instant>& earliest, Instant at) {
                earliest = std::min(earliest.value_or(kLatest), at);
            };
            for (const auto& [number, task] : around().ledger.tasks) {
                if (task.removed) continue;
                if (task.state.next_due) keep_earlier(wake.wall, *task.state.next_due);
                for (const auto& [key, fire] : task.open) {
                    if (fire.state == FireState::ready) keep_earlier(wake.wall, fire.ready_at);
                }
            }
            return wake;
        });
    }
    std::vector<Lane> lanes() override {
        for (const auto& [number, task] : around().ledger.tasks) {
            if (task.removed) continue;
            Lane lane;
            lane.number = 1;
            lane.executor = task.definition->executor;
            lane.function = task.definition->function;
            lane.example = number;
            lane.example_id = task.definition->id;
            return {lane};
        }
        return {};
    }
    std::uint64_t changes() override {
        if (opening_->planted(Planted::changes_untold)) return 0;
        const auto own = around().ledger.nodes.find(opening_->node);
        return around().ledger.changes - (own == around().ledger.nodes.end() ? 0 : own->second.own);
    }
    std::vector<StoredTask> asking() override { return {}; }
    bool prune(Instant /*now*/) override { return false; }

    std::optional<StoredTask> get(const std::string& id) override {
        const PlainTask* const task = around().ledger.find(id);
        return task == nullptr ? std::nullopt : std::optional(task->stored());
    }
    std::vector<StoredTask> list(const std::string& /*after*/, std::size_t /*limit*/, bool /*finished*/) override {
        return {};
    }
    TaskCounts counts() override { return {}; }
    std::vector<HistoryRow> history(const HistoryQuery& /*query*/) override { return {}; }
    std::vector<std::string> declared_at_start() override { return {}; }

private:
    [[nodiscard]] const PlainSurroundings& around() const noexcept { return opening_->around; }

    void test_row() const {
        if (opening_->stands() || opening_->planted(Planted::row_untested)) return;
        throw NodeLost("the row of the simulated node is gone");
    }

    Recovered recovered(NodeNumber dead, Instant now) {
        PlainLedger& ledger = around().ledger;
        if (opening_->planted(Planted::recovery_forgets)) {
            ledger.nodes.erase(dead);
            return {};
        }
        if (opening_->planted(Planted::recovery_runs_lost)) {
            for (auto& [number, task] : ledger.tasks) {
                for (auto& [key, fire] : task.open) {
                    if (fire.state == FireState::running && fire.owner == dead) fire.state = FireState::claimed;
                }
            }
        }
        return ledger.recover(dead, now, opening_->node, opening_->planted(Planted::recovery_of_everybody));
    }

    // A store with a clock of its own does not believe those of nodes.
    void set_time(Batch& batch) const {
        const auto set = [now = around().clock()](auto& requests) {
            for (auto& request : requests) request.now_wall = now.value_or(request.now_wall);
        };
        set(batch.finishes);
        set(batch.releases);
        set(batch.changes);
        set(batch.removes);
        set(batch.runs);
        set(batch.takes);
    }

    // What others have taken is ready once more, for these.
    void give_up(const std::vector<Take>& takes) {
        for (const Take& take : takes) {
            PlainTask* const task = around().ledger.find(take.fire);
            PlainFire* const fire = task == nullptr ? nullptr : task->find(take.fire.key);
            if (fire == nullptr || fire->token <= take.fire.token) continue;
            fire->state = FireState::ready;
            fire->token = take.fire.token;
        }
    }

    void keep_book(const Batch& batch) {
        for (const Add& add : batch.adds) {
            if (add.result == Add::Result::created) around().book.note(*add.task.definition, add.task.state);
        }
        for (const Change& change : batch.changes) {
            if (change.outcome == Outcome::done) around().book.note(*change.task.definition, change.task.state);
        }
        for (const Take& take : batch.takes) {
            if (take.outcome == Outcome::done) around().book.handed_out(take.fire.key, take.token);
        }
        for (const Claim& claim : batch.claims) {
            for (const OpenFire& fire : claim.fires) around().book.handed_out(fire.key, fire.token);
        }
    }

    const std::shared_ptr<Opening> opening_;
};

}  // namespace

std::unique_ptr<Store> make_plain_store(PlainSurroundings around) {
    return std::make_unique<PlainStore>(std::move(around));
}

}  // namespace uvsched::simulation
