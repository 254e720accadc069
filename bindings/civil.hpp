// Civil: wall-clock time as a number of microseconds since 1970-01-01T00:00:00, and as a calendar's fields.
#pragma once

#include <cstdint>

namespace uvsched::python {

inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kDay = 86'400 * kSecond;

// Gregorian, years 1 to 9999.
struct Civil {
    int year, month, day, hour, minute, second, microsecond;
};

// Days since 1970-01-01. Years begin in March here, so that the leap day is the last one.
[[nodiscard]] constexpr std::int64_t days_of(int year, int month, int day) noexcept {
    const std::int64_t y = year - (month <= 2 ? 1 : 0);
    const std::int64_t m = month + (month <= 2 ? 9 : -3);  // March is 0
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719'468;
}

[[nodiscard]] constexpr std::int64_t local_of(const Civil& civil) noexcept {
    const std::int64_t seconds = civil.hour * 3600 + civil.minute * 60 + civil.second;
    return days_of(civil.year, civil.month, civil.day) * kDay + seconds * kSecond + civil.microsecond;
}

// Sets year, month and day. `days`: since 1970-01-01.
constexpr void set_date(Civil& civil, std::int64_t days) noexcept {
    const auto day = static_cast<std::uint32_t>(days + 719'468);  // since 0000-03-01, so that nothing is negative
    const std::uint32_t century = (4 * day + 3) / 146'097;
    const std::uint32_t in_century = (4 * day + 3) % 146'097 / 4;
    const std::uint32_t year = (4 * in_century + 3) / 1'461;
    const std::uint32_t in_year = (4 * in_century + 3) % 1'461 / 4;
    const std::uint32_t month = (5 * in_year + 2) / 153;
    civil.year = static_cast<int>(century * 100 + year + (month >= 10 ? 1 : 0));
    civil.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
    civil.day = static_cast<int>(in_year - (153 * month + 2) / 5 + 1);
}

// Sets the rest. `time`: microseconds since midnight.
constexpr void set_time(Civil& civil, std::int64_t time) noexcept {
    const auto second = static_cast<std::uint32_t>(time / kSecond);
    civil.hour = static_cast<int>(second / 3600);
    civil.minute = static_cast<int>(second / 60 % 60);
    civil.second = static_cast<int>(second % 60);
    civil.microsecond = static_cast<int>(time % kSecond);
}

// The day that a local time lies in, since 1970-01-01.
[[nodiscard]] constexpr std::int64_t day_of(std::int64_t local) noexcept {
    return local / kDay - (local % kDay < 0 ? 1 : 0);
}

[[nodiscard]] constexpr Civil civil_of(std::int64_t local) noexcept {
    Civil civil{};
    set_date(civil, day_of(local));
    set_time(civil, local - day_of(local) * kDay);
    return civil;
}

static_assert(local_of({1970, 1, 1, 0, 0, 0, 0}) == 0);
static_assert(local_of({2000, 3, 1, 0, 0, 0, 1}) == 951'868'800 * kSecond + 1);
static_assert(civil_of(951'782'400 * kSecond - 1).day == 28 && civil_of(951'782'400 * kSecond).day == 29);
static_assert(civil_of(local_of({1, 1, 1, 0, 0, 0, 0})).year == 1);
static_assert(civil_of(local_of({9999, 12, 31, 23, 59, 59, 999'999})).microsecond == 999'999);

}  // namespace uvsched::python
