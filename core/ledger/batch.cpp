#include "core/ledger/batch.hpp"

#include "core/ledger/fire_rules.hpp"

namespace uvsched {

bool Batch::empty() const noexcept {
    return finishes.empty() && releases.empty() && starts.empty() && adds.empty() && changes.empty() &&
           removes.empty() && runs.empty() && takes.empty() && claims.empty() && !shift;
}

OpenFire planned_fire(const PlannedRun& run, const TaskState& state) {
    OpenFire fire;
    fire.key = {state.uid, state.gen, FireKind::scheduled, run.slot};
    fire.last_slot = run.last;
    fire.folded = run.folded;
    fire.exact = run.exact;
    fire.state = run.waiting ? FireState::waiting : FireState::claimed;
    fire.token = kFirstToken;
    fire.attempt = 1;
    return fire;
}

void add_planned_fires(Claim& claim, const StoredTask& task) {
    for (const PlannedRun& run : claim.plan.runs) {
        claim.fires.push_back(planned_fire(run, task.state));
        claim.fires.back().task = task;
    }
}

void Batch::forget_answers() noexcept {
    for (Finish& finish : finishes) finish.outcome = Outcome::none;
    for (Release& release : releases) release.outcome = Outcome::none;
    for (Start& start : starts) start.outcome = Outcome::none;
    for (Add& add : adds) {
        add.result = Add::Result::none;
        add.task = {};
        add.before.reset();
        add.edited = false;
        add.dropped.clear();
    }
    for (Change& change : changes) {
        change.outcome = Outcome::none;
        change.task = {};
        change.dropped.clear();
    }
    for (Remove& remove : removes) {
        remove.outcome = Outcome::none;
        remove.removed = 0;
        remove.dropped.clear();
    }
    for (RunNow& run : runs) {
        run.outcome = Outcome::none;
        run.key = {};
    }
    for (Take& take : takes) {
        take.outcome = Outcome::none;
        take.token = 0;
    }
    for (Claim& claim : claims) {
        claim.outcome = Outcome::none;
        claim.fires.clear();
        claim.asking = {};
    }
}

}  // namespace uvsched
