// Cron triggers in JSON.
#pragma once

#include "core/triggers/json_fields.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// Reads {"type": "cron", …} as trigger.hpp describes it. Throws Error(invalid) with the path of the fault; what is
// wrong in a string stands below "expression".
[[nodiscard]] TriggerPtr read_cron(JsonFields& fields, const TimeZone& zone);

}  // namespace uvsched
