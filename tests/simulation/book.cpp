#include "tests/simulation/book.hpp"

#include <algorithm>

#include "core/triggers/custom.hpp"

namespace uvsched::simulation {
namespace {

Micros period_of(const Trigger& trigger) {
    if (trigger.kind() == TriggerKind::custom) return std::stoll(static_cast<const CustomTrigger&>(trigger).name());
    return trigger.plain_period();
}

}  // namespace

void Book::note(const Definition& definition, const TaskState& state) {
    const Micros period = period_of(*definition.trigger);
    Present& task = tasks_[definition.id];
    const ScheduleKey key{state.uid, state.gen};
    if (!schedules_.contains(key)) {
        task = Present();
        task.key = key;
        Schedule& made = schedules_[key];
        made.task = definition.id;
        made.period = period;
    }
    Schedule& schedule = schedules_[key];
    const bool paused = state.status == TaskStatus::paused;
    if (!task.begun && state.next_slot) {
        task.begun = true;
        schedule.begin = *state.next_slot;
    }
    // Resumed on a clock that was set back, it begins earlier.
    if (schedule.begin && state.next_slot) schedule.begin = std::min(*schedule.begin, *state.next_slot);
    if (paused && !task.hole) {
        task.hole = schedule.holes.size();
        schedule.holes.push_back({.first = state.next_slot.value_or(kEarliest), .last = kLatest});
    }
    // What passed meanwhile is nobody's, also while its trigger was asked.
    if (!paused && task.hole && state.next_slot) {
        schedule.holes[*task.hole].last = *state.next_slot - period;
        task.hole.reset();
    }
}

void Book::lose_track(const std::string& id) {
    tasks_[id].begun = true;
    schedules_[tasks_[id].key].holes.emplace_back();
}

void Book::close(const std::string& id, const TaskState& state) {
    const auto found = tasks_.find(id);
    if (found == tasks_.end() || !found->second.begun || found->second.hole || !state.next_slot) return;
    schedules_[found->second.key].end = *state.next_slot;
}

void Book::ended_untold(const FireKey& key) { untold_[{key.uid, key.gen, key.kind, key.slot}] = kLatest; }

void Book::node_read(Micros elapsed) {
    for (auto& [key, until] : untold_) until = std::min(until, elapsed);
}

bool Book::is_untold(const Call& call) const {
    const FireKey& key = call.key;
    const auto found = untold_.find({key.uid, key.gen, key.kind, key.slot});
    return found != untold_.end() && call.began.elapsed <= found->second;
}

void Book::handed_out(const FireKey& key, std::uint64_t token) {
    std::uint64_t& last = tokens_[{key.uid, key.gen, key.kind, key.slot}];
    if (token <= last) {
        faults_.push_back("the token of fire " + std::to_string(key.slot) + " did not grow: " + std::to_string(last) +
                          ", then " + std::to_string(token));
    }
    last = token;
}

}  // namespace uvsched::simulation
