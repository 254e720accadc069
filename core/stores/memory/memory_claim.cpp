// The claim of the memory store: the hot path of a fire.
#include <algorithm>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/memory/memory_store.hpp"

namespace uvsched {

void MemoryStore::claim(const Now& now, std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires,
                        std::vector<MemoryMiss>& misses) {
    next_piece_ = false;
    reserve_more(fires, limit);
    unpark(rooms);
    claim_ready(limit, rooms, fires);
    TimerQueue& wall = queue(ClockLine::wall);
    TimerQueue& elapsed = queue(ClockLine::elapsed);
    while (fires.size() < limit && misses.size() < limit) {
        // The most overdue first, so that neither line starves the other.
        const Micros wall_late = wall.empty() ? -1 : saturating_sub(now.wall, wall.top_due());
        const Micros elapsed_late = elapsed.empty() ? -1 : saturating_sub(now.elapsed, elapsed.top_due());
        if (wall_late < 0 && elapsed_late < 0) return;
        if (wall_late >= elapsed_late) {
            claim_top(wall, now.wall, 0, rooms, fires, misses);
        } else {
            claim_top(elapsed, now.elapsed, now.to_wall(), rooms, fires, misses);
        }
    }
}

void MemoryStore::claim_ready(std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires) {
    for (std::size_t executor = 0; executor < ready_.size(); ++executor) {
        Fires& ready = ready_[executor];
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
    fires.back().planned = false;
}

void MemoryStore::claim_top(TimerQueue& due, Instant now, Micros to_wall, std::span<std::size_t> rooms,
                            std::vector<MemoryFire>& fires, std::vector<MemoryMiss>& misses) {
    const MemoryIndex index = due.top();
    MemoryTask& task = at(index);
    std::size_t& room = rooms[task.executor];
    if (room == 0) {
        park(index);
        due.pop();
        return;
    }
    const Instant slot = task.slot;
    // One time of a plain interval is due, and may run: what plan_due() would say, without asking it.
    const Micros late = saturating_sub(now, slot);
    if (task.period > 0 && task.busy < task.max_instances && late < task.period && late <= task.grace &&
        saturating_add(slot, task.period) < kHorizon) {
        fires.push_back({.task = index,
                         .key = {.uid = task.uid, .gen = task.gen, .kind = FireKind::scheduled, .slot = slot},
                         .last = slot,
                         .to_wall = to_wall});
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
              .hwm = task.hwm,
              .now = now,
              .to_wall = to_wall,
              .busy = task.busy,
              .began = task.began},
             plan_);
    // What may fail comes before anything changes.
    reserve_more(misses, plan_.misses.size());
    reserve_more(fires, plan_.runs.size());
    history_.reserve(misses.size() + plan_.misses.size());
    reserve_more(asking_, 1);
    reserve_more(finished_, 1);
    const auto waits = [](const PlannedRun& run) { return run.waiting; };
    Fires waiting(static_cast<std::size_t>(std::count_if(plan_.runs.begin(), plan_.runs.end(), waits)));
    Fires* const line = waiting.empty() ? nullptr : &waiting_[index];
    for (const PlannedMiss& miss : plan_.misses) misses.push_back({index, miss});
    for (const PlannedRun& run : plan_.runs) {
        const MemoryFire fire{.task = index,
                              .key = {.uid = task.uid, .gen = task.gen, .kind = FireKind::scheduled, .slot = run.slot},
                              .last = run.last,
                              .to_wall = to_wall,
                              .folded = run.folded,
                              .exact = run.exact};
        ++task.busy;
        if (run.waiting) {
            line->splice(line->end(), waiting, waiting.begin());
            line->back() = fire;
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
    task.hwm = hwm_after(plan_, task.hwm);
    task.scheduled = plan_.next_slot.has_value();
    if (plan_.next_due) {
        task.slot = *plan_.next_slot;
        task.period = task.definition->trigger->plain_period();
        due.replace_top(*plan_.next_due);
        return;
    }
    due.pop();
    if (ends_task(plan_)) {
        task.status = TaskStatus::finished;
        finished_.push_back(index);
    } else {
        ask(index);
    }
}

}  // namespace uvsched
