// Traps that caught other schedulers, as far as they concern cron rules and offset changes. Expected times come from
// the rules of docs/triggers.md.
#include "core/triggers/cron/schedule.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/time/seed.hpp"
#include "tests/core/triggers/cron_fields.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

namespace {

CronSchedule schedule(const std::string& fields, const std::string& zone = "UTC") {
    return {cron_fields::of(fields), TimeZone::load(zone)};
}

std::string text(std::optional<Instant> instant) { return instant ? format_utc(*instant) : "never"; }

// The fires after an instant, one after the other.
std::string run(const CronSchedule& rule, const std::string& after, std::size_t count) {
    std::string out;
    Instant at = utc(after);
    for (std::size_t i = 0; i < count; ++i) {
        const auto next = rule.next(at);
        out += text(next) + " ";
        if (!next) break;
        CHECK(rule.previous(*next + 1) == next);
        at = *next;
    }
    return out;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts) out += text + " ";
    return out;
}

struct Row {
    std::string fields;
    std::string zone;
    std::string after;
    std::vector<std::string> expected;
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.fields);
        CAPTURE(row.zone);
        CAPTURE(row.after);
        const CronSchedule rule = schedule(row.fields, row.zone);
        CHECK(run(rule, row.after, row.expected.size()) == joined(row.expected));
        // Backwards from the last, the same in reverse.
        for (std::size_t i = row.expected.size(); i-- > 1;) {
            if (row.expected[i] == "never") continue;
            CHECK(text(rule.previous(utc(row.expected[i]))) == row.expected[i - 1]);
        }
    }
}

}  // namespace

TEST_CASE("the worked examples of New York 2024") {
    check({
        {"30 2 * * *", "America/New_York", "2024-03-09T12:00:00Z", {"2024-03-10T07:00:00Z", "2024-03-11T06:30:00Z"}},
        {"*/30 2 * * *", "America/New_York", "2024-03-09T12:00:00Z", {"2024-03-11T06:00:00Z", "2024-03-11T06:30:00Z"}},
        {"30 1 * * *", "America/New_York", "2024-11-02T12:00:00Z", {"2024-11-03T05:30:00Z", "2024-11-04T06:30:00Z"}},
        {"*/30 * * * *",
         "America/New_York",
         "2024-11-03T04:59:59Z",
         {"2024-11-03T05:00:00Z", "2024-11-03T05:30:00Z", "2024-11-03T06:00:00Z", "2024-11-03T06:30:00Z",
          "2024-11-03T07:00:00Z"}},
    });
}

TEST_CASE("traps 1 to 3, 5 and 6: never in the past, never twice, never at a time that does not exist") {
    check({
        {"0 3 * * *", "America/Los_Angeles", "2026-03-08T09:59:59.5Z", {"2026-03-08T10:00:00Z"}},
        {"30 1 * * *", "America/Los_Angeles", "2025-11-02T08:00:00Z", {"2025-11-02T08:30:00Z", "2025-11-03T09:30:00Z"}},
        {"*/30 1 * * *",
         "America/Los_Angeles",
         "2025-11-02T08:30:00Z",
         {"2025-11-02T09:00:00Z", "2025-11-02T09:30:00Z", "2025-11-03T09:00:00Z"}},
        {"*/30 * * * *", "America/New_York", "2025-11-02T05:59:30Z", {"2025-11-02T06:00:00Z"}},
        {"30 * * * *", "Europe/Helsinki", "2017-10-29T01:45:00Z", {"2017-10-29T02:30:00Z", "2017-10-29T03:30:00Z"}},
        {"0 0 * * *", "US/Pacific", "2022-03-13T08:00:00Z", {"2022-03-14T07:00:00Z"}},
        {"0 2 * * *", "US/Eastern", "2013-03-09T12:00:00Z", {"2013-03-10T07:00:00Z", "2013-03-11T06:00:00Z"}},
    });
}

TEST_CASE("trap 7: gaps at midnight and at half hours, a day that is missing") {
    check({
        {"30 23 * * *",
         "America/Nuuk",
         "2024-03-29T12:00:00Z",
         {"2024-03-30T01:30:00Z", "2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"}},
        {"0 */2 * * *", "Africa/Cairo", "2025-04-24T20:30:00Z", {"2025-04-24T23:00:00Z", "2025-04-25T01:00:00Z"}},
        {"30 * * * *",
         "Australia/Lord_Howe",
         "2024-04-06T14:00:00Z",
         {"2024-04-06T14:30:00Z", "2024-04-06T15:00:00Z", "2024-04-06T16:00:00Z"}},
        {"0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", {"2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"}},
        {"0 12 30 12 *", "Pacific/Apia", "2011-01-01T00:00:00Z", {"2012-12-29T22:00:00Z"}},
        {"0 12 * * *",
         "Pacific/Kwajalein",
         "1993-08-20T00:00:00Z",
         {"1993-08-21T00:00:00Z", "1993-08-22T00:00:00Z", "1993-08-23T00:00:00Z"}},
    });
}

TEST_CASE("trap 21: what lies in a gap comes once, at its end") {
    check({
        {"30 23 30 3 *", "America/Nuuk", "2024-01-01T00:00:00Z", {"2024-03-31T01:00:00Z"}},
        {"0 0 * * *", "Africa/Cairo", "2025-04-24T12:00:00Z", {"2025-04-24T22:00:00Z", "2025-04-25T21:00:00Z"}},
        // Local 02:00 to 02:30 is not there.
        {"0 * * * *", "Australia/Lord_Howe", "2024-10-05T14:30:00Z", {"2024-10-05T16:00:00Z"}},
        {"0 0-23 * * *",
         "Australia/Lord_Howe",
         "2024-10-05T14:30:00Z",
         {"2024-10-05T15:30:00Z", "2024-10-05T16:00:00Z"}},
        // Exactly three hours count.
        {"30 3 * * *", "Antarctica/Casey", "2009-10-17T12:00:00Z", {"2009-10-17T18:00:00Z", "2009-10-18T16:30:00Z"}},
        {"30 0 * * *", "Antarctica/Casey", "2010-03-04T00:00:00Z", {"2010-03-04T13:30:00Z", "2010-03-05T16:30:00Z"}},
    });
}

TEST_CASE("trap 22: changes beyond three hours, and offsets with seconds") {
    check({
        {"0 20 * * *",
         "Antarctica/Vostok",
         "1994-01-31T00:00:00Z",
         {"1994-01-31T13:00:00Z", "1994-01-31T20:00:00Z", "1994-02-01T20:00:00Z"}},
        {"0 3 * * *", "Antarctica/Vostok", "1994-10-31T00:00:00Z", {"1994-10-31T03:00:00Z", "1994-11-01T20:00:00Z"}},
        {"30 0 7 1 *", "Africa/Monrovia", "1971-12-01T00:00:00Z", {"1972-01-07T00:44:30Z", "1973-01-07T00:30:00Z"}},
        {"44 0 7 1 *", "Africa/Monrovia", "1971-12-01T00:00:00Z", {"1972-01-07T00:44:30Z"}},
        {"45 0 7 1 *", "Africa/Monrovia", "1971-12-01T00:00:00Z", {"1972-01-07T00:45:00Z"}},
        {"30 44 0 7 1 *", "Africa/Monrovia", "1971-12-01T00:00:00Z", {"1972-01-07T00:44:30Z"}},
        {"0 1 6 1 *", "Africa/Monrovia", "1971-12-01T00:00:00Z", {"1972-01-06T01:44:30Z"}},
    });
}

TEST_CASE("trap 23: gap ends that match, wild lists, the last minute of 2199") {
    check({
        {"0,30 2,3 * * *",
         "America/New_York",
         "2024-03-10T06:00:00Z",
         {"2024-03-10T07:00:00Z", "2024-03-10T07:30:00Z", "2024-03-11T06:00:00Z"}},
        {"5,0,10,15,20,25,30,35,40,45,50,55 2 * * *",
         "America/New_York",
         "2024-03-10T06:00:00Z",
         {"2024-03-10T07:00:00Z", "2024-03-11T06:00:00Z"}},
        {"59 23 31 12 *", "UTC", "2199-01-01T00:00:00Z", {"2199-12-31T23:59:00Z", "never"}},
        {"59 59 23 31 12 *", "UTC", "2199-12-31T23:59:58.999999Z", {"2199-12-31T23:59:59Z", "never"}},
        // The horizon is a local one.
        {"59 23 31 12 *", "America/New_York", "2199-06-01T00:00:00Z", {"2200-01-01T04:59:00Z", "never"}},
        {"59 23 31 12 *", "+14:00", "2199-01-01T00:00:00Z", {"2199-12-31T09:59:00Z", "never"}},
    });
    CronFields star = cron_fields::of("0-59/5 2 * * *");
    star.wild = true;  // `*,5`
    const CronSchedule rule(star, TimeZone::load("America/New_York"));
    CHECK(text(rule.next(utc("2024-03-10T05:00:00Z"))) == "2024-03-11T06:00:00Z");
    // `0 0 */1 * MON`: both are restricted, so either, so every day.
    CronFields daily = cron_fields::of("0 0 1-31 * 1");
    CHECK(run({daily, TimeZone()}, "2026-01-01T00:00:00Z", 3) ==
          joined({"2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"}));
}

TEST_CASE("trap 9: what can never be is never, for any instant") {
    CronFields fifth_monday = cron_fields::of("0 0 31 4,6,9,11 *");
    fifth_monday.days = CronDays::both;
    fifth_monday.day_of_week.any = false;
    fifth_monday.day_of_week.nth.of[1] = 1 << 5;
    CronFields no_hour = cron_fields::of("0 0 * * *");
    no_hour.hours = 0;
    CronFields no_year = cron_fields::of("0 0 * * *");
    no_year.years = {};
    CronFields week_53_in_june = cron_fields::of("0 0 * 6 *");
    week_53_in_june.weeks = std::uint64_t{1} << 53;
    CronFields leap_day_2100 = cron_fields::of("0 0 29 2 *");
    cron_fields::set_years(leap_day_2100, 2097, 2103);
    for (const CronFields& fields :
         {cron_fields::of("0 0 30 2 *"), cron_fields::of("0 0 31 4 *"), cron_fields::of("0 0 31 4,6,9,11 *"),
          fifth_monday, no_hour, no_year, week_53_in_june, leap_day_2100, CronFields{}}) {
        for (const char* zone : {"UTC", "Europe/Madrid"}) {
            const CronSchedule rule(fields, TimeZone::load(zone));
            for (const Instant at : {kEarliest, Instant{-1}, Instant{0}, kHorizon, kLatest}) {
                CHECK_FALSE(rule.next(at).has_value());
                CHECK_FALSE(rule.previous(at).has_value());
            }
        }
    }
}

TEST_CASE("trap 11: day of month or day of week, both with the plus") {
    check({
        {"0 0 13 * 5",
         "UTC",
         "2026-01-31T00:00:00Z",
         {"2026-02-06T00:00:00Z", "2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z", "2026-02-27T00:00:00Z",
          "2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z"}},
        {"0 0 13 * +5",
         "UTC",
         "2026-01-31T00:00:00Z",
         {"2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z", "2026-11-13T00:00:00Z"}},
        {"0 0 * * 7", "UTC", "2026-01-31T00:00:00Z", {"2026-02-01T00:00:00Z", "2026-02-08T00:00:00Z"}},
        {"0 0 * * 0", "UTC", "2026-01-31T00:00:00Z", {"2026-02-01T00:00:00Z", "2026-02-08T00:00:00Z"}},
    });
}

TEST_CASE("decades apart") {
    check({
        {"0 0 29 2 +1",
         "Europe/Madrid",
         "2024-01-01T00:00:00Z",
         {"2044-02-28T23:00:00Z", "2072-02-28T23:00:00Z", "2112-02-28T23:00:00Z", "2140-02-28T23:00:00Z",
          "2168-02-28T23:00:00Z", "2196-02-28T23:00:00Z", "never"}},
        {"0 0 29 2 *", "UTC", "2096-01-01T00:00:00Z", {"2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"}},
    });
    CHECK(text(schedule("0 0 29 2 +1", "Europe/Madrid").previous(utc("2044-02-28T23:00:00Z"))) ==
          "2016-02-28T23:00:00Z");
}

TEST_CASE("Dublin, whose winter is the saving") {
    check({
        {"30 1 * * *", "Europe/Dublin", "2026-03-28T12:00:00Z", {"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
        {"30 1 * * *", "Europe/Dublin", "2026-10-24T12:00:00Z", {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
    });
}

TEST_CASE("gap and overlap as options") {
    const TimeZone york = TimeZone::load("America/New_York");
    const CronSchedule skip(cron_fields::of("30 2 * * *"), york, CronGap::skip);
    CHECK(text(skip.next(utc("2024-03-09T12:00:00Z"))) == "2024-03-11T06:30:00Z");
    CHECK(text(skip.previous(utc("2024-03-11T06:30:00Z"))) == "2024-03-09T07:30:00Z");
    const CronSchedule both(cron_fields::of("30 1 * * *"), york, CronGap::run_at_end, CronOverlap::both);
    CHECK(run(both, "2024-11-03T00:00:00Z", 3) ==
          joined({"2024-11-03T05:30:00Z", "2024-11-03T06:30:00Z", "2024-11-04T06:30:00Z"}));
    // Neither touches a wild rule.
    const CronSchedule wild(cron_fields::of("*/30 1,2 * * *"), york, CronGap::run_at_end, CronOverlap::first);
    CHECK(run(wild, "2024-11-03T05:00:00Z", 4) ==
          joined({"2024-11-03T05:30:00Z", "2024-11-03T06:00:00Z", "2024-11-03T06:30:00Z", "2024-11-03T07:00:00Z"}));
    CHECK(run(wild, "2024-03-10T06:00:00Z", 2) == joined({"2024-03-10T06:30:00Z", "2024-03-11T05:00:00Z"}));
}

TEST_CASE("a rule whose only time lies in a gap") {
    CronFields once = cron_fields::of("30 2 10 3 *");
    cron_fields::set_years(once, 2024, 2024);
    const TimeZone york = TimeZone::load("America/New_York");
    const CronSchedule rule(once, york);
    CHECK(text(rule.next(kEarliest)) == "2024-03-10T07:00:00Z");
    CHECK(text(rule.previous(kLatest)) == "2024-03-10T07:00:00Z");
    CHECK_FALSE(rule.next(utc("2024-03-10T07:00:00Z")).has_value());
    CHECK_FALSE(rule.previous(utc("2024-03-10T07:00:00Z")).has_value());
    const CronSchedule skip(once, york, CronGap::skip);
    CHECK_FALSE(skip.next(kEarliest).has_value());
    CHECK_FALSE(skip.previous(kLatest).has_value());
}

TEST_CASE("why") {
    const struct {
        std::string fields;
        std::string zone;
        std::string instant;
        Why why;
    } rows[] = {
        {"30 2 * * *", "America/New_York", "2024-03-10T07:00:00Z", Why::gap},
        {"0,30 2,3 * * *", "America/New_York", "2024-03-10T07:00:00Z", Why::match},
        {"30 2 * * *", "America/New_York", "2024-03-11T06:30:00Z", Why::match},
        {"30 1 * * *", "America/New_York", "2024-11-03T05:30:00Z", Why::first_pass},
        {"*/30 * * * *", "America/New_York", "2024-11-03T04:30:00Z", Why::match},
        {"*/30 * * * *", "America/New_York", "2024-11-03T05:00:00Z", Why::first_pass},
        {"*/30 * * * *", "America/New_York", "2024-11-03T06:00:00Z", Why::second_pass},
        {"*/30 * * * *", "America/New_York", "2024-11-03T06:30:00Z", Why::second_pass},
        {"*/30 * * * *", "America/New_York", "2024-11-03T07:00:00Z", Why::match},
        {"0 20 * * *", "Antarctica/Vostok", "1994-01-31T13:00:00Z", Why::first_pass},
        {"0 20 * * *", "Antarctica/Vostok", "1994-01-31T20:00:00Z", Why::second_pass},
    };
    for (const auto& row : rows) {
        CAPTURE(row.fields);
        CAPTURE(row.instant);
        const CronSchedule rule = schedule(row.fields, row.zone);
        REQUIRE(text(rule.next(utc(row.instant) - 1)) == row.instant);
        CHECK(rule.why(utc(row.instant)) == row.why);
    }
}

TEST_CASE("microseconds: strictly after, strictly before") {
    const CronSchedule rule = schedule("* * * * * *");
    for (const Instant second : {Instant{0}, 7 * kSecond, utc("2100-03-01T00:00:00Z")}) {
        CHECK(rule.next(second - 1) == second);
        CHECK(rule.next(second) == second + kSecond);
        CHECK(rule.next(second + 1) == second + kSecond);
        CHECK(rule.next(second + 999'999) == second + kSecond);
        CHECK(rule.previous(second + 1) == second);
        CHECK(rule.previous(second + kSecond) == second);
        CHECK(rule.previous(second + kSecond + 1) == second + kSecond);
        if (second > 0) CHECK(rule.previous(second) == second - kSecond);
    }
}

TEST_CASE("local 1970 to local 2199, for any int64") {
    const struct {
        std::string zone;
        std::string first;
        std::string last;
    } rows[] = {
        {"UTC", "1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z"},
        {"Asia/Tokyo", "1969-12-31T15:00:00Z", "2199-12-31T14:59:59Z"},
        {"America/New_York", "1970-01-01T05:00:00Z", "2200-01-01T04:59:59Z"},
        {"-12:00", "1970-01-01T12:00:00Z", "2200-01-01T11:59:59Z"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.zone);
        const CronSchedule rule = schedule("* * * * * *", row.zone);
        for (const Instant at : {kEarliest, kEarliest + 1, -kHorizon, utc(row.first) - kDay, utc(row.first) - 1}) {
            CHECK(text(rule.next(at)) == row.first);
            CHECK_FALSE(rule.previous(at).has_value());
        }
        CHECK_FALSE(rule.previous(utc(row.first)).has_value());
        for (const Instant at : {kLatest, kLatest - 1, 2 * kHorizon, utc(row.last) + 1}) {
            CHECK(text(rule.previous(at)) == row.last);
            CHECK_FALSE(rule.next(at).has_value());
        }
        CHECK_FALSE(rule.next(utc(row.last)).has_value());
    }
}
