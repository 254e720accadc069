// Fires of the scheduler's own life: of its start and of its shutdown.
#include <algorithm>

#include "core/stores/memory/memory_store.hpp"

namespace uvsched {
namespace {

TriggerKind trigger_of(FireKind kind) { return kind == FireKind::boot ? TriggerKind::boot : TriggerKind::shutdown; }

}  // namespace

void MemoryStore::fire_events(FireKind kind, const Now& now) {
    for (const MemoryIndex index : events_) {
        MemoryTask& task = at(index);
        if (task.status != TaskStatus::active || task.definition->trigger->kind() != trigger_of(kind)) continue;
        // Starts that a clock set back puts at one instant are still two.
        const Instant slot = std::max(now.wall, saturating_add(task.hwm, 1));
        const MemoryFire fire{
            .task = index, .key = {.uid = task.uid, .gen = task.gen, .kind = kind, .slot = slot}, .last = slot};
        task.hwm = slot;
        ++task.busy;
        if (task.flying >= static_cast<std::uint32_t>(std::max(task.max_instances, 1))) {
            waiting_[index].push_back(fire);
        } else {
            make_ready(fire);
        }
    }
}

void MemoryStore::claim_shutdown(std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires) {
    for (std::size_t executor = 0; executor < ready_.size(); ++executor) {
        std::erase_if(ready_[executor], [&](MemoryFire& fire) {
            if (fire.key.kind != FireKind::shutdown || rooms[executor] == 0 || fires.size() >= limit) return false;
            begin(fire, rooms[executor], fires);
            return true;
        });
    }
}

bool MemoryStore::any_shutdown() const {
    const auto any = [](const std::deque<MemoryFire>& fires) {
        return std::any_of(fires.begin(), fires.end(),
                           [](const MemoryFire& fire) { return fire.key.kind == FireKind::shutdown; });
    };
    return std::any_of(ready_.begin(), ready_.end(), any) ||
           std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& entry) { return any(entry.second); });
}

void MemoryStore::drop_events(FireKind kind, const std::vector<bool>& drops, std::vector<MemoryMiss>& misses) {
    const auto drop = [&](const MemoryFire& fire) {
        MemoryTask& task = at(fire.task);
        if (fire.key.kind != kind || !drops[task.executor]) return false;
        --task.busy;
        misses.push_back({.task = fire.task,
                          .miss = {.state = FireState::skipped,
                                   .reason = Reason::cancelled,
                                   .first = fire.key.slot,
                                   .last = fire.last},
                          .kind = kind});
        return true;
    };
    for (std::deque<MemoryFire>& fires : ready_) std::erase_if(fires, drop);
    for (auto entry = waiting_.begin(); entry != waiting_.end();) {
        std::erase_if(entry->second, drop);
        entry = entry->second.empty() ? waiting_.erase(entry) : std::next(entry);
    }
}

}  // namespace uvsched
