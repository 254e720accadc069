// Fire: one due time of one task, and its row in the ledger. docs/ledger.md draws the state machine.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/model/task.hpp"

namespace uvsched {

enum class FireKind : std::uint8_t { scheduled, manual, boot, shutdown };

// waiting -> ready -> claimed -> running -> done | failed | cancelled | lost; missed and skipped are written directly.
enum class FireState : std::uint8_t {
    waiting,
    ready,
    claimed,
    running,
    done,
    failed,
    cancelled,
    lost,
    missed,
    skipped
};

// Why a fire was not run, or ended as it did. Text in rows and events is reason_text().
enum class Reason : std::uint8_t {
    none,
    misfire,          // later than the grace time
    catch_up,         // more due times piled up than max_catch_up
    max_instances,    // max_instances runs were under way
    past_when_added,  // a date trigger whose time was over when it was first added
    replaced,         // its trigger was replaced while it was overdue
    deleted,          // its task was deleted before it started
    crashed,          // its process died while it ran
    cancelled,        // by a shutdown or a request
    not_callable,     // the function is not registered in this process
    trigger_failed,   // its custom trigger gave no usable time: the task is paused
    never_fires,      // its trigger had no time at all when it was added; 0 times
};

struct FireKey {
    Uid uid = 0;
    std::uint32_t gen = 0;
    FireKind kind = FireKind::scheduled;
    std::int64_t slot = 0;  // the nominal time; for a manual fire a request number
    friend bool operator==(const FireKey&, const FireKey&) = default;
};

// The idempotency key that a task gets: 128 bits of hash(store, key) as 32 lower-case hexadecimal digits.
using FireId = std::array<char, 33>;  // with a NUL at the end
[[nodiscard]] FireId fire_id(std::uint64_t store, const FireKey& key) noexcept;

[[nodiscard]] const char* kind_text(FireKind kind) noexcept;
[[nodiscard]] const char* state_text(FireState state) noexcept;
[[nodiscard]] const char* reason_text(Reason reason) noexcept;
[[nodiscard]] bool kind_from_text(std::string_view text, FireKind& out) noexcept;
[[nodiscard]] bool state_from_text(std::string_view text, FireState& out) noexcept;
[[nodiscard]] bool reason_from_text(std::string_view text, Reason& out) noexcept;

// A fire that has ended, or never began, as a row of history. Times are wall times; 0 means none.
struct HistoryRow {
    std::int64_t seq = 0;
    std::string task_id;
    FireKey key;
    std::string fire_id;
    Instant first = 0;  // the first nominal time folded into this fire
    Instant last = 0;   // the latest nominal time: the run's scheduled time
    std::int64_t folded = 1;
    bool exact = true;  // false: folded is "at least"
    FireState state = FireState::done;
    Reason reason = Reason::none;
    std::int32_t attempt = 0;
    std::int32_t crashes = 0;
    std::string owner;
    Instant claimed_at = 0;
    Instant started_at = 0;
    Instant finished_at = 0;
    std::string result;       // JSON text, or empty
    std::string error;        // message and traceback, or empty
    std::string late_result;  // the result of a run that ended after its fire had been taken from it
};

}  // namespace uvsched
