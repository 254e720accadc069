#include "core/triggers/cron/month_days.hpp"

#include <algorithm>
#include <cstddef>

#include "core/triggers/cron/bits.hpp"
#include "core/triggers/cron/year_table.hpp"

namespace uvsched {
namespace {

constexpr int kSunday = 0;
constexpr int kFriday = 5;
constexpr int kSaturday = 6;

struct Month {
    int length;
    int first_weekday;

    [[nodiscard]] int weekday(int day) const { return (first_weekday + day - 1) % 7; }
    [[nodiscard]] int first(int weekday) const { return 1 + (weekday - first_weekday + 7) % 7; }
    [[nodiscard]] std::uint32_t all() const { return (std::uint32_t{2} << length) - 2; }
};

constexpr std::uint32_t bit(int day) { return std::uint32_t{1} << day; }

std::uint32_t nth_weekdays(const CronNthWeekdays& nth, const Month& month) {
    std::uint32_t out = 0;
    if (nth == CronNthWeekdays{}) return out;
    for (int weekday = 0; weekday < 7; ++weekday) {
        const std::uint32_t set = nth.of[static_cast<std::size_t>(weekday)];
        const int first = month.first(weekday);
        for (int n = 1, day = first; day <= month.length; ++n, day += 7) {
            if (bits::has(set, n)) out |= bit(day);
        }
        if (bits::has(set, 0)) out |= bit(first + (month.length - first) / 7 * 7);
    }
    return out;
}

// The Monday to Friday nearest to a day, within its month.
int nearest_weekday(int day, const Month& month) {
    if (month.weekday(day) == kSaturday) return day == 1 ? 3 : day - 1;
    if (month.weekday(day) == kSunday) return day == month.length ? day - 2 : day + 1;
    return day;
}

std::uint32_t by_day_of_month(const CronDayOfMonth& rule, const Month& month) {
    std::uint32_t out = rule.days | nth_weekdays(rule.nth, month);
    for (std::uint32_t rest = rule.nearest & month.all(); rest != 0; rest &= rest - 1) {
        out |= bit(nearest_weekday(bits::least(rest), month));
    }
    for (std::uint32_t rest = rule.from_end; rest != 0; rest &= rest - 1) {
        if (bits::least(rest) < month.length) out |= bit(month.length - bits::least(rest));
    }
    if (rule.last_weekday) out |= bit(nearest_weekday(month.length, month));
    return out;
}

std::uint32_t by_day_of_week(const CronDayOfWeek& rule, const Month& month) {
    // The weekdays of days 1 to 7, from bit 0 on, repeated every 7 days.
    const std::uint32_t set = rule.days & 0x7FU;
    const std::uint32_t twice = set | set << 7;
    const std::uint32_t week = twice >> month.first_weekday & 0x7F;
    const std::uint32_t days = week | week << 7 | week << 14 | week << 21 | (week & 0x7) << 28;
    return days << 1 | nth_weekdays(rule.nth, month);
}

}  // namespace

std::uint32_t month_days(const CronFields& fields, int length, int first_weekday) noexcept {
    const Month month{.length = length, .first_weekday = first_weekday};
    const CronDayOfMonth& day = fields.day_of_month;
    const CronDayOfWeek& weekday = fields.day_of_week;
    if (day.any && weekday.any) return month.all();
    if (weekday.any) return by_day_of_month(day, month) & month.all();
    if (day.any) return by_day_of_week(weekday, month) & month.all();
    const std::uint32_t left = by_day_of_month(day, month);
    const std::uint32_t right = by_day_of_week(weekday, month);
    return (fields.days == CronDays::either ? left | right : left & right) & month.all();
}

std::uint32_t iso_week_days(std::uint64_t weeks, int year, int month) noexcept {
    const CronYear& entry = cron_year(year);
    const int length = month_length(entry, month);
    const int year_length = days_before_month(entry, 13);
    const int first_monday = 1 - (first_weekday(entry, month) + 6) % 7;  // of the week that day 1 lies in
    std::uint32_t out = 0;
    for (int monday = first_monday; monday <= length; monday += 7) {
        // A week is counted in the year of its Thursday, whose day of the year (from 0) this is.
        const int thursday = days_before_month(entry, month) + monday + 2;
        int week = thursday % year_length / 7 + 1;
        // The year before has a 53rd Thursday if it ends on one, or is a leap year that ends on a Friday.
        if (thursday < 0) week = entry.first_weekday == kFriday || entry.kind == 14 ? 53 : 52;
        if (!bits::has(weeks, week)) continue;
        for (int day = std::max(monday, 1); day < monday + 7 && day <= length; ++day) out |= bit(day);
    }
    return out;
}

}  // namespace uvsched
