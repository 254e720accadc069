// What a claim has made whose answer was lost.
#include <algorithm>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/mongodb/store_steps.hpp"

namespace uvsched::mongodb {

void recall(Database& db, Claim& claim) {
    claim.outcome = Outcome::refused;
    claim.fires.clear();
    claim.asking = {};
    static_cast<void>(db.enter(Who::nodes, kEarliest));
    for (TaskDocument& task : db.read_tasks({{"_id", claim.task}, {"gone", false}})) {
        if (task.fault()) return;  // the next look sets the task apart
        TaskRow row = task.row();
        row.open = task.open_fires();
        const StoredTask stored = db.definitions_of({row}).stored(row);
        bool made = claim.plan.runs.empty() && is_as_planned(claim.plan, claim.rev, row.state);
        for (const OpenRow& fire : task.fires()) {
            if (fire.claim != claim.id) continue;
            made = true;
            if (!is_held(fire.fire.state) || fire.fire.owner != db.node) continue;
            claim.fires.push_back(open_fire(fire.fire, row.state.uid));
            claim.fires.back().task = stored;
        }
        std::ranges::sort(claim.fires, {}, [](const OpenFire& fire) { return fire.key.slot; });
        if (made) claim.outcome = Outcome::done;
    }
}

}  // namespace uvsched::mongodb
