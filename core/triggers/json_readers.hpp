// Readers of the JSON of each type of trigger: a file for each type, beside this one. trigger.hpp shows the forms.
#pragma once

#include "core/triggers/json_fields.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// Read the members behind "type" and refuse unknown ones. `zone` is that of naive times and of rules that name none.
[[nodiscard]] TriggerPtr read_date(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_interval(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_cron(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_calendar(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_and(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_or(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_custom(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_shutdown(JsonFields& fields, const TimeZone& zone);

}  // namespace uvsched
