#include "core/triggers/cron/dates.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "core/triggers/cron/month_days.hpp"
#include "tests/core/time/seed.hpp"
#include "tests/core/triggers/cron_fields.hpp"

using namespace uvsched;

namespace {

// Every date of a rule, day by day.
std::vector<int> walk(const CronFields& fields) {
    std::vector<int> out;
    for (int day = 0; day <= kCronLastDay; ++day) {
        const CronDate date = date_of(day);
        const auto year = static_cast<std::size_t>(date.year);
        if ((fields.years[year / 64] >> year % 64 & 1) == 0 || (fields.months >> date.month & 1) == 0) continue;
        const CronYear& entry = cron_year(date.year);
        const std::uint32_t days =
            month_days(fields, month_length(entry, date.month), first_weekday(entry, date.month)) &
            iso_week_days(fields.weeks, date.year, date.month);
        if ((days >> date.day & 1) != 0) out.push_back(day);
    }
    return out;
}

CronFields random_fields(Seeded& random) {
    CronFields fields = cron_fields::of("0 0 * * *");
    const auto rare = [&] { return random.engine() & random.engine() & random.engine(); };
    fields.months = static_cast<std::uint16_t>(random.between(0, 1) == 0 ? rare() : random.engine());
    if (random.between(0, 1) == 0) {
        fields.day_of_month.any = false;
        fields.day_of_month.days = static_cast<std::uint32_t>(rare()) & ~1U;
        if (random.between(0, 2) == 0) fields.day_of_month.days = 1U << random.between(28, 31);
        if (random.between(0, 3) == 0) fields.day_of_month.from_end = 1U << random.between(0, 30);
    }
    if (random.between(0, 1) == 0) {
        fields.day_of_week.any = false;
        fields.day_of_week.days = static_cast<std::uint8_t>(rare() & 0x7F);
        fields.days = random.between(0, 2) == 0 ? CronDays::either : CronDays::both;
    }
    if (random.between(0, 3) == 0) fields.weeks = random.between(0, 1) == 0 ? rare() : std::uint64_t{1} << 53;
    if (random.between(0, 2) == 0) {
        for (std::uint64_t& word : fields.years) word = rare();
    }
    return fields;
}

}  // namespace

TEST_CASE("each day of 1970 to 2199 is the date that the calendar gives it") {
    using namespace std::chrono;
    CHECK(kCronLastDay == sys_days{2199y / 12 / 31}.time_since_epoch().count());
    for (int day = 0; day <= kCronLastDay; ++day) {
        const sys_days at{days{day}};
        const year_month_day ymd{at};
        const CronDate date = date_of(day);
        REQUIRE(date.year + kCronFirstYear == static_cast<int>(ymd.year()));
        REQUIRE(date.month == static_cast<int>(static_cast<unsigned>(ymd.month())));
        REQUIRE(date.day == static_cast<int>(static_cast<unsigned>(ymd.day())));
        REQUIRE(day_of(date) == day);
        const CronYear& entry = cron_year(date.year);
        REQUIRE((first_weekday(entry, date.month) + date.day - 1) % 7 == static_cast<int>(weekday{at}.c_encoding()));
        const year_month_day_last last{ymd.year() / ymd.month() / std::chrono::last};
        REQUIRE(month_length(entry, date.month) == static_cast<int>(static_cast<unsigned>(last.day())));
    }
}

TEST_CASE("the dates of any rule, forwards and backwards, are what a walk finds") {
    Seeded random;
    CAPTURE(random.seed);
    int never = 0;
    for (int i = 0; i < 40; ++i) {
        const CronFields fields = random_fields(random);
        const CronDates dates(fields);
        const std::vector<int> expected = walk(fields);
        REQUIRE(dates.empty() == expected.empty());
        never += expected.empty() ? 1 : 0;
        std::size_t next = 0;  // the first that is not before the day
        for (int day = 0; day <= kCronLastDay; day += static_cast<int>(random.between(1, 9))) {
            while (next < expected.size() && expected[next] < day) ++next;
            const bool is = next < expected.size() && expected[next] == day;
            const std::size_t after = next + (is ? 1 : 0);
            const CronDate date = date_of(day);
            CAPTURE(day);
            REQUIRE(dates.contains(date) == is);
            REQUIRE(dates.after(date) == (after < expected.size() ? expected[after] : CronDates::kNone));
            REQUIRE(dates.before(date) == (next > 0 ? expected[next - 1] : CronDates::kNone));
        }
    }
    CHECK(never < 36);
}

TEST_CASE("the first ISO week has seven days, some of them in December") {
    CronFields fields = cron_fields::of("0 0 * * *");
    fields.weeks = 2;
    const CronDates dates(fields);
    std::vector<int> found;
    for (int day = dates.after({2025 - kCronFirstYear, 12, 1}); found.size() < 8; day = dates.after(date_of(day))) {
        found.push_back(day);
    }
    const int monday = day_of({2025 - kCronFirstYear, 12, 29});
    for (int i = 0; i < 7; ++i) CHECK(found[static_cast<std::size_t>(i)] == monday + i);
    CHECK(found[7] == day_of({2027 - kCronFirstYear, 1, 4}));
}
