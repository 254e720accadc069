// `@reboot`: the event of a scheduler's start.
#pragma once

#include "core/triggers/cron.hpp"

namespace uvsched {

// Throws Error(invalid) if start_at, end_at, jitter, gap or overlap is given: they mean nothing here.
[[nodiscard]] TriggerPtr make_reboot_trigger(const CronOptions& options);

}  // namespace uvsched
