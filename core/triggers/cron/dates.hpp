// CronDates: the dates of a cron rule, 1970-01-01 to 2199-12-31, as days since 1970-01-01.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/triggers/cron/bits.hpp"
#include "core/triggers/cron/fields.hpp"
#include "core/triggers/cron/year_table.hpp"

namespace uvsched {

// Immutable. The constructor does the costly work: the days of each kind of month, the months with such days for each
// kind of year, and the years with such months. So a date decades away is found as fast as tomorrow.
class CronDates {
public:
    static constexpr int kNone = -1;

    explicit CronDates(const CronFields& fields) noexcept;

    [[nodiscard]] bool empty() const noexcept { return (years_[0] | years_[1] | years_[2] | years_[3]) == 0; }
    [[nodiscard]] bool contains(const CronDate& date) const noexcept;

    // The nearest day after a date, or before it; kNone if there is none.
    [[nodiscard]] int after(const CronDate& date) const noexcept;
    [[nodiscard]] int before(const CronDate& date) const noexcept;

private:
    static constexpr std::uint64_t kAnyWeek = ~std::uint64_t{0};

    // Removes months without a day from months_: all months of a length (from 28 on) and first weekday; months without
    // a day in one of the weeks.
    void drop_months(std::size_t length, std::size_t first_weekday) noexcept;
    void drop_months_without_week() noexcept;

    // The days of a month, also of a month that the rule does not name.
    [[nodiscard]] std::uint32_t days(int year, int month) const noexcept;

    // The months of a year that have a date, also of a year that the rule does not name.
    [[nodiscard]] std::uint32_t months(int year) const noexcept { return months_[cron_year(year).kind]; }

    [[nodiscard]] bool has_year(int year) const noexcept {
        return bits::has(years_[static_cast<std::size_t>(year) / 64], year % 64);
    }
    [[nodiscard]] bool has_month(const CronDate& date) const noexcept {
        return has_year(date.year) && bits::has(months(date.year), date.month);
    }
    [[nodiscard]] int year_after(int year) const noexcept;
    [[nodiscard]] int year_before(int year) const noexcept;

    std::array<std::uint64_t, 4> years_{};                // with a date
    std::array<std::uint16_t, kCronYearKinds> months_{};  // with a date, by kind of year
    std::array<std::array<std::uint32_t, 7>, 4> days_{};  // by length from 28 on, and by first weekday
    std::uint64_t weeks_;                                 // ISO weeks
};

}  // namespace uvsched
