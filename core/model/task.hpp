// Task = definition (what the user declared) + state (what happened to it since).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/model/clock_line.hpp"
#include "core/model/policy.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

using Uid = std::uint64_t;  // new for each add of an id, never 0; kept below 2^63 so that SQL integers hold it

// Immutable once a store holds it; shared by pointer.
struct Definition {
    std::string id;         // 1 to 255 bytes of UTF-8, no control characters
    std::string name;       // for people; the function's name unless given
    std::string function;   // a registered name (C) or module:qualname (Python)
    std::string executor;   // alias
    std::string arguments;  // JSON text, or empty for none
    TriggerPtr trigger;
    Policies policies;
};

enum class TaskStatus : std::uint8_t { active, paused, finished };

struct TaskState {
    Uid uid = 0;
    std::uint32_t gen = 0;  // grows when the schedule is rebased (another trigger)
    std::uint64_t rev = 0;  // grows with every change: the compare-and-set of a claim
    ClockLine clock = ClockLine::wall;
    Instant anchor = 0;                // see Trigger
    std::optional<Instant> next_slot;  // the next nominal time; nullopt if there is none
    std::optional<Instant> next_due;   // next_slot with jitter; nullopt if paused or finished
    Instant hwm = kEarliest;           // the highest slot claimed; a slot <= hwm is never claimed again
    TaskStatus status = TaskStatus::active;
    std::int64_t runs = 0;  // how many runs were started
};

// Converts between a definition and its canonical JSON text, which leaves out the id; equal definitions give equal
// text. definition_from_json() throws Error(corrupt) with the fault.
[[nodiscard]] std::string canonical_json(const Definition& definition);
[[nodiscard]] Definition definition_from_json(const std::string& id, const std::string& text);

// A 64-bit hash of canonical_json(), for a quick test of equality.
[[nodiscard]] std::uint64_t definition_hash(const std::string& canonical);

// How two definitions differ, for a message: "trigger: interval of 10 s -> interval of 20 s". `between` stands between
// the old and the new value.
[[nodiscard]] std::string difference(const Definition& stored, const Definition& given, const char* between = " -> ");

}  // namespace uvsched
