#include "core/triggers/cron/month_days.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>

#include "core/triggers/cron/year_table.hpp"
#include "tests/core/time/seed.hpp"

using namespace uvsched;

namespace {

using Days = std::set<int>;

Days days(std::uint32_t bits) {
    Days out;
    for (int day = 0; day < 32; ++day) {
        if ((bits >> day & 1) != 0) out.insert(day);
    }
    return out;
}

struct Month {
    int length;
    int first_weekday;
};

// As in 2026.
constexpr Month kFebruary{28, 0};
constexpr Month kMarch{31, 0};
constexpr Month kApril{30, 3};
constexpr Month kMay{31, 5};
constexpr Month kAugust{31, 6};

Days named(const CronDayOfMonth& rule, const Month& month) {
    CronFields fields;
    fields.day_of_month = rule;
    fields.day_of_month.any = false;
    return days(month_days(fields, month.length, month.first_weekday));
}

Days named(const CronDayOfWeek& rule, const Month& month) {
    CronFields fields;
    fields.day_of_week = rule;
    fields.day_of_week.any = false;
    return days(month_days(fields, month.length, month.first_weekday));
}

CronDayOfMonth nearest(int day) {
    CronDayOfMonth rule;
    rule.nearest = 1U << day;
    return rule;
}

CronDayOfMonth from_end(int days) {
    CronDayOfMonth rule;
    rule.from_end = 1U << days;
    return rule;
}

CronDayOfWeek nth(int weekday, int n) {
    CronDayOfWeek rule;
    rule.nth.of[static_cast<std::size_t>(weekday)] = static_cast<std::uint8_t>(1 << n);
    return rule;
}

// What one day is, asked of the calendar by itself: the slow way.
bool is_day(const CronFields& fields, int length, int first, int day) {
    const auto weekday = [&](int d) { return (first + d + 6) % 7; };
    const auto nth_has = [&](const CronNthWeekdays& rule) {
        const unsigned set = rule.of[static_cast<std::size_t>(weekday(day))];
        return (set >> ((day + 6) / 7) & 1) != 0 || ((set & 1) != 0 && day + 7 > length);
    };
    const auto workday = [&](int d) { return d >= 1 && d <= length && weekday(d) != 0 && weekday(d) != 6; };
    const CronDayOfMonth& dom = fields.day_of_month;
    bool by_month = (dom.days >> day & 1) != 0 || (dom.from_end >> (length - day) & 1) != 0 || nth_has(dom.nth);
    for (int wanted = 1; wanted <= length; ++wanted) {
        if ((dom.nearest >> wanted & 1) == 0) continue;
        int best = 0;
        for (int distance = 0; best == 0; ++distance) {
            if (workday(wanted - distance)) best = wanted - distance;
            if (workday(wanted + distance)) best = wanted + distance;
        }
        by_month = by_month || best == day;
    }
    if (dom.last_weekday) {
        int last = length;
        while (!workday(last)) --last;
        by_month = by_month || last == day;
    }
    const CronDayOfWeek& dow = fields.day_of_week;
    const bool by_week = (dow.days >> weekday(day) & 1) != 0 || nth_has(dow.nth);
    if (dom.any && dow.any) return true;
    if (dom.any) return by_week;
    if (dow.any) return by_month;
    return fields.days == CronDays::either ? by_month || by_week : by_month && by_week;
}

}  // namespace

TEST_CASE("the last day, and days before it") {
    CHECK(named(from_end(0), kFebruary) == Days{28});
    CHECK(named(from_end(0), kApril) == Days{30});
    CHECK(named(from_end(3), kMarch) == Days{28});
    CHECK(named(from_end(27), kFebruary) == Days{1});
    CHECK(named(from_end(28), kFebruary) == Days{});
    CHECK(named(from_end(30), kMarch) == Days{1});
    CHECK(named(from_end(30), kApril) == Days{});
}

TEST_CASE("the weekday nearest to a day stays in the month") {
    CHECK(named(nearest(4), kApril) == Days{3});       // a Saturday
    CHECK(named(nearest(5), kApril) == Days{6});       // a Sunday
    CHECK(named(nearest(15), kApril) == Days{15});     // a Wednesday
    CHECK(named(nearest(1), kAugust) == Days{3});      // a Saturday, the first
    CHECK(named(nearest(1), kMarch) == Days{2});       // a Sunday, the first
    CHECK(named(nearest(28), kFebruary) == Days{27});  // a Saturday, the last
    CHECK(named(nearest(31), kMay) == Days{29});       // a Sunday, the last
    CHECK(named(nearest(31), kApril) == Days{});       // months without that day have none
    CHECK(named(nearest(30), kFebruary) == Days{});
}

TEST_CASE("the last weekday of the month") {
    CronDayOfMonth rule;
    rule.last_weekday = true;
    CHECK(named(rule, kFebruary) == Days{27});  // ends on a Saturday
    CHECK(named(rule, kMarch) == Days{31});     // on a Tuesday
    CHECK(named(rule, kMay) == Days{29});       // on a Sunday
}

TEST_CASE("weekdays, the n-th, the last") {
    CronDayOfWeek mondays;
    mondays.days = 1 << 1;
    CHECK(named(mondays, kFebruary) == Days{2, 9, 16, 23});
    CHECK(named(mondays, kMarch) == Days{2, 9, 16, 23, 30});
    CHECK(named(nth(5, 2), kMarch) == Days{13});
    CHECK(named(nth(0, 1), kMarch) == Days{1});
    CHECK(named(nth(1, 5), kMarch) == Days{30});
    CHECK(named(nth(1, 5), kFebruary) == Days{});
    CHECK(named(nth(5, 0), kMarch) == Days{27});
    CHECK(named(nth(6, 0), kFebruary) == Days{28});
    CronDayOfMonth in_day;
    in_day.nth = nth(5, 2).nth;
    CHECK(named(in_day, kMarch) == Days{13});
}

TEST_CASE("any rule in any month is what a day by day look finds") {
    Seeded random;
    CAPTURE(random.seed);
    const auto sparse = [&](std::uint64_t bits) {
        const std::uint64_t set = random.engine() & random.engine() & bits;
        return random.between(0, 1) == 0 ? set : 0;
    };
    for (int i = 0; i < 2'000; ++i) {
        CronFields fields;
        CronDayOfMonth& dom = fields.day_of_month;
        CronDayOfWeek& dow = fields.day_of_week;
        dom.any = random.between(0, 3) == 0;
        dow.any = random.between(0, 3) == 0;
        fields.days = random.between(0, 1) == 0 ? CronDays::either : CronDays::both;
        dom.days = static_cast<std::uint32_t>(sparse(0xFFFF'FFFE));
        dom.from_end = static_cast<std::uint32_t>(sparse(0x7FFF'FFFF));
        dom.nearest = static_cast<std::uint32_t>(sparse(0xFFFF'FFFE));
        dom.last_weekday = random.between(0, 3) == 0;
        dow.days = static_cast<std::uint8_t>(sparse(0x7F));
        for (std::uint8_t& set : dom.nth.of) set = static_cast<std::uint8_t>(sparse(0x3F));
        for (std::uint8_t& set : dow.nth.of) set = static_cast<std::uint8_t>(sparse(0x3F));
        for (int length = 28; length <= 31; ++length) {
            for (int first = 0; first < 7; ++first) {
                CAPTURE(length);
                CAPTURE(first);
                Days expected;
                for (int day = 1; day <= length; ++day) {
                    if (is_day(fields, length, first, day)) expected.insert(day);
                }
                REQUIRE(days(month_days(fields, length, first)) == expected);
            }
        }
    }
}

TEST_CASE("ISO weeks: each day of 230 years is in the week of its Thursday") {
    using namespace std::chrono;
    for (int day = 0; day <= kCronLastDay; ++day) {
        const sys_days date{std::chrono::days{day}};
        const auto since_monday = static_cast<int>(weekday{date}.iso_encoding()) - 1;
        const sys_days thursday = date + std::chrono::days{3 - since_monday};
        const sys_days january{year_month_day{thursday}.year() / 1 / 1};
        const int week = static_cast<int>((thursday - january).count()) / 7 + 1;
        const CronDate at = date_of(day);
        const std::uint64_t one = std::uint64_t{1} << week;
        CAPTURE(day);
        CAPTURE(week);
        REQUIRE((iso_week_days(one, at.year, at.month) >> at.day & 1) == 1);
        REQUIRE((iso_week_days(~one, at.year, at.month) >> at.day & 1) == 0);
    }
}
