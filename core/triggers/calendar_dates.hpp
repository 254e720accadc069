// CalendarDates: the dates of a calendar rule, numbered. Pure arithmetic on days; it knows no zone.
#pragma once

#include <cstdint>
#include <optional>

namespace uvsched {

// Days since 1970-01-01, on the proleptic Gregorian calendar.
using DayNumber = std::int64_t;

// Date k is `anchor` + k * months, absent if that month has no such day, then + k * days. Immutable.
class CalendarDates {
public:
    // The anchor is any time of its day, in microseconds since local 1970-01-01T00:00:00. months and days are not
    // negative, and one of them is not 0.
    CalendarDates(std::int64_t anchor, std::int64_t months, std::int64_t days);

    // Date k, k >= 0; nullopt if the month has no such day.
    [[nodiscard]] std::optional<DayNumber> date(std::int64_t k) const;

    // The smallest k whose date is not before `day`; an absent date counts as the day after the month (31 June as 1
    // July). Takes the same time however far the date is.
    [[nodiscard]] std::int64_t number(DayNumber day) const;

private:
    // Date k as if every month had every day; grows with k.
    [[nodiscard]] DayNumber place(std::int64_t k) const;

    DayNumber anchor_;
    std::int64_t month_;  // of the anchor, counted from year 0
    DayNumber day_;       // of the anchor within its month, from 0
    std::int64_t months_;
    std::int64_t days_;
};

}  // namespace uvsched
