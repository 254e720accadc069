// MemoryTask: a task of the memory store, and what its fires look like.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "core/model/fire.hpp"
#include "core/model/task.hpp"
#include "core/plan/planner.hpp"
#include "core/queue/timer_queue.hpp"

namespace uvsched {

struct FunctionEntry;  // the engine's; the store only hands it on

// Calls to make once no lock is held. A list, so that handing one on needs no memory.
using Releases = std::list<std::function<void()>>;

using MemoryIndex = TimerQueue::Index;  // a task's place in the slab

struct alignas(64) MemoryTask {
    // What every fire reads and writes comes first.
    Instant slot = 0;   // next nominal time, while scheduled
    Micros period = 0;  // > 0: a plain interval, planned without a virtual call
    Micros grace = INT64_MAX;
    std::int32_t busy = 0;  // runs claimed, running or waiting
    std::int32_t max_instances = 1;
    std::uint32_t pins = 0;      // runs in flight and history rows that name this place
    std::uint32_t flying = 0;    // runs in flight
    std::uint16_t executor = 0;  // the engine's number of it
    ClockLine clock = ClockLine::wall;
    TaskStatus status = TaskStatus::active;
    bool scheduled = false;  // slot means something
    bool parked = false;     // due, but its executor has no room
    bool asking = false;     // its custom trigger is asked first: it is in no queue
    bool removed = false;    // gone for callers; the place is used again when pins is 0
    std::uint32_t gen = 0;
    Uid uid = 0;
    alignas(64) Instant hwm = kEarliest;  // the second cache line begins
    std::int64_t runs = 0;
    const Definition* definition = nullptr;
    FunctionEntry* function = nullptr;
    std::uint64_t token = 0;

    std::shared_ptr<const Definition> owner;  // of `definition`
    Instant anchor = 0;
    std::uint64_t rev = 0;
    Instant began = kEarliest;                   // PlanInput::began
    Releases release;                            // for the token: one, or none
    std::shared_ptr<const Definition> declared;  // as its last declaration said

    [[nodiscard]] TaskState state() const;

    // What latest_start() says (task_rules.hpp) of a run that is due at `due` on the task's clock line. For a plain
    // interval this reads nothing but the record.
    [[nodiscard]] Instant latest_start_of(const FireKey& key, Instant due, Micros to_wall) const;

    // Asks the processor for the part that every fire needs: among a million tasks the next one is never in its caches.
    void prefetch() const noexcept {
        __builtin_prefetch(this, 1);
        __builtin_prefetch(&hwm, 1);
    }
};

struct MemoryFire {
    MemoryIndex task = 0;
    std::int32_t attempt = 1;
    FireKey key;
    Instant last = 0;    // on the task's clock line, like key.slot; of a manual one, when it was asked for
    Micros to_wall = 0;  // add to them to get wall time; fixed at the claim
    std::int64_t folded = 1;
    bool exact = true;
    bool planned = true;  // claimed when it was due; false: by hand, promoted, or come back
};

struct MemoryMiss {
    MemoryIndex task = 0;
    PlannedMiss miss;
    FireKind kind = FireKind::scheduled;
};

}  // namespace uvsched
