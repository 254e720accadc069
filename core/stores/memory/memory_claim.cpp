// The claim of the memory store: the hot path of a fire.
#include <algorithm>

#include "core/stores/memory/memory_store.hpp"

namespace uvsched {

void MemoryStore::claim(const Now& now, std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires,
                        std::vector<MemoryMiss>& misses) {
    unpark(rooms);
    claim_ready(limit, rooms, fires);
    TimerQueue& wall = queue(ClockLine::wall);
    TimerQueue& elapsed = queue(ClockLine::elapsed);
    while (fires.size() < limit && misses.size() < limit) {
        // The most overdue first, so that neither line starves the other.
        const Micros wall_late = saturating_sub(now.wall, wall.top_due());
        const Micros elapsed_late = saturating_sub(now.elapsed, elapsed.top_due());
        if (wall_late < 0 && elapsed_late < 0) return;
        if (wall_late >= elapsed_late) {
            claim_top(wall, now.wall, now.shift(), rooms, fires, misses);
        } else {
            claim_top(elapsed, now.elapsed, now.shift(), rooms, fires, misses);
        }
    }
}

void MemoryStore::claim_ready(std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires) {
    for (std::size_t executor = 0; executor < ready_.size(); ++executor) {
        std::deque<MemoryFire>& ready = ready_[executor];
        while (!ready.empty() && rooms[executor] > 0 && fires.size() < limit) {
            begin(ready.front(), rooms[executor], fires);
            ready.pop_front();
        }
    }
}

void MemoryStore::begin(MemoryFire& fire, std::size_t& room, std::vector<MemoryFire>& fires) {
    MemoryTask& task = at(fire.task);
    ++task.pins;
    ++task.flying;
    ++task.runs;
    --room;
    fires.push_back(fire);
}

void MemoryStore::claim_top(TimerQueue& due, Instant now, Micros to_wall, std::span<std::size_t> rooms,
                            std::vector<MemoryFire>& fires, std::vector<MemoryMiss>& misses) {
    const MemoryIndex index = due.top();
    MemoryTask& task = at(index);
    std::size_t& room = rooms[task.executor];
    if (room == 0) {
        due.pop();
        park(index);
        return;
    }
    const Instant slot = task.slot;
    // One time of a plain interval is due, and may run: what plan_due() would say, without asking it.
    if (task.period > 0 && task.busy < task.max_instances && now - slot < task.period && now - slot <= task.grace &&
        slot + task.period < kHorizon) {
        fires.push_back({.task = index,
                         .key = {.uid = task.uid, .gen = task.gen, .kind = FireKind::scheduled, .slot = slot},
                         .last = slot});
        task.slot = slot + task.period;
        task.hwm = slot;
        ++task.busy;
        ++task.pins;
        ++task.flying;
        ++task.runs;
        --room;
        due.replace_top(task.slot);
        due.visit_next([this](MemoryIndex next) { at(next).prefetch(); });
        return;
    }
    plan_top(due, index, task, now, to_wall, rooms, fires, misses);
}

void MemoryStore::plan_top(TimerQueue& due, MemoryIndex index, MemoryTask& task, Instant now, Micros to_wall,
                           std::span<std::size_t> rooms, std::vector<MemoryFire>& fires,
                           std::vector<MemoryMiss>& misses) {
    const auto known = known_.empty() ? known_.end() : known_.find(index);
    plan_due({.trigger = known == known_.end() ? task.definition->trigger.get() : known->second.get(),
              .policies = &task.definition->policies,
              .uid = task.uid,
              .anchor = task.anchor,
              .slot = task.slot,
              .now = now,
              .to_wall = to_wall,
              .busy = task.busy},
             plan_);
    for (const PlannedMiss& miss : plan_.misses) misses.push_back({index, miss});
    for (const PlannedRun& run : plan_.runs) {
        const MemoryFire fire{.task = index,
                              .key = {.uid = task.uid, .gen = task.gen, .kind = FireKind::scheduled, .slot = run.slot},
                              .last = run.last,
                              .folded = run.folded,
                              .exact = run.exact};
        ++task.busy;
        if (run.waiting) {
            waiting_[index].push_back(fire);
            continue;
        }
        ++task.pins;
        ++task.flying;
        ++task.runs;
        std::size_t& room = rooms[task.executor];
        if (room > 0) --room;
        fires.push_back(fire);
    }
    if (known != known_.end()) known_.erase(known);
    task.hwm = std::max(task.hwm, plan_.hwm);
    task.scheduled = plan_.next_slot.has_value();
    if (plan_.next_due) {
        task.slot = *plan_.next_slot;
        due.replace_top(*plan_.next_due);
        return;
    }
    due.pop();
    if (plan_.asks) {
        ask(index);
    } else {
        task.status = TaskStatus::finished;
    }
}

}  // namespace uvsched
