// The years 1970 to 2199 of the calendar, arranged for arithmetic on days since 1970-01-01.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/triggers/cron/fields.hpp"

namespace uvsched {

// Years count from kCronFirstYear = 0, months from January = 1, weekdays from Sunday = 0.
inline constexpr int kCronYears = kCronLastYear - kCronFirstYear + 1;

// Years of one kind have the same weekdays, the same month lengths and the same ISO weeks. 0 to 6: 365 days, by the
// weekday of 1 January; 7 to 13: 366 days; 14: as 6 (a Saturday), but after a leap year, which gives that 1 January
// the ISO week 53 and not 52.
inline constexpr int kCronYearKinds = 15;

struct CronYear {
    std::int32_t first_day = 0;  // 1 January
    std::uint8_t first_weekday = 0;
    std::uint8_t leap = 0;  // 1 in a leap year
    std::uint8_t kind = 0;
};

struct CronDate {
    int year = 0;
    int month = 1;
    int day = 1;
};

namespace cron_tables {

constexpr bool leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr std::array<CronYear, kCronYears + 1> make_years() {
    std::array<CronYear, kCronYears + 1> out{};
    int day = 0;
    for (int i = 0; i <= kCronYears; ++i) {
        const int year = kCronFirstYear + i;
        CronYear& entry = out[static_cast<std::size_t>(i)];
        const int weekday = (day + 4) % 7;  // 1970-01-01 was a Thursday
        entry.first_day = day;
        entry.first_weekday = static_cast<std::uint8_t>(weekday);
        entry.leap = leap(year) ? 1 : 0;
        entry.kind = static_cast<std::uint8_t>(leap(year) ? 7 + weekday : weekday);
        if (entry.kind == 6 && leap(year - 1)) entry.kind = 14;
        day += leap(year) ? 366 : 365;
    }
    return out;
}

// One year more, so that the last year has an end.
inline constexpr std::array<CronYear, kCronYears + 1> kYears = make_years();

// Days of the year before each month, and before the next year.
inline constexpr std::uint16_t kMonthStart[2][14] = {
    {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
    {0, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
};

}  // namespace cron_tables

inline constexpr int kCronLastDay = cron_tables::kYears[kCronYears].first_day - 1;  // 2199-12-31

[[nodiscard]] constexpr const CronYear& cron_year(int year) noexcept {
    return cron_tables::kYears[static_cast<std::size_t>(year)];
}

// Days of a year before a month of it.
[[nodiscard]] constexpr int days_before_month(const CronYear& year, int month) noexcept {
    return cron_tables::kMonthStart[year.leap][month];
}

[[nodiscard]] constexpr int month_length(const CronYear& year, int month) noexcept {
    return days_before_month(year, month + 1) - days_before_month(year, month);
}

[[nodiscard]] constexpr int first_weekday(const CronYear& year, int month) noexcept {
    return (year.first_weekday + days_before_month(year, month)) % 7;
}

// Convert between dates and days since 1970-01-01, 0 to kCronLastDay.
[[nodiscard]] constexpr int day_of(const CronDate& date) noexcept {
    const CronYear& year = cron_year(date.year);
    return year.first_day + days_before_month(year, date.month) + date.day - 1;
}
[[nodiscard]] constexpr CronDate date_of(int day) noexcept {
    // Years are no longer than 366 days and months no longer than 32: both guesses are right or one too small.
    int year = day / 366;
    year += day >= cron_year(year + 1).first_day ? 1 : 0;
    const CronYear& entry = cron_year(year);
    const int rest = day - entry.first_day;
    int month = rest / 32 + 1;
    month += rest >= days_before_month(entry, month + 1) ? 1 : 0;
    return {.year = year, .month = month, .day = rest - days_before_month(entry, month) + 1};
}

}  // namespace uvsched
