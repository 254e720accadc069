#include "core/model/event.hpp"

#include <bit>

namespace uvsched {
namespace {

// In the order of the bits.
constexpr const char* kNames[] = {
    "scheduler_started", "scheduler_shutdown", "scheduler_paused", "scheduler_resumed", "executor_added",
    "executor_removed",  "store_added",        "store_removed",    "all_tasks_removed", "task_added",
    "task_removed",      "task_modified",      "task_executed",    "task_error",        "task_missed",
    "task_submitted",    "task_max_instances", "task_cancelled",   "task_lost",         "task_recovered",
    "task_finished",     "task_conflict",      "task_quarantined", "task_unrunnable",   "store_error",
    "store_recovered",   "clock_step",         "slow_inline",      "events_dropped",    "trigger_error",
    "resource_error",    "task_redeclared",    "task_undeclared",  "task_unnamed",      "task_delayed",
    "lease_lost",        "store_warning",
};
static_assert(std::size(kNames) == std::bit_width(kAllEvents));

}  // namespace

const char* event_text(EventCode code) noexcept {
    const EventMask mask = mask_of(code);
    if (!std::has_single_bit(mask) || (mask & kAllEvents) == 0) return "?";
    return kNames[std::countr_zero(mask)];
}

}  // namespace uvsched
