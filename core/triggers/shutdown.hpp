// ShutdownTrigger: once, each time that the scheduler shuts down.
#pragma once

#include "core/triggers/trigger.hpp"

namespace uvsched {

// An event of the scheduler's life and not a time: next() and previous() are nothing.
[[nodiscard]] TriggerPtr make_shutdown_trigger();

}  // namespace uvsched
