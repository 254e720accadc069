// CronFields: the fields of a cron rule as sets, from the parser to the schedule. Plain data.
#pragma once

#include <array>
#include <cstdint>

namespace uvsched {

inline constexpr int kCronFirstYear = 1970;
inline constexpr int kCronLastYear = 2199;

// Bit n of a set stands for the value n; weekdays count from Sunday = 0.

// Weekdays counted within the month ("5#2", "2nd fri", "5L"): one set for each weekday; bits 1 to 5: the n-th, bit 0:
// the last.
struct CronNthWeekdays {
    std::array<std::uint8_t, 7> of{};
    friend bool operator==(const CronNthWeekdays&, const CronNthWeekdays&) = default;
};

struct CronDayOfMonth {
    bool any = true;             // the text is exactly "*" or "?": the field does not restrict
    std::uint32_t days = 0;      // 1 to 31
    std::uint32_t from_end = 0;  // bit n: L-n; bit 0: L
    std::uint32_t nearest = 0;   // bit d: dW, 1 to 31; months without that day have none
    bool last_weekday = false;   // LW: the last of Monday to Friday
    CronNthWeekdays nth;         // keyword fields only
    friend bool operator==(const CronDayOfMonth&, const CronDayOfMonth&) = default;
};

struct CronDayOfWeek {
    bool any = true;
    std::uint8_t days = 0;
    CronNthWeekdays nth;  // strings only
    friend bool operator==(const CronDayOfWeek&, const CronDayOfWeek&) = default;
};

enum class CronDays : std::uint8_t { either, both };  // if day-of-month and day-of-week are both restricted

struct CronFields {
    std::uint64_t seconds = 1;
    std::uint64_t minutes = 0;
    std::uint32_t hours = 0;
    std::uint16_t months = 0;                 // 1 to 12
    std::array<std::uint64_t, 4> years{};     // bit n of the whole: kCronFirstYear + n
    std::uint64_t weeks = ~std::uint64_t{0};  // ISO weeks 1 to 53; keyword fields only
    CronDayOfMonth day_of_month;
    CronDayOfWeek day_of_week;
    CronDays days = CronDays::either;
    bool wild = false;  // the text of the seconds, minutes or hours starts with "*": both passes of an overlap count
    friend bool operator==(const CronFields&, const CronFields&) = default;
};

}  // namespace uvsched
