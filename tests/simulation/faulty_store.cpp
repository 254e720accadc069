#include "tests/simulation/faulty_store.hpp"

#include <algorithm>
#include <utility>

namespace uvsched::simulation {
namespace {

constexpr Micros kAhead = kSecond;

class FaultyStore final : public Store {
    // Makes a request, or not, or loses its reply, as the weather has it.
    template <class Work>
    auto call(bool may_lose, Work&& work) {
        using Luck = Weather::Luck;
        const Luck luck = around_.weather.next(may_lose);
        if (luck == Luck::fails || luck == Luck::dies_before) fail(Code::store, "the simulated request failed");
        auto answer = work();
        if (luck != Luck::good) throw MaybeDone("the reply to the simulated request was lost");
        return answer;
    }

public:
    FaultyStore(std::unique_ptr<Store> real, Surroundings around)
        : real_(std::move(real)), around_(std::move(around)) {}

    Opened open(const OpenRequest& request) override {
        if (planted(Planted::crash_uncounted))
            around_.edit("UPDATE open SET state = 'claimed' WHERE state = 'running'");
        return real_->open(request);
    }
    void close() noexcept override { real_->close(); }
    void check() override { real_->check(); }
    std::shared_ptr<Membership> membership() override { return real_->membership(); }

    [[nodiscard]] Now now(const Now& here) const override {
        if (!planted(Planted::clock_ahead)) return here;
        return {.wall = here.wall + kAhead, .elapsed = here.elapsed + kAhead};
    }

    Look look(const LookRequest& request) override {
        Look found = call(false, [&] { return real_->look(request); });
        if (planted(Planted::overlap_uncounted)) {
            for (StoredTask& task : found.due) task.open = 0;
        }
        return found;
    }

    void apply(Batch& batch) override;

    Recovered recover(NodeNumber dead, Instant now, std::size_t limit) override {
        if (around_.weather.dead()) fail(Code::store, "the simulated process is dead");  // and gives nothing back
        return real_->recover(dead, now, limit);
    }
    void recall(Claim& claim) override {
        call(false, [&] {
            real_->recall(claim);
            return true;
        });
    }
    std::vector<FireRef> mine() override {
        std::vector<FireRef> fires = call(false, [&] { return real_->mine(); });
        around_.book.node_read(around_.elapsed());
        if (planted(Planted::mine_empty)) fires.clear();
        return fires;
    }
    Quarantined set_apart(TaskNumber task, const std::string& why) override { return real_->set_apart(task, why); }
    Wake next_wake(std::span<const LaneNumber> lanes) override {
        if (planted(Planted::wake_lost) && around_.chance.one_in(3)) return {};
        return call(false, [&] { return real_->next_wake(lanes); });
    }
    std::vector<Lane> lanes() override { return real_->lanes(); }
    std::uint64_t changes() override { return real_->changes(); }
    std::vector<StoredTask> asking() override {
        if (planted(Planted::asking_forgotten)) return {};
        return real_->asking();
    }
    bool prune(Instant now) override { return real_->prune(now); }

    std::optional<StoredTask> get(const std::string& id) override {
        return call(false, [&] { return real_->get(id); });
    }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        return real_->list(after, limit, finished);
    }
    TaskCounts counts() override { return real_->counts(); }
    std::vector<HistoryRow> history(const HistoryQuery& query) override { return real_->history(query); }
    std::vector<std::string> declared_at_start() override { return real_->declared_at_start(); }

private:
    [[nodiscard]] bool planted(Planted fault) const noexcept { return around_.planted == fault; }

    void spoil(Batch& batch);
    void keep_book(const Batch& batch);
    void note_untold(const Batch& answered);
    void take_away(const Batch& batch);

    const std::unique_ptr<Store> real_;
    const Surroundings around_;
};

// What is planted in the requests, before they are written.
void FaultyStore::spoil(Batch& batch) {
    for (Claim& claim : batch.claims) {
        if (planted(Planted::miss_forgotten)) claim.plan.misses.clear();
        for (PlannedRun& run : claim.plan.runs) {
            if (planted(Planted::fold_forgotten) && run.folded > 1) {
                run.slot = run.last;
                run.folded = 1;
            }
        }
    }
}

void FaultyStore::apply(Batch& batch) {
    spoil(batch);
    // What is held back is answered as if it had been written.
    std::vector<Start> starts;
    std::vector<Finish> finishes;
    if (planted(Planted::start_not_written)) starts.swap(batch.starts);
    if (planted(Planted::finish_ignored)) finishes.swap(batch.finishes);
    const auto give_back = [&] {
        if (planted(Planted::start_not_written)) batch.starts.swap(starts);
        if (planted(Planted::finish_ignored)) batch.finishes.swap(finishes);
    };
    Batch answered = batch;
    try {
        batch = call(true, [&] {
            real_->apply(answered);
            keep_book(answered);
            return answered;
        });
    } catch (const MaybeDone&) {
        note_untold(answered);
        give_back();
        throw;
    } catch (...) {
        give_back();
        throw;
    }
    give_back();
    for (Start& start : batch.starts) {
        const bool refused = planted(Planted::gate_without_token) && start.outcome == Outcome::refused;
        if (planted(Planted::start_not_written) || refused) start.outcome = Outcome::done;
    }
    if (planted(Planted::finish_ignored)) {
        for (Finish& finish : batch.finishes) finish.outcome = Outcome::done;
    }
    if (planted(Planted::gate_without_token)) take_away(batch);
    for (const Claim& claim : batch.claims) {
        if (!planted(Planted::hwm_not_raised) || claim.outcome != Outcome::done || claim.plan.runs.empty()) continue;
        if (!around_.chance.one_in(4)) continue;
        const std::string slot = std::to_string(claim.plan.runs.front().slot);
        around_.edit("UPDATE sched SET hwm = NULL, next_slot = " + slot + ", next_due = " + slot +
                     " WHERE n = " + std::to_string(claim.task));
    }
}

// As another node does that took this one for dead: some fires that were just claimed are ready again, under the next
// token. Only the gate keeps them from being called twice.
void FaultyStore::take_away(const Batch& batch) {
    for (const Claim& claim : batch.claims) {
        for (const OpenFire& fire : claim.fires) {
            if (fire.state != FireState::claimed || !around_.chance.one_in(4)) continue;
            around_.edit(
                "UPDATE open SET state = 'ready', ready_at = 0, owner = NULL, "
                "token = token + 1, claimed_at = NULL WHERE n = " +
                std::to_string(claim.task) + " AND token = " + std::to_string(fire.token) +
                " AND slot = " + std::to_string(fire.key.slot));
        }
    }
}

// What ended unstarted, although the one who has it will not hear of that.
void FaultyStore::note_untold(const Batch& answered) {
    const auto note = [this](const std::vector<Dropped>& dropped) {
        for (const Dropped& each : dropped) {
            if (each.fire) around_.book.ended_untold(*each.fire);
        }
    };
    for (const Add& add : answered.adds) note(add.dropped);
    for (const Change& change : answered.changes) note(change.dropped);
    for (const Remove& remove : answered.removes) note(remove.dropped);
}

void FaultyStore::keep_book(const Batch& batch) {
    for (const Add& add : batch.adds) {
        const bool written = add.result == Add::Result::created || add.result == Add::Result::replaced;
        if (written) around_.book.note(*add.task.definition, add.task.state);
    }
    for (const Change& change : batch.changes) {
        if (change.outcome == Outcome::done) around_.book.note(*change.task.definition, change.task.state);
    }
    for (const Take& take : batch.takes) {
        if (take.outcome == Outcome::done) around_.book.handed_out(take.fire.key, take.token);
    }
    for (const Claim& claim : batch.claims) {
        for (const OpenFire& fire : claim.fires) around_.book.handed_out(fire.key, fire.token);
    }
}

}  // namespace

std::unique_ptr<Store> make_faulty_store(std::unique_ptr<Store> real, Surroundings around) {
    return std::make_unique<FaultyStore>(std::move(real), std::move(around));
}

}  // namespace uvsched::simulation
