// Month days: which days of one month a cron rule names.
#pragma once

#include <cstdint>

#include "core/triggers/cron/fields.hpp"

namespace uvsched {

// Bit d: day d, 1 to `length`, matches day-of-month and day-of-week together. A month is given by its length and by the
// weekday of its first day (Sunday = 0); the fields month, year and week are not considered here.
[[nodiscard]] std::uint32_t month_days(const CronFields& fields, int length, int first_weekday) noexcept;

// Bit d: day d is in one of these ISO weeks (1 to 53). `year` counts from kCronFirstYear.
[[nodiscard]] std::uint32_t iso_week_days(std::uint64_t weeks, int year, int month) noexcept;

}  // namespace uvsched
