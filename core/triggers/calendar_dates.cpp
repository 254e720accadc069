#include "core/triggers/calendar_dates.hpp"

#include "core/time/civil.hpp"

namespace uvsched {
namespace {

// In the 400 years after which the calendar repeats.
constexpr std::int64_t kCycleDays = 146'097;
constexpr std::int64_t kCycleMonths = 4'800;

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// The first day of a month that is counted from January of year 0. Years are taken to begin in March here, so that the
// leap day is their last and the lengths of their months follow one line.
constexpr DayNumber month_start(std::int64_t month) {
    const std::int64_t year = floor_div(month - 2, 12);
    const std::int64_t in_year = month - 2 - 12 * year;
    const std::int64_t leap_days = floor_div(year, 4) - floor_div(year, 100) + floor_div(year, 400);
    constexpr DayNumber kMarchOfYear0 = -719'468;
    return kMarchOfYear0 + 365 * year + leap_days + (153 * in_year + 2) / 5;
}
static_assert(month_start(23'640) == 0 && month_start(24'002) == 11'017);  // January 1970, March 2000

}  // namespace

CalendarDates::CalendarDates(std::int64_t anchor, std::int64_t months, std::int64_t days)
    : anchor_(floor_div(anchor, kDay)), months_(months), days_(days) {
    const CivilTime civil = civil_from_micros(anchor);
    month_ = civil.year * 12 + civil.month - 1;
    day_ = civil.day - 1;
}

DayNumber CalendarDates::place(std::int64_t k) const { return month_start(month_ + k * months_) + day_ + k * days_; }

std::optional<DayNumber> CalendarDates::date(std::int64_t k) const {
    const DayNumber first = month_start(month_ + k * months_);
    const DayNumber following = month_start(month_ + k * months_ + 1);
    if (first + day_ >= following) return std::nullopt;
    return first + day_ + k * days_;
}

std::int64_t CalendarDates::number(DayNumber day) const {
    if (day <= anchor_) return 0;
    // By the mean length of a month; a few days off at most, so that the loops turn once or twice.
    std::int64_t k = (day - anchor_) * kCycleMonths / (months_ * kCycleDays + days_ * kCycleMonths);
    while (k > 0 && place(k - 1) >= day) --k;
    while (place(k) < day) ++k;
    return k;
}

}  // namespace uvsched
