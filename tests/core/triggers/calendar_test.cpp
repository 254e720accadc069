#include "core/triggers/calendar.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

namespace {

// The next n times after one instant, and the same list found backwards from behind its end.
std::vector<Instant> times(const TriggerPtr& trigger, Instant after, std::size_t n, Instant anchor) {
    std::vector<Instant> out;
    for (auto time = trigger->next(after, anchor); time && out.size() < n; time = trigger->next(*time, anchor)) {
        out.push_back(*time);
    }
    if (out.empty()) return out;
    std::vector<Instant> back;
    for (auto time = trigger->previous(out.back() + 1, anchor); time && *time > after;
         time = trigger->previous(*time, anchor)) {
        back.insert(back.begin(), *time);
    }
    CHECK(back == out);
    return out;
}

std::vector<Instant> instants(const std::vector<const char*>& texts) {
    std::vector<Instant> out;
    for (const char* text : texts) out.push_back(utc(text));
    return out;
}

// As JSON reads it: that is how most of them are made.
TriggerPtr calendar(const std::string& members, const char* zone = "UTC") {
    const auto value = nlohmann::json::parse(R"({"type":"calendar_interval",)" + members + "}");
    return trigger_from_json(value, TimeZone::load(zone), "trigger");
}

}  // namespace

TEST_CASE("dates by the rule, times by the zone") {
    const struct {
        const char* what;
        const char* zone;
        const char* members;
        const char* anchor;  // also what the first time is asked after
        std::vector<const char*> expected;
    } cases[] = {
        {"a month without a 31st is skipped",
         "UTC",
         R"("months":1,"hour":9)",
         "2026-01-31T08:00:00Z",
         {"2026-01-31T09:00:00Z", "2026-03-31T09:00:00Z", "2026-05-31T09:00:00Z", "2026-07-31T09:00:00Z",
          "2026-08-31T09:00:00Z", "2026-10-31T09:00:00Z", "2026-12-31T09:00:00Z", "2027-01-31T09:00:00Z"}},
        {"the day before a leap day comes every year",
         "UTC",
         R"("years":1)",
         "2088-02-28T23:59:59Z",
         {"2089-02-28T00:00:00Z", "2090-02-28T00:00:00Z"}},
        {"29 February waits for leap years, over 2100 too",
         "UTC",
         R"("years":1)",
         "2088-02-29T00:00:00Z",
         {"2092-02-29T00:00:00Z", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z"}},
        {"months first, then days",
         "UTC",
         R"("months":1,"days":1)",
         "2026-01-29T23:00:00Z",
         {"2026-03-31T00:00:00Z", "2026-05-02T00:00:00Z", "2026-06-02T00:00:00Z", "2026-07-04T00:00:00Z"}},
        {"a year and a month are 13 months",
         "UTC",
         R"("years":1,"months":1)",
         "2026-01-15T12:00:00Z",
         {"2027-02-15T00:00:00Z", "2028-03-15T00:00:00Z", "2029-04-15T00:00:00Z"}},
        {"a week and a day are 8 days",
         "UTC",
         R"("weeks":1,"days":1,"minute":5)",
         "2026-02-25T00:00:00Z",
         {"2026-02-25T00:05:00Z", "2026-03-05T00:05:00Z", "2026-03-13T00:05:00Z"}},
        {"the date of adding is that of the zone",
         "Asia/Tokyo",
         R"("days":2,"hour":6)",
         "2026-02-25T20:00:00Z",
         {"2026-02-25T21:00:00Z", "2026-02-27T21:00:00Z"}},
        {"in a gap, at its end",
         "Europe/Madrid",
         R"("days":1,"hour":2,"minute":30)",
         "2026-03-28T00:00:00+01:00",
         {"2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"}},
        {"in a gap, if so wanted, not at all",
         "Europe/Madrid",
         R"("days":1,"hour":2,"minute":30,"gap":"skip")",
         "2026-03-28T00:00:00+01:00",
         {"2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00", "2026-03-31T02:30:00+02:00"}},
        {"the first instant of a gap is in it, its end is not",
         "Europe/Madrid",
         R"("days":1,"hour":2)",
         "2026-03-28T12:00:00+01:00",
         {"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"}},
        {"the end of a gap",
         "Europe/Madrid",
         R"("days":1,"hour":3,"gap":"skip")",
         "2026-03-28T12:00:00+01:00",
         {"2026-03-29T03:00:00+02:00", "2026-03-30T03:00:00+02:00"}},
        {"in an overlap, the first pass",
         "Europe/Madrid",
         R"("days":1,"hour":2,"minute":30)",
         "2026-10-24T12:00:00+02:00",
         {"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"}},
        {"a gap at midnight does not lose the day",
         "Africa/Cairo",
         R"("days":1)",
         "2025-04-23T12:00:00+02:00",
         {"2025-04-24T00:00:00+02:00", "2025-04-25T01:00:00+03:00", "2025-04-26T00:00:00+03:00"}},
        {"a gap that ends on the next date",
         "America/Nuuk",
         R"("days":1,"hour":23,"minute":30)",
         "2024-03-29T12:00:00-02:00",
         {"2024-03-29T23:30:00-02:00", "2024-03-31T00:00:00-01:00", "2024-03-31T23:30:00-01:00"}},
        {"a gap of exactly three hours",
         "Antarctica/Casey",
         R"("days":1,"hour":3,"minute":30)",
         "2009-10-17T00:00:00+08:00",
         {"2009-10-17T03:30:00+08:00", "2009-10-18T05:00:00+11:00", "2009-10-19T03:30:00+11:00"}},
        {"a gap of seven hours gives nothing",
         "Antarctica/Vostok",
         R"("days":1,"hour":3)",
         "1994-10-31T00:00:00Z",
         {"1994-10-31T03:00:00Z", "1994-11-02T03:00:00+07:00"}},
        {"an overlap of seven hours, the first pass",
         "Antarctica/Vostok",
         R"("days":1,"hour":20)",
         "1994-01-30T20:00:00+07:00",
         {"1994-01-31T20:00:00+07:00", "1994-02-01T20:00:00Z"}},
        {"a date that never was",
         "Pacific/Apia",
         R"("days":1,"hour":12)",
         "2011-12-28T13:00:00-10:00",
         {"2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00"}},
        {"start_at gives the date, and holds back what is before it",
         "America/New_York",
         R"("days":2,"start_at":"2026-01-01T04:00:00Z","timezone":"America/New_York")",
         "2020-01-01T00:00:00Z",
         {"2026-01-02T00:00:00-05:00", "2026-01-04T00:00:00-05:00"}},
        {"start_at itself may be a time",
         "UTC",
         R"("months":1,"hour":4,"start_at":"2026-01-30T04:00:00")",
         "2020-01-01T00:00:00Z",
         {"2026-01-30T04:00:00Z", "2026-03-30T04:00:00Z"}},
        {"a start long ago keeps its phase",
         "UTC",
         R"("days":3,"start_at":"1900-01-01T00:00:00")",
         "2026-02-25T00:00:00Z",
         {"2026-02-26T00:00:00Z", "2026-03-01T00:00:00Z"}},
    };
    for (const auto& c : cases) {
        CAPTURE(c.what);
        const Instant anchor = utc(c.anchor);
        CHECK(times(calendar(c.members, c.zone), anchor, c.expected.size(), anchor) == instants(c.expected));
    }
}

TEST_CASE("end_at is inclusive, and what comes after it is found by neither direction") {
    const auto trigger = calendar(R"("days":1,"end_at":"2026-02-03T00:00:00","start_at":"2026-02-01T00:00:00")");
    CHECK(times(trigger, kEarliest, 9, 0) ==
          instants({"2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z", "2026-02-03T00:00:00Z"}));
    CHECK(trigger->previous(kLatest, 0) == utc("2026-02-03T00:00:00Z"));
    CHECK_FALSE(trigger->previous(utc("2026-02-01T00:00:00Z"), 0).has_value());
    CHECK(trigger->end_at() == utc("2026-02-03T00:00:00Z"));
}

TEST_CASE("times lie in local 1970 to 2199") {
    const auto west = calendar(R"("days":1,"hour":23,"start_at":"1960-01-01T00:00:00")", "-10:00");
    CHECK(west->next(kEarliest, 0) == utc("1970-01-01T23:00:00-10:00"));
    CHECK(west->next(utc("2199-12-31T00:00:00Z"), 0) == utc("2199-12-30T23:00:00-10:00"));
    CHECK(west->next(utc("2199-12-31T12:00:00Z"), 0) == utc("2199-12-31T23:00:00-10:00"));
    CHECK_FALSE(west->next(utc("2199-12-31T23:00:00-10:00"), 0).has_value());
    CHECK(west->previous(kLatest, 0) == utc("2199-12-31T23:00:00-10:00"));
    const auto east = calendar(R"("days":1,"start_at":"1960-01-01T00:00:00")", "+14:00");
    CHECK(east->next(kEarliest, 0) == utc("1970-01-01T00:00:00+14:00"));
    CHECK(east->previous(utc("1970-01-01T00:00:01+14:00"), 0) == utc("1970-01-01T00:00:00+14:00"));
    CHECK_FALSE(east->previous(utc("1970-01-01T00:00:00+14:00"), 0).has_value());
    CHECK_FALSE(calendar(R"("days":1,"start_at":"2200-01-01T00:00:00Z")")->next(0, 0).has_value());
    CHECK_FALSE(calendar(R"("days":1)")->next(0, kLatest).has_value());
    CHECK(calendar(R"("days":1)")->next(0, kEarliest).has_value());
    CHECK(calendar(R"("years":1000000)")->next(0, 0) == std::nullopt);
    CHECK(calendar(R"("years":1000000)")->next(-1, 0) == 0);
}

TEST_CASE("why a time is one") {
    const auto trigger = calendar(R"("days":1,"hour":2,"minute":30)", "Europe/Madrid");
    CHECK(trigger->why(utc("2026-03-28T02:30:00+01:00"), 0) == Why::match);
    CHECK(trigger->why(utc("2026-03-29T03:00:00+02:00"), 0) == Why::gap);
    CHECK(trigger->why(utc("2026-10-25T02:30:00+02:00"), 0) == Why::first_pass);
    CHECK(trigger->why(utc("2026-10-26T02:30:00+01:00"), 0) == Why::match);
}

TEST_CASE("what a calendar interval refuses") {
    const auto message = [](const std::string& members) {
        try {
            static_cast<void>(calendar(members));
        } catch (const Error& error) {
            CHECK(error.code() == Code::invalid);
            return error.message();
        }
        return std::string();
    };
    CHECK(message(R"("hour":9)") == "trigger.days: at least one of years, months, weeks and days must be 1 or more");
    CHECK(message(R"("days":0)") == "trigger.days: at least one of years, months, weeks and days must be 1 or more");
    CHECK(message(R"("days":-1)") == "trigger.days: -1 is less than 0");
    CHECK(message(R"("months":1.5)") == "trigger.months: 1.5 is not a whole number");
    CHECK(message(R"("weeks":1000001)") == "trigger.weeks: 1000001 is more than 1000000");
    CHECK(message(R"("days":1,"hour":24)") == "trigger.hour: 24 is more than 23");
    CHECK(message(R"("days":1,"gap":"first")") == "trigger.gap: \"first\" is neither \"run_at_end\" nor \"skip\"");
    CHECK(message(R"("days":1,"overlap":"both")").starts_with("trigger.overlap: unknown key (known: type, jitter, "));
    CHECK(message(R"("days":1,"start_at":"2026-01-02T00:00:00Z","end_at":"2026-01-01T00:00:00Z")") ==
          "trigger.end_at: 2026-01-01T00:00:00Z is before start_at, 2026-01-02T00:00:00Z");
    const auto made = [](const CalendarOptions& options) {
        try {
            static_cast<void>(make_calendar_trigger(options));
        } catch (const Error& error) {
            return error.message();
        }
        return std::string();
    };
    CHECK(made({.years = -1, .days = 1}) == "years: -1 is not in 0-1000000");
    CHECK(made({.days = 1, .second = 60}) == "second: 60 is not in 0-59");
    CHECK(made({.days = 1, .jitter = -kSecond}) == "jitter: -1 s is negative");
}

TEST_CASE("its canonical form names its zone, and its line for people reads well") {
    const auto plain = calendar(R"("months":1)");
    CHECK(plain->to_json().dump() == R"({"months":1,"timezone":"UTC","type":"calendar_interval"})");
    CHECK(plain->describe() == "calendar interval of 1 month at 00:00:00, UTC");
    const auto full = calendar(
        R"("years":1,"days":2,"hour":9,"minute":5,"second":7,"gap":"skip","jitter":0.5,
           "start_at":"2026-01-01T00:00:00","end_at":"2027-01-01T00:00:00")",
        "Europe/Madrid");
    CHECK(full->to_json().dump() ==
          R"({"days":2,"end_at":"2026-12-31T23:00:00Z","gap":"skip","hour":9,"jitter":0.5,"minute":5,"second":7,)"
          R"("start_at":"2025-12-31T23:00:00Z","timezone":"Europe/Madrid","type":"calendar_interval","years":1})");
    CHECK(
        full->describe() ==
        "calendar interval of 1 year, 2 days at 09:05:07 from 2025-12-31T23:00:00Z until 2026-12-31T23:00:00Z, skipped "
        "in gaps, jitter 500 ms, Europe/Madrid");
    CHECK(full->zone()->name() == "Europe/Madrid");
    CHECK(full->jitter() == 500'000);
    CHECK_FALSE(full->elapsed());
}

TEST_CASE("its zone is the given one, else start_at's offset, else end_at's, else the scheduler's") {
    const auto zone = [](const std::string& members) {
        return calendar(members, "Asia/Tokyo")->to_json()["timezone"].get<std::string>();
    };
    CHECK(zone(R"("days":1)") == "Asia/Tokyo");
    CHECK(zone(R"("days":1,"start_at":"2026-01-01T00:00:00")") == "Asia/Tokyo");
    CHECK(zone(R"("days":1,"start_at":"2026-01-01T00:00:00-03:30")") == "-03:30");
    CHECK(zone(R"("days":1,"start_at":"2026-01-01T00:00:00","end_at":"2027-01-01T00:00:00+01:00")") == "+01:00");
    CHECK(zone(R"("days":1,"start_at":"2026-01-01T00:00:00Z","end_at":"2027-01-01T00:00:00+01:00")") == "UTC");
    CHECK(zone(R"("days":1,"start_at":"2026-01-01T00:00:00-03:30","timezone":"Europe/Madrid")") == "Europe/Madrid");
}
