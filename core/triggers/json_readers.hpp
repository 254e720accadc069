// Readers for the JSON of each type of trigger, one file for each type. trigger.hpp shows the forms.
#pragma once

#include "core/json/fields.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// Each reads the members beside "type" and refuses unknown ones. `zone` is for naive times, and for rules without a
// zone.
[[nodiscard]] TriggerPtr read_date(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_interval(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_cron(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_calendar(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_and(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_or(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_custom(JsonFields& fields, const TimeZone& zone);
[[nodiscard]] TriggerPtr read_shutdown(JsonFields& fields, const TimeZone& zone);

}  // namespace uvsched
