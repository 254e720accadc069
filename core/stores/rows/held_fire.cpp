#include "core/stores/rows/held_fire.hpp"

#include <memory>

namespace uvsched {

void HeldFire::judge() {
    const Definition* const definition = task.definition.get();
    after = after_crash(row.state, row.crashes, definition == nullptr ? nullptr : &definition->policies);
}

void tell_recovered(const HeldFire& fire, Recovered& out) {
    OpenFire& report = (fire.after.again ? out.ready : out.lost).emplace_back(open_fire(fire.row, fire.uid));
    report.state = fire.after.again ? FireState::ready : FireState::lost;
    report.crashes = fire.after.crashes;
    if (fire.after.again) ++report.token;
    report.task = fire.task;
    if (report.task.definition) return;
    const auto deleted = std::make_shared<Definition>();  // all that is known of a task that was deleted
    deleted->id = deleted->name = fire.task_id;
    report.task.definition = deleted;
}

std::vector<const HeldFire*> HeldFires::all() const {
    std::vector<const HeldFire*> out;
    for (const auto& [task, held] : tasks_) {
        for (const HeldFire& fire : held.fires) out.push_back(&fire);
    }
    return out;
}

}  // namespace uvsched
