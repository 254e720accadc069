// ShutdownTrigger: due once each time that the scheduler shuts down.
#pragma once

#include "core/triggers/trigger.hpp"

namespace uvsched {

// It is an event of the scheduler, not a time: next() and previous() give nullopt.
[[nodiscard]] TriggerPtr make_shutdown_trigger();

}  // namespace uvsched
