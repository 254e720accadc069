#include <doctest/doctest.h>

#include "tests/core/time/seed.hpp"
#include "tests/stores/ledger_model.hpp"

using namespace ledger;

namespace {

// Does random things to a store and to the model of it, in batches of one to a few, and compares after each.
class Walk {
public:
    explicit Walk(Seeded& random) : random_(random) {}

    void step() {
        now_ += random_.between(1, kSecond);
        switch (random_.between(0, 12)) {
            case 0:
                return add();
            case 1:
                return set_status();
            case 2:
                return remove_one();
            case 3:
                return ask_for_run();
            case 4:
            case 5:
            case 6:
                return claim_one();
            case 11:
                return random_.between(0, 4) == 0 ? crash() : claim_one();
            default:
                return move_fire();
        }
    }

    void compare() {
        std::vector<FireKey> ready;
        for (const auto& [number, task] : model_.tasks) {
            for (const auto& [key, fire] : task.fires) {
                if (fire.state == FireState::ready) ready.push_back(task.full(key));
            }
            if (task.deleted) continue;
            const auto stored = store().get(task.id);
            REQUIRE(stored.has_value());
            CHECK(stored->number == number);
            CHECK(stored->state.uid == task.uid);
            CHECK(stored->state.gen == task.gen);
            CHECK(stored->state.rev == task.rev);
            CHECK(stored->state.next_slot == task.next_slot);
            CHECK(stored->state.hwm == task.hwm);
            CHECK(stored->state.status == task.status);
            CHECK(stored->state.runs == task.runs);
            CHECK(stored->open == static_cast<std::int32_t>(task.fires.size()));
        }
        const Look found = look(store(), kStart + 1000 * kDay, 10'000);
        CHECK(found.ready.size() == ready.size());
        for (const OpenFire& fire : found.ready) CHECK(std::count(ready.begin(), ready.end(), fire.key) == 1);
        std::map<std::string, int> endings;
        HistoryQuery all;
        all.limit = 100'000;
        for (const HistoryRow& row : store().history(all)) {
            ++endings[row.task_id + " " + state_text(row.state) + " " + reason_text(row.reason)];
        }
        CHECK(endings == model_.endings);
    }

private:
    Store& store() { return backend_.store(); }
    std::string any_id() { return std::string(1, static_cast<char>('a' + random_.between(0, 5))); }

    // Some batches fail at first, as on a full disk, and are applied again.
    void apply_batch(Batch& batch, const std::string& kind) {
        if (random_.between(0, 5) == 0) {
            backend_.failing_step = kind + (random_.between(0, 1) == 0 ? ".begin" : ".before_commit");
            bool failed = false;
            try {
                store().apply(batch);
            } catch (const Error&) {
                failed = true;
            }
            CHECK((failed || !backend_.place().commits_nothing()));
            backend_.failing_step.clear();
        }
        store().apply(batch);
    }

    Definition any_definition(const std::string& id) {
        Definition out = every(id, random_.between(1, 2) * kMinute);
        out.policies.max_instances = static_cast<std::int32_t>(random_.between(1, 2));
        out.policies.on_crash = random_.between(0, 1) == 0 ? OnCrash::rerun : OnCrash::mark_lost;
        out.policies.max_crashes = 2;
        return out;
    }

    void add() {
        const Definition definition = any_definition(any_id());
        const Micros period = definition.trigger->plain_period();
        Batch batch;
        batch.adds.push_back(adding(definition, now_ + kHour));  // never overdue when it is replaced
        const bool replaces = random_.between(0, 1) == 0;
        if (replaces) batch.adds[0].on_existing = OnExisting::replace;
        const Instant slot = *batch.adds[0].state.next_slot;
        apply_batch(batch, "add");
        const Add& answer = batch.adds[0];
        ModelTask* task = model_.find(definition.id);
        if (task == nullptr) {
            CHECK(answer.result == Add::Result::created);
            ModelTask& created = model_.tasks[answer.task.number];
            CHECK(created.uid == 0);
            created.id = definition.id;
            created.uid = answer.task.state.uid;
            created.next_slot = slot;
            created.period = period;
            created.policies = definition.policies;
            return;
        }
        if (task->period == period && task->policies == definition.policies) {
            CHECK(answer.result == Add::Result::unchanged);
        } else if (!replaces) {
            CHECK(answer.result == Add::Result::conflict);
        } else {
            CHECK(answer.result == Add::Result::replaced);
            replace(*task, period, slot);
            task->policies = definition.policies;
        }
    }

    void replace(ModelTask& task, Micros period, Instant slot) {
        ++task.rev;
        if (task.period == period) return;
        model_.skip_unstarted(task, Reason::replaced);
        task.period = period;
        ++task.gen;
        task.hwm = kEarliest;
        task.next_slot.reset();
        if (task.status == TaskStatus::paused) return;
        task.next_slot = slot;
        task.status = TaskStatus::active;
    }

    void set_status() {
        const std::string id = any_id();
        ModelTask* task = model_.find(id);
        TaskState state;
        if (task != nullptr) state = store().get(id)->state;
        state.status = random_.between(0, 1) == 0 ? TaskStatus::paused : TaskStatus::active;
        Batch batch;
        Change& change = batch.changes.emplace_back();
        change.id = id;
        change.state = state;
        apply_batch(batch, "change");
        CHECK(batch.changes[0].outcome == (task == nullptr ? Outcome::missing : Outcome::done));
        if (task == nullptr) return;
        ++task->rev;
        task->status = state.status;
    }

    void remove_one() {
        const std::string id = any_id();
        ModelTask* task = model_.find(id);
        Batch batch;
        batch.removes.push_back({.id = id, .now_wall = now_});
        apply_batch(batch, "remove");
        CHECK(batch.removes[0].outcome == (task == nullptr ? Outcome::missing : Outcome::done));
        if (task == nullptr) return;
        model_.skip_unstarted(*task, Reason::deleted);
        task->deleted = true;
    }

    void ask_for_run() {
        const std::string id = any_id();
        ModelTask* task = model_.find(id);
        Batch batch;
        RunNow& run = batch.runs.emplace_back(asking_for(id));
        run.now_wall = now_;
        apply_batch(batch, "run");
        CHECK(batch.runs[0].outcome == (task == nullptr ? Outcome::missing : Outcome::done));
        if (task == nullptr) return;
        const FireKey& key = batch.runs[0].key;
        CHECK(used_.insert({key.uid, key.gen, key.kind, key.slot}).second);
        ++task->rev;
        task->fires[{key.gen, key.kind, key.slot}] = {.state = FireState::ready};
    }

    void claim_one() {
        const std::string id = any_id();
        ModelTask* task = model_.find(id);
        if (task == nullptr) return;
        const std::optional<StoredTask> seen = store().get(id);
        REQUIRE(seen.has_value());
        if (!seen->state.next_slot) return;
        Batch batch;
        Claim claim = claiming(*seen, now_, task->period);
        const bool stale = random_.between(0, 7) == 0;
        const bool repeated = random_.between(0, 7) == 0 && task->hwm != kEarliest;
        const bool last = random_.between(0, 15) == 0;
        if (stale) --claim.rev;
        if (repeated) claim.plan.runs[0].slot = task->hwm;
        if (last) claim.plan.next_slot.reset();
        if (last) claim.plan.next_due.reset();
        PlannedRun& run = claim.plan.runs[0];
        run.waiting = static_cast<std::int32_t>(task->fires.size()) >= task->policies.max_instances;
        const Instant slot = run.slot;
        if (random_.between(0, 3) == 0) {
            PlannedMiss miss;
            miss.first = miss.last = slot;
            claim.plan.misses.push_back(miss);
        }
        batch.claims.push_back(claim);
        apply_batch(batch, "claim");
        const bool refused = stale || repeated;
        CHECK(batch.claims[0].outcome == (refused ? Outcome::refused : Outcome::done));
        if (refused) return;
        ++task->rev;
        task->hwm = slot;
        task->next_slot = claim.plan.next_slot;
        if (last) task->status = TaskStatus::finished;
        if (!claim.plan.misses.empty()) model_.record(id, FireState::missed, Reason::misfire);
        task->fires[{task->gen, FireKind::scheduled, slot}] = {
            .state = claim.plan.runs[0].waiting ? FireState::waiting : FireState::claimed};
        CHECK(used_.insert({task->uid, task->gen, FireKind::scheduled, slot}).second);
    }

    // A take, start, finish or release of any fire, often in the wrong state or with the wrong token.
    void move_fire() {
        std::vector<std::pair<TaskNumber, ModelKey>> all;
        for (const auto& [number, task] : model_.tasks) {
            for (const auto& [key, fire] : task.fires) all.emplace_back(number, key);
        }
        if (all.empty()) return;
        const auto& [number, key] =
            all[static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(all.size()) - 1))];
        ModelTask& task = model_.tasks.at(number);
        ModelFire& fire = task.fires.at(key);
        const bool wrong = random_.between(0, 6) == 0;
        const FireRef ref{.task = number, .key = task.full(key), .token = fire.token + (wrong ? 1 : 0)};
        switch (random_.between(0, 6)) {
            case 0:
            case 1:
                return take(ref, fire, wrong);
            case 2:
            case 3:
                return start_one(ref, task, fire, wrong);
            case 4:
                return release_one(ref, task, key, wrong);
            default:
                return finish_one(ref, task, key, wrong);
        }
    }

    void take(const FireRef& ref, ModelFire& fire, bool wrong) {
        Batch batch;
        batch.takes.push_back({.fire = ref, .now_wall = now_});
        apply_batch(batch, "take");
        const bool good = !wrong && fire.state == FireState::ready;
        CHECK(batch.takes[0].outcome == (good ? Outcome::done : Outcome::refused));
        if (!good) return;
        fire.state = FireState::claimed;
        ++fire.token;
        CHECK(batch.takes[0].token == fire.token);
    }

    void start_one(const FireRef& ref, ModelTask& task, ModelFire& fire, bool wrong) {
        Batch batch;
        batch.starts.push_back({.fire = ref, .now_wall = now_});
        apply_batch(batch, "start");
        const bool good = !wrong && (fire.state == FireState::claimed || fire.state == FireState::running);
        CHECK(batch.starts[0].outcome == (good ? Outcome::done : Outcome::refused));
        if (good && fire.state == FireState::claimed) ++task.runs;
        if (good) fire.state = FireState::running;
    }

    void release_one(const FireRef& ref, ModelTask& task, const ModelKey& key, bool wrong) {
        ModelFire& fire = task.fires.at(key);
        Batch batch;
        batch.releases.push_back({.fire = ref, .now_wall = now_});
        apply_batch(batch, "release");
        const bool good = !wrong && (fire.state == FireState::claimed || fire.state == FireState::running);
        CHECK(batch.releases[0].outcome == (good ? Outcome::done : Outcome::refused));
        if (!good) return;
        if (task.deleted) return model_.end(task, key, FireState::skipped, Reason::deleted);
        if (fire.state == FireState::running) --task.runs;
        fire.state = FireState::ready;
        ++fire.token;
    }

    void finish_one(const FireRef& ref, ModelTask& task, const ModelKey& key, bool wrong) {
        const ModelFire fire = task.fires.at(key);
        const FireState to = random_.between(0, 2) == 0 ? FireState::cancelled : FireState::done;
        Batch batch;
        batch.finishes.push_back(finishing(ref, to, now_));
        apply_batch(batch, "finish");
        const bool good = !wrong && (fire.state == FireState::claimed || fire.state == FireState::running);
        CHECK(batch.finishes[0].outcome == (good ? Outcome::done : Outcome::refused));
        if (!good) return;
        model_.end(task, key, to, Reason::none);
        if (!task.deleted) model_.promote(task);
        if (random_.between(0, 3) == 0) CHECK(finish(store(), ref, to, now_) == Outcome::done);
    }

    void crash() {
        backend_.reopen(now_);
        model_.crash();
    }

    Backend backend_;
    Seeded& random_;
    LedgerModel model_;
    Instant now_ = kStart;
    std::set<std::tuple<Uid, std::uint32_t, FireKind, std::int64_t>> used_;  // keys ever claimed
};

}  // namespace

TEST_CASE("random operations do what the model of the ledger says") {
    Seeded random;
    CAPTURE(random.seed);
    for (int walk = 0; walk < 8; ++walk) {
        Walk both(random);
        for (int step = 0; step < 400; ++step) {
            CAPTURE(step);
            both.step();
            if (step % 20 == 19) both.compare();
        }
    }
}
