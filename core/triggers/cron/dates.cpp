#include "core/triggers/cron/dates.hpp"

#include <cstddef>

#include "core/triggers/cron/bits.hpp"
#include "core/triggers/cron/month_days.hpp"

namespace uvsched {
namespace {

constexpr std::uint64_t kAllWeeks = (std::uint64_t{1} << 54) - 2;
constexpr std::uint16_t kAllMonths = (1U << 13) - 2;

constexpr std::size_t kLengths = 4;  // of months: 28 to 31 days

// The years of one kind: an example, whose months stand for those of the others; all the years, as bits; and the months
// by length and first weekday, as bits.
struct YearKind {
    int example = 0;
    std::array<std::uint64_t, 4> years{};
    std::array<std::array<std::uint16_t, 7>, kLengths> months{};
};

constexpr std::array<YearKind, kCronYearKinds> make_kinds() {
    std::array<YearKind, kCronYearKinds> out{};
    for (std::size_t year = 0; year < kCronYears; ++year) {
        const CronYear& entry = cron_year(static_cast<int>(year));
        YearKind& kind = out[entry.kind];
        kind.example = static_cast<int>(year);
        kind.years[year / 64] |= std::uint64_t{1} << year % 64;
        kind.months = {};
        for (int month = 1; month <= 12; ++month) {
            const auto length = static_cast<std::size_t>(month_length(entry, month) - 28);
            kind.months[length][static_cast<std::size_t>(first_weekday(entry, month))] |=
                static_cast<std::uint16_t>(1U << month);
        }
    }
    return out;
}
constexpr auto kKinds = make_kinds();

}  // namespace

CronDates::CronDates(const CronFields& fields) noexcept
    : weeks_((fields.weeks & kAllWeeks) == kAllWeeks ? kAnyWeek : fields.weeks) {
    months_.fill(fields.months & kAllMonths);
    for (std::size_t length = 0; length < kLengths; ++length) {
        for (std::size_t weekday = 0; weekday < 7; ++weekday) {
            days_[length][weekday] = month_days(fields, static_cast<int>(length) + 28, static_cast<int>(weekday));
            if (days_[length][weekday] == 0) drop_months(length, weekday);
        }
    }
    if (weeks_ != kAnyWeek) drop_months_without_week();
    for (std::size_t kind = 0; kind < kCronYearKinds; ++kind) {
        if (months_[kind] == 0) continue;
        for (std::size_t i = 0; i < years_.size(); ++i) years_[i] |= kKinds[kind].years[i] & fields.years[i];
    }
}

void CronDates::drop_months(std::size_t length, std::size_t first_weekday) noexcept {
    for (std::size_t kind = 0; kind < kCronYearKinds; ++kind) {
        months_[kind] &= static_cast<std::uint16_t>(~kKinds[kind].months[length][first_weekday]);
    }
}

void CronDates::drop_months_without_week() noexcept {
    for (std::size_t kind = 0; kind < kCronYearKinds; ++kind) {
        for (std::uint32_t rest = months_[kind]; rest != 0; rest &= rest - 1) {
            const int month = bits::least(rest);
            if (days(kKinds[kind].example, month) == 0) months_[kind] &= static_cast<std::uint16_t>(~(1U << month));
        }
    }
}

std::uint32_t CronDates::days(int year, int month) const noexcept {
    const CronYear& entry = cron_year(year);
    const auto length = static_cast<std::size_t>(month_length(entry, month) - 28);
    const std::uint32_t days = days_[length][static_cast<std::size_t>(first_weekday(entry, month))];
    return weeks_ == kAnyWeek ? days : days & iso_week_days(weeks_, year, month);
}

bool CronDates::contains(const CronDate& date) const noexcept {
    return has_month(date) && bits::has(days(date.year, date.month), date.day);
}

int CronDates::after(const CronDate& date) const noexcept {
    if (has_month(date)) {
        const std::uint64_t rest = bits::above(days(date.year, date.month), date.day);
        if (rest != 0) return day_of({date.year, date.month, bits::least(rest)});
    }
    int year = date.year;
    std::uint64_t rest = has_year(year) ? bits::above(months(year), date.month) : 0;
    if (rest == 0) {
        year = year_after(year);
        if (year == kNone) return kNone;
        rest = months(year);
    }
    const int month = bits::least(rest);
    return day_of({year, month, bits::least(days(year, month))});
}

int CronDates::before(const CronDate& date) const noexcept {
    if (has_month(date)) {
        const std::uint64_t rest = bits::below(days(date.year, date.month), date.day);
        if (rest != 0) return day_of({date.year, date.month, bits::greatest(rest)});
    }
    int year = date.year;
    std::uint64_t rest = has_year(year) ? bits::below(months(year), date.month) : 0;
    if (rest == 0) {
        year = year_before(year);
        if (year == kNone) return kNone;
        rest = months(year);
    }
    const int month = bits::greatest(rest);
    return day_of({year, month, bits::greatest(days(year, month))});
}

int CronDates::year_after(int year) const noexcept {
    auto word = static_cast<std::size_t>(year) / 64;
    std::uint64_t rest = bits::above(years_[word], year % 64);
    while (rest == 0) {
        if (++word == years_.size()) return kNone;
        rest = years_[word];
    }
    return static_cast<int>(word) * 64 + bits::least(rest);
}

int CronDates::year_before(int year) const noexcept {
    auto word = static_cast<std::size_t>(year) / 64;
    std::uint64_t rest = bits::below(years_[word], year % 64);
    while (rest == 0) {
        if (word-- == 0) return kNone;
        rest = years_[word];
    }
    return static_cast<int>(word) * 64 + bits::greatest(rest);
}

}  // namespace uvsched
