// The rows of the ledger in memory: tasks, lanes, open fires. Plain data.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/model/fire.hpp"
#include "core/model/task.hpp"

namespace uvsched {

using TaskNumber = std::int64_t;  // the row's primary key `n`
using LaneNumber = std::int64_t;  // never used twice
using NodeNumber = std::int64_t;  // one opening of a store: random, above 0; 0: nobody

// The newest form of a stored definition that this version reads. A node leaves newer ones to newer nodes.
inline constexpr std::int64_t kDefinitionFormat = 1;

// What a node must have to run a task.
struct Lane {
    LaneNumber number = 0;
    std::string executor;
    std::string function;
    std::string trigger{};                    // the name of a custom trigger; empty: the task has another trigger
    std::int64_t format = kDefinitionFormat;  // of the definitions
    TaskNumber example = 0;                   // one task on it, for messages; 0: it has only finished tasks
    std::string example_id;
};

struct StoredTask {
    TaskNumber number = 0;
    LaneNumber lane = 0;
    std::shared_ptr<const Definition> definition;
    TaskState state;
    std::int32_t open = 0;  // its fires that are waiting, ready, claimed or running
};

// A row that cannot be read. It stays in the store, and no look returns it.
struct Quarantined {
    std::string id;  // of the task; its number if the id cannot be shown
    std::string why;
};

// A fire in the open part of the ledger.
struct OpenFire {
    StoredTask task;  // as stored now
    FireKey key;
    std::int64_t last_slot = 0;
    std::int64_t folded = 1;
    bool exact = true;
    Micros to_wall = 0;  // add to its times to get wall time; fixed at the claim
    FireState state = FireState::claimed;
    std::uint64_t token = 0;  // the fence: start and finish must name it
    std::int32_t attempt = 0;
    std::int32_t crashes = 0;
};

// A fire in start, finish and release: its key, and the token that proves that the caller still owns it.
struct FireRef {
    TaskNumber task = 0;
    FireKey key;
    std::uint64_t token = 0;
    friend bool operator==(const FireRef&, const FireRef&) = default;
};

}  // namespace uvsched
