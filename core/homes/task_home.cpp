#include "core/homes/task_home.hpp"

#include "core/homes/declaring.hpp"

namespace uvsched {

void TaskHome::declare(const std::vector<const NewTask*>& tasks) {
    for (const NewTask* task : tasks) {
        try {
            add(NewTask(*task), true);
        } catch (const Error& error) {
            if (error.code() != Code::conflict) throw;
            keep_out(*task, error);
        }
    }
}

void TaskHome::keep_out(const NewTask& task, const Error& conflict) {
    if (task.mode != AddMode::keep) throw Error(conflict);
    tell_kept(parts_.shared.notices, alias_, task.definition->id, conflict);
    const Lock lock(parts_.shared);
    if (task.spec.release) parts_.shared.releases.push_back(task.spec.release);
}

// What has not begun comes back when its turn comes.
void TaskHome::leave() noexcept {
    leaving_ = true;
    parts_.asker.forget(*this);
    parts_.runs.each([this](RunSlot& slot) {
        if (slot.store == number_ && !slot.begun) slot.dropped = true;
    });
}

Reason TaskHome::reason_of(const RunSlot& slot) const noexcept {
    const bool callable = slot.run.function != nullptr || parts_.dispatcher.is_queue(slot.executor);
    if (!callable && slot.end_state != FireState::missed) return Reason::not_callable;
    if (slot.end_state == FireState::missed) return Reason::misfire;
    return slot.end_state == FireState::cancelled ? Reason::cancelled : Reason::none;
}

PlannedMiss TaskHome::too_late(const Run& run) noexcept {
    return {.state = FireState::missed,
            .reason = Reason::misfire,
            .first = run.first,
            .last = run.scheduled,
            .count = run.folded,
            .exact = run.exact};
}

std::optional<Instant> TaskView::next_run() const {
    if (pending || state.status != TaskStatus::active || !state.next_due) return std::nullopt;
    return saturating_add(*state.next_due, to_wall_from(state.clock, to_wall));
}

}  // namespace uvsched
