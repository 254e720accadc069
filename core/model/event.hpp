// Event: one decision of the engine, for observers.
#pragma once

#include <cstdint>
#include <string>

#include "core/model/fire.hpp"

namespace uvsched {

// Bits of a listener's mask. The first seventeen are asyncz's own values; the values are ABI (uvsched.h:
// UVSCHED_EVENT_*).
enum class EventCode : std::uint64_t {
    scheduler_started = 1U << 0,
    scheduler_shutdown = 1U << 1,
    scheduler_paused = 1U << 2,
    scheduler_resumed = 1U << 3,
    executor_added = 1U << 4,
    executor_removed = 1U << 5,
    store_added = 1U << 6,
    store_removed = 1U << 7,
    all_tasks_removed = 1U << 8,
    task_added = 1U << 9,
    task_removed = 1U << 10,
    task_modified = 1U << 11,
    task_executed = 1U << 12,
    task_error = 1U << 13,
    task_missed = 1U << 14,
    task_submitted = 1U << 15,
    task_max_instances = 1U << 16,
    task_cancelled = 1U << 17,     // a run was cancelled by a shutdown or a request
    task_lost = 1U << 18,          // recovery gave a run up (mark_lost, or max_crashes)
    task_recovered = 1U << 19,     // recovery will run a fire of a dead process again
    task_finished = 1U << 20,      // the trigger has no further time; a last run may follow
    task_conflict = 1U << 21,      // a task that is added with "keep" differs from the stored one, which stays
    task_quarantined = 1U << 22,   // a stored row cannot be read; it stays where it is
    task_unrunnable = 1U << 23,    // this process does not know a stored task's function or executor
    store_error = 1U << 24,        // a store request failed and will be tried again
    store_recovered = 1U << 25,    // the store answers again
    clock_step = 1U << 26,         // the wall clock was set
    slow_inline = 1U << 27,        // an inline callback blocked the loop for longer than 100 ms
    events_dropped = 1U << 28,     // an observer was too slow; count is the number of events that it missed
    trigger_error = 1U << 29,      // a trigger could not give its next time
    resource_error = 1U << 30,     // memory or threads ran out; the work that failed is tried again
    task_redeclared = 1U << 31,    // a start's declaration replaced the stored task; the message has the difference
    task_undeclared = 1ULL << 32,  // an earlier start declared tasks that this one did not; the message names them
    task_unnamed = 1ULL << 33,     // a start declared a task without an id, so that each start adds it once more
    task_delayed = 1ULL << 34,     // a run waited in its executor for longer than a second before it was called
    lease_lost = 1ULL << 35,       // a run ended when another process had its fire; the ledger keeps the other's end
    store_warning = 1ULL << 36,    // a store works, but not quite as was asked; the message says why, and what to do
};
using EventMask = std::uint64_t;
inline constexpr EventMask kAllEvents = (1ULL << 37) - 1;
[[nodiscard]] constexpr EventMask mask_of(EventCode code) noexcept { return static_cast<EventMask>(code); }

struct Event {
    EventCode code = EventCode::scheduler_started;
    Instant at = 0;
    std::string alias;      // of the store or executor, if the event is about one
    std::string task_id;    // if the event is about a task
    std::string task_name;  // if the event is about a run or due times of a task
    std::string fire_id;    // if the event is about a fire; the members below are then set too
    Instant scheduled = 0;  // the (latest) scheduled time
    Instant first = 0;
    std::int64_t count =
        0;  // times folded, missed or skipped; events dropped; microseconds of a step or a slow callback
    bool exact = true;
    Reason reason = Reason::none;
    std::int32_t attempt = 0;
    Micros duration = 0;  // if a run ended, or has begun: how long it took, or waited for that
    std::string result;   // JSON text
    bool asked = false;   // a call asked for it, and its caller knows when it returns
    std::string message;  // for people; for a failed run, the exception's message and traceback
};

[[nodiscard]] const char* event_text(EventCode code) noexcept;

}  // namespace uvsched
