// The items that only the day fields of a cron string know.
#pragma once

#include "core/triggers/cron/fields.hpp"
#include "core/triggers/cron/range_item.hpp"

namespace uvsched {

// Day-of-month, beside ranges: `L`, `L-n`, `LW`, `nW`.
void read_day_of_month_item(CronReader& reader, CronHash& hash, CronDayOfMonth& days);

// Day-of-week, beside ranges: `d#n`, `d#L`, `dL`. 0 and 7 are Sunday.
void read_day_of_week_item(CronReader& reader, CronHash& hash, CronDayOfWeek& days);

}  // namespace uvsched
