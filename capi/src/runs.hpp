// Runs, events and asks cross the boundary as what they are: sched_run is a Run, sched_event an Event, sched_ask a
// TriggerAsk.
#pragma once

#include "core/executors/executor.hpp"
#include "core/model/event.hpp"
#include "uvsched.h"

namespace uvsched::capi {

inline const sched_run* to_handle(const Run* run) noexcept { return reinterpret_cast<const sched_run*>(run); }
inline const Run* from_handle(const sched_run* run) noexcept { return reinterpret_cast<const Run*>(run); }

// Callbacks see a const run, so that they change nothing but its result, and that through functions. The object itself
// is the engine's own and is not const.
inline Run& mutable_run(const sched_run* run) noexcept { return const_cast<Run&>(*from_handle(run)); }

inline const sched_event* to_handle(const Event* event) noexcept { return reinterpret_cast<const sched_event*>(event); }
inline const Event* from_handle(const sched_event* event) noexcept { return reinterpret_cast<const Event*>(event); }

inline const sched_ask* to_handle(const TriggerAsk* ask) noexcept { return reinterpret_cast<const sched_ask*>(ask); }
inline const TriggerAsk* from_handle(const sched_ask* ask) noexcept { return reinterpret_cast<const TriggerAsk*>(ask); }

}  // namespace uvsched::capi
