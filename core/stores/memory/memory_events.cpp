// Fires of the scheduler's own life: of its start and of its shutdown.
#include <algorithm>

#include "core/stores/memory/memory_store.hpp"

namespace uvsched {
namespace {

TriggerKind trigger_of(FireKind kind) { return kind == FireKind::boot ? TriggerKind::boot : TriggerKind::shutdown; }

bool fires_now(const MemoryTask& task, FireKind kind) {
    return task.status == TaskStatus::active && task.definition->trigger->kind() == trigger_of(kind);
}

bool is_full(const MemoryTask& task) {
    return task.flying >= static_cast<std::uint32_t>(std::max(task.max_instances, 1));
}

}  // namespace

void MemoryStore::fire_events(FireKind kind, const Now& now) {
    Fires made;
    for (const MemoryIndex index : events_) {
        const MemoryTask& task = at(index);
        if (!fires_now(task, kind)) continue;
        // Starts that a clock set back puts at one instant are still two.
        const Instant slot = std::max(now.wall, saturating_add(task.hwm, 1));
        made.push_back(
            {.task = index, .key = {.uid = task.uid, .gen = task.gen, .kind = kind, .slot = slot}, .last = slot});
        if (is_full(task)) waiting_[index];
    }
    while (!made.empty()) {
        MemoryTask& task = at(made.front().task);
        Fires& to = is_full(task) ? waiting_.find(made.front().task)->second : ready_[task.executor];
        task.hwm = made.front().key.slot;
        ++task.busy;
        to.splice(to.end(), made, made.begin());
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

bool MemoryStore::any_shutdown() const { return shutdowns() > 0; }

std::size_t MemoryStore::shutdowns() const {
    std::size_t count = 0;
    const auto add = [&](const Fires& fires) {
        count += static_cast<std::size_t>(std::count_if(
            fires.begin(), fires.end(), [](const MemoryFire& fire) { return fire.key.kind == FireKind::shutdown; }));
    };
    for (const Fires& fires : ready_) add(fires);
    for (const auto& [task, fires] : waiting_) add(fires);
    return count;
}

std::size_t MemoryStore::shutdowns_to_come() const {
    return static_cast<std::size_t>(std::count_if(
        events_.begin(), events_.end(), [&](MemoryIndex index) { return fires_now(at(index), FireKind::shutdown); }));
}

void MemoryStore::drop_events(FireKind kind, const std::vector<bool>& drops, std::vector<MemoryMiss>& misses) {
    std::size_t most = 0;
    for (const Fires& fires : ready_) most += fires.size();
    for (const auto& [index, fires] : waiting_) most += fires.size();
    reserve_more(misses, most);
    history_.reserve(most);
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
    for (Fires& fires : ready_) std::erase_if(fires, drop);
    for (auto entry = waiting_.begin(); entry != waiting_.end();) {
        std::erase_if(entry->second, drop);
        entry = entry->second.empty() ? waiting_.erase(entry) : std::next(entry);
    }
}

}  // namespace uvsched
