// Task = definition (what the user declared) + state (what happened to it since).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

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

// Which time line next_due, next_slot, hwm and the anchor are on: elapsed time is wall time minus the store's shift,
// the sum of all clock steps, so that a step moves such tasks without touching their rows.
enum class ClockLine : std::uint8_t { wall, elapsed };

struct TaskState {
    Uid uid = 0;
    std::uint32_t gen = 0;  // grows when the schedule is rebased (another trigger)
    std::uint64_t rev = 0;  // grows with every change: the compare-and-set of a claim
    ClockLine clock = ClockLine::wall;
    Instant anchor = 0;                // see Trigger
    std::optional<Instant> next_slot;  // the nominal time that comes next; nothing when finished or never
    std::optional<Instant> next_due;   // the same with jitter; nothing when paused or finished
    Instant hwm = kEarliest;           // the highest slot claimed; a slot <= hwm is never claimed again
    TaskStatus status = TaskStatus::active;
    std::int64_t runs = 0;  // how many runs were started
};

// The canonical JSON text of a definition without its id (equal definitions give equal text), and back.
// definition_from_json throws Error(corrupt) that says what is wrong; `id` is stored apart.
[[nodiscard]] std::string canonical_json(const Definition& definition);
[[nodiscard]] Definition definition_from_json(const std::string& id, const std::string& text);

// A 64-bit hash of canonical_json(), for a quick test of equality.
[[nodiscard]] std::uint64_t definition_hash(const std::string& canonical);

// What differs between two definitions, for a conflict's message: "trigger: interval of 10 s -> interval of 20 s".
[[nodiscard]] std::string difference(const Definition& stored, const Definition& given);

// Throws Error(invalid) where the id, name or function is empty, too long, not UTF-8 or has control characters.
// The message shows what was given, cut to a readable length.
void validate_text(const char* argument, const std::string& value, std::size_t limit = 255);

}  // namespace uvsched
