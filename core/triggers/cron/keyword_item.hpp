// The items of keyword fields.
#pragma once

#include "core/triggers/cron/fields.hpp"
#include "core/triggers/cron/reader.hpp"

namespace uvsched {

// Reads `*`, a, a-b and their steps; `a/n` runs to the field's end. A step longer than the range is refused.
[[nodiscard]] CronRange read_keyword_range(CronReader& reader);

// Reads `last`, `last fri` or `2nd fri` into `days`. Returns false, and reads nothing, if the item is something else.
[[nodiscard]] bool read_keyword_day(CronReader& reader, CronDayOfMonth& days);

}  // namespace uvsched
