#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/triggers/trigger.hpp"

using namespace uvsched;

namespace {

std::string canonical(const char* text, const TimeZone& zone = {}) {
    return trigger_from_json(nlohmann::json::parse(text), zone, "trigger")->to_json().dump();
}

Error refusal(const std::string& text) {
    try {
        static_cast<void>(trigger_from_json(nlohmann::json::parse(text), TimeZone(), "trigger"));
    } catch (const Error& error) {
        return error;
    }
    return {Code::ok, ""};
}

}  // namespace

TEST_CASE("intervals in every unit, summed and rounded once") {
    const struct {
        const char* given;
        const char* length;
    } cases[] = {
        {R"({"seconds":1,"hours":0,"days":null})", R"("seconds":1)"},
        {R"({"weeks":1,"days":1,"hours":1,"minutes":1,"seconds":1})", R"("seconds":694861)"},
        {R"({"days":1.5})", R"("seconds":129600)"},
        {R"({"hours":0.1})", R"("seconds":360)"},
        {R"({"seconds":0.1})", R"("seconds":0.1)"},
        {R"({"seconds":1e-6})", R"("microseconds":1)"},
        {R"({"seconds":0.0000014})", R"("microseconds":1)"},
        {R"({"seconds":0.0000005,"microseconds":0.5})", R"("microseconds":1)"},
        {R"({"seconds":2.0000025})", R"("microseconds":2000002)"},
        {R"({"microseconds":10000000})", R"("seconds":10)"},
        {R"({"days":84006})", R"("seconds":7258118400)"},
        {R"({"seconds":123456789.123456})", R"("microseconds":123456789123456)"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given);
        auto value = nlohmann::json::parse(c.given);
        value["type"] = "interval";
        const std::string expected = "{" + std::string(c.length) + R"(,"type":"interval"})";
        CHECK(trigger_from_json(value, TimeZone(), "trigger")->to_json().dump() == expected);
    }
}

TEST_CASE("naive times are read in the trigger's own zone, else the scheduler's") {
    const TimeZone madrid = TimeZone::load("Europe/Madrid");
    CHECK(canonical(R"({"type":"date","run_at":"2026-07-01T12:00:00"})", madrid) ==
          R"({"run_at":"2026-07-01T10:00:00Z","type":"date"})");
    CHECK(canonical(R"({"type":"date","run_at":"2026-07-01T12:00:00","timezone":"America/New_York"})", madrid) ==
          R"({"run_at":"2026-07-01T16:00:00Z","timezone":"America/New_York","type":"date"})");
    CHECK(canonical(R"({"type":"date","run_at":"2026-07-01T12:00:00+05:00"})", madrid) ==
          R"({"run_at":"2026-07-01T07:00:00Z","type":"date"})");
    CHECK(canonical(R"({"type":"date","run_at":"2026-07-01T12:00:00","start_at":"2026-06-01","end_at":"2026-08-01"})",
                    madrid) ==
          R"({"end_at":"2026-07-31T22:00:00Z","run_at":"2026-07-01T10:00:00Z","start_at":"2026-05-31T22:00:00Z",)"
          R"("type":"date"})");
    CHECK(canonical(R"({"type":"date","run_at":null,"jitter":null,"timezone":null})", madrid) == R"({"type":"date"})");
    CHECK(canonical(R"({"type":"interval","seconds":1,"start_at":"2026-03-29T02:30:00","end_at":"2026-07-01"})",
                    madrid) ==
          R"({"end_at":"2026-06-30T22:00:00Z","seconds":1,"start_at":"2026-03-29T01:30:00Z","type":"interval"})");
    // One bound's offset is the rule's zone, and so the other's.
    CHECK(
        canonical(
            R"({"type":"interval","seconds":1,"start_at":"2026-07-01T12:00:00","end_at":"2026-08-01T00:00:00+05:00"})",
            madrid) ==
        R"({"end_at":"2026-07-31T19:00:00Z","seconds":1,"start_at":"2026-07-01T07:00:00Z","type":"interval"})");
}

TEST_CASE("a bound whose offset is unknown gives the rule no zone") {
    const TimeZone madrid = TimeZone::load("Europe/Madrid");
    CHECK(canonical(R"({"type":"cron","expression":"@daily","start_at":"2026-07-01T12:00:00-00:00"})", madrid) ==
          canonical(R"({"type":"cron","expression":"@daily","start_at":"2026-07-01T14:00:00"})", madrid));
    CHECK(canonical(R"({"type":"cron","expression":"@daily","start_at":"2026-07-01T12:00:00Z"})", madrid) ==
          canonical(R"({"type":"cron","expression":"@daily","start_at":"2026-07-01T12:00:00","timezone":"UTC"})"));
}

TEST_CASE("zones stay as they were spelt, so that equal instants in other words are another definition") {
    CHECK(canonical(R"({"type":"date","timezone":"UTC+02:00"})") == R"({"timezone":"UTC+02:00","type":"date"})");
    CHECK(canonical(R"({"type":"date","timezone":"+02:00"})") == R"({"timezone":"+02:00","type":"date"})");
}

TEST_CASE("every fault is named with its path") {
    const struct {
        const char* given;
        const char* message;
    } cases[] = {
        {"5", "trigger: 5 is not an object"},
        {R"(["interval"])", "trigger: [\"interval\"] is not an object"},
        {R"({"type":7})", "trigger.type: 7 is not a string"},
        {R"({"type":"interval","start_at":"x"})",
         "trigger.start_at: \"x\" is not a date-time; write it like \"2026-03-29T01:30:00Z\""},
        {R"({"type":"interval","start_at":5})", "trigger.start_at: 5 is not a string"},
        {R"({"type":"interval","end_at":"2026-02-30T00:00:00Z"})",
         "trigger.end_at: \"2026-02-30T00:00:00Z\" is not a date-time; write it like \"2026-03-29T01:30:00Z\""},
        {R"({"type":"interval","seconds":1,"start_at":"2026-01-02T00:00:00Z","end_at":"2026-01-01T00:00:00Z"})",
         "trigger.end_at: 2026-01-01T00:00:00Z is before start_at, 2026-01-02T00:00:00Z"},
        {R"({"type":"interval","seconds":"10"})", "trigger.seconds: \"10\" is not a number"},
        {R"({"type":"interval","seconds":true})", "trigger.seconds: true is not a number"},
        {R"({"type":"interval","seconds":-1})", "trigger.seconds: -1 is negative"},
        {R"({"type":"interval","hours":1,"minutes":-30})", "trigger.minutes: -30 is negative"},
        {R"({"type":"interval","seconds":1e300})", "trigger.seconds: 1e+300 is too long an interval"},
        {R"({"type":"interval","weeks":100000000000})", "trigger.weeks: 100000000000 is too long an interval"},
        {R"({"type":"interval","microseconds":18446744073709551615})",
         "trigger.microseconds: 18446744073709551615 is too long an interval"},
        {R"({"type":"interval","microseconds":9223372036854775807,"seconds":1})",
         "trigger.microseconds: 9223372036854775807 is too long an interval"},
        {R"({"type":"interval","seconds":1e-7})",
         "trigger.seconds: together with the other units, the interval is less than half a microsecond"},
        {R"({"type":"interval"})",
         "trigger.seconds: an interval needs a number above 0 of weeks, days, hours, minutes or seconds"},
        {R"({"type":"interval","seconds":0,"hours":0.0,"days":null})",
         "trigger.seconds: an interval needs a number above 0 of weeks, days, hours, minutes or seconds"},
        {R"({"type":"interval","days":84007})", "trigger.interval: 84007 d is longer than the years 1970 to 2199"},
        {R"({"type":"interval","microseconds":9223372036854775807})",
         "trigger.interval: 9223372036854775807 us is longer than the years 1970 to 2199"},
        {R"({"type":"interval","jitter":-1})", "trigger.jitter: -1 is negative"},
        {R"({"type":"interval","jitter":"1"})", "trigger.jitter: \"1\" is not a number of seconds"},
        {R"({"type":"interval","seconds":1,"jitter":864000000000})",
         "trigger.jitter: 10000000 d is beyond the year 2199"},
        {R"({"type":"interval","timezone":"UTC+2"})",
         "trigger.timezone: \"UTC+2\" is not a time zone: write an offset as \"+02:00\" or \"UTC+02:00\" (east is +)"},
        {R"({"type":"interval","second":10})",
         "trigger.second: unknown key (known: type, jitter, timezone, start_at, end_at, weeks, days, hours, "
         "minutes, seconds, microseconds)"},
        {R"({"type":"date","at":"2026-01-01T00:00:00Z"})",
         "trigger.at: unknown key (known: type, jitter, timezone, start_at, end_at, run_at)"},
        {R"({"type":"date","run_at":"2200-01-01T00:00:00Z"})",
         "trigger.run_at: 2200-01-01T00:00:00Z is not in the years 1970 to 2199"},
        {R"({"type":"date","run_at":"1969-12-31T23:59:59Z"})",
         "trigger.run_at: 1969-12-31T23:59:59Z is not in the years 1970 to 2199"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given);
        const Error error = refusal(c.given);
        CHECK(error.code() == Code::invalid);
        CHECK(error.message() == c.message);
    }
}

TEST_CASE("an unknown name is shown readable") {
    CHECK(refusal(R"({"type":"shutdown","a\nb":1})").message() == R"(trigger.a\x0ab: unknown key (known: type))");
    CHECK(refusal(R"({"type":"shutdown","é":1})").message() == "trigger.é: unknown key (known: type)");
}

TEST_CASE("an unknown type, or none, is told all types") {
    for (const char* given : {"{}", R"({"type":"hourly"})"}) {
        const Error error = refusal(given);
        CHECK(error.code() == Code::invalid);
        for (const char* type : {"date", "interval", "cron", "calendar_interval", "and", "or", "shutdown"}) {
            CHECK(error.message().find(type) != std::string::npos);
        }
    }
    CHECK(refusal("{}").message().starts_with("trigger.type: missing (one of date, interval, "));
    CHECK(refusal(R"({"type":"hourly"})").message().starts_with("trigger.type: \"hourly\" is not a trigger (one of "));
}
