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
    task_cancelled = 1U << 17,    // a run was cancelled by a shutdown or a request
    task_lost = 1U << 18,         // recovery gave a run up (mark_lost, or max_crashes)
    task_recovered = 1U << 19,    // recovery will run a fire of a dead process again
    task_finished = 1U << 20,     // the trigger has no further time
    task_conflict = 1U << 21,     // a declared task differs from the stored one, which stays
    task_quarantined = 1U << 22,  // a stored row cannot be read; it stays where it is
    task_unrunnable = 1U << 23,   // a stored task's function or executor is not known to this process
    store_error = 1U << 24,       // a store request failed and will be tried again
    store_recovered = 1U << 25,   // the store answers again
    clock_step = 1U << 26,        // the wall clock was set
    slow_inline = 1U << 27,       // an inline callback held the loop for longer than 100 ms
    events_dropped = 1U << 28,    // an observer was too slow; count says how many it missed
    trigger_error = 1U << 29,     // a trigger could not give its next time
};
using EventMask = std::uint64_t;
inline constexpr EventMask kAllEvents = (1ULL << 30) - 1;
[[nodiscard]] constexpr EventMask mask_of(EventCode code) noexcept { return static_cast<EventMask>(code); }

struct Event {
    EventCode code = EventCode::scheduler_started;
    Instant at = 0;
    std::string alias;      // of the store or executor, where one is concerned
    std::string task_id;    // where a task is concerned
    std::string fire_id;    // where a fire is concerned, and the rest then too
    Instant scheduled = 0;  // the (latest) scheduled time
    Instant first = 0;
    std::int64_t count =
        0;  // times folded, missed or skipped; events dropped; microseconds of a step or a slow callback
    bool exact = true;
    Reason reason = Reason::none;
    std::int32_t attempt = 0;
    Micros duration = 0;  // of a run that ended
    std::string result;   // JSON text
    std::string message;  // for people; of a failed run, the exception's message and traceback
};

[[nodiscard]] const char* event_text(EventCode code) noexcept;

}  // namespace uvsched
