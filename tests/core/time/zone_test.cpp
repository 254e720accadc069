#include "core/time/zone.hpp"

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "tests/core/time/seed.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

namespace {

LocalTime local(const char* text) { return utc(std::string(text) + "Z"); }

std::string refusal(const std::string& name) {
    try {
        static_cast<void>(TimeZone::load(name));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("UTC and fixed offsets") {
    const struct {
        const char* name;
        int offset;
    } cases[] = {{"UTC", 0},
                 {"Z", 0},
                 {"+00:00", 0},
                 {"-00:00", 0},
                 {"+02:00", 7200},
                 {"-05:30", -19800},
                 {"UTC+2:00", -1},
                 {"UTC+02:00", 7200},
                 {"UTC-03:00", -10800},
                 {"+01:02:03", 3723},
                 {"+23:59:59", 86399},
                 {"UTC-23:59:59", -86399}};
    for (const auto& c : cases) {
        CAPTURE(c.name);
        if (c.offset == -1) {
            CHECK(refusal(c.name) != "");
            continue;
        }
        const TimeZone zone = TimeZone::load(c.name);
        CHECK(zone.name() == c.name);
        CHECK(zone.offset_seconds(0) == c.offset);
        CHECK(zone.to_local(kHour) == kHour + c.offset * kSecond);
        CHECK(zone.to_instant(zone.to_local(kHour)) == kHour);
        CHECK(zone.to_instant(zone.to_local(kHour), 1) == kHour);
    }
    CHECK(TimeZone().name() == "UTC");
    CHECK(TimeZone().to_local(kLatest) == kLatest);
    CHECK(TimeZone::load("+02:00").to_local(kLatest) == kLatest);
    CHECK(TimeZone::load("+02:00").to_instant(kEarliest) == kEarliest);
}

TEST_CASE("names that are refused, and why") {
    const struct {
        const char* name;
        const char* message;
    } cases[] = {
        {"UTC+2", "\"UTC+2\" is not a time zone: write an offset as \"+02:00\" or \"UTC+02:00\" (east is +)"},
        {"GMT+2", "\"GMT+2\" is not a time zone: write an offset as \"+02:00\" or \"UTC+02:00\" (east is +)"},
        {"GMT+02:00", "\"GMT+02:00\" is not a time zone: write an offset as \"+02:00\" or \"UTC+02:00\" (east is +)"},
        {"+2", "\"+2\" is not a time zone: an offset is written as \"+02:00\" (east is +)"},
        {"+24:00", "\"+24:00\" is not a time zone: an offset is written as \"+02:00\" (east is +)"},
        {"+02:60", "\"+02:60\" is not a time zone: an offset is written as \"+02:00\" (east is +)"},
        {"+0200", "\"+0200\" is not a time zone: an offset is written as \"+02:00\" (east is +)"},
        {"/etc/localtime",
         "\"/etc/localtime\" is not a time zone: it is a path; use an IANA name such as \"Europe/Madrid\""},
        {"/usr/share/zoneinfo/UTC",
         "\"/usr/share/zoneinfo/UTC\" is not a time zone: it is a path; use an IANA name such as \"Europe/Madrid\""},
        {"../zoneinfo/UTC", "\"../zoneinfo/UTC\" is not a time zone: \"..\" is not allowed in a name"},
        {"Europe/../UTC", "\"Europe/../UTC\" is not a time zone: \"..\" is not allowed in a name"},
        {"right/UTC", "\"right/UTC\" is not a time zone: zones that count leap seconds are not supported"},
        {"localtime", "\"localtime\" is not a time zone: it differs from machine to machine; name the zone itself"},
        {"posix/localtime",
         "\"posix/localtime\" is not a time zone: it differs from machine to machine; name the zone itself"},
        {"", "\"\" is not a time zone: it is empty; use an IANA name such as \"Europe/Madrid\", or \"UTC\""},
        {"Europe//Madrid", "\"Europe//Madrid\" is not a time zone: a part of the name is empty"},
        {"Europe/", "\"Europe/\" is not a time zone: a part of the name is empty"},
        {"EST5EDT,M3.2.0,M11.1.0",
         "\"EST5EDT,M3.2.0,M11.1.0\" is not a time zone: use an IANA name such as \"Europe/Madrid\" (POSIX strings are "
         "not supported)"},
        {"<+03>-3",
         "\"<+03>-3\" is not a time zone: use an IANA name such as \"Europe/Madrid\" (POSIX strings are not "
         "supported)"},
        {":Europe/Madrid",
         "\":Europe/Madrid\" is not a time zone: use an IANA name such as \"Europe/Madrid\" (POSIX strings are not "
         "supported)"},
        {"file:Europe/Madrid",
         "\"file:Europe/Madrid\" is not a time zone: use an IANA name such as \"Europe/Madrid\" (POSIX strings are not "
         "supported)"},
    };
    for (const auto& c : cases) CHECK(refusal(c.name) == c.message);
    CHECK(refusal(std::string("UTC\0x", 5)) != "");
    CHECK(refusal(std::string(5000, 'A')).size() < 300);
}

TEST_CASE("names are spelt as in the data, folders and text files are no zones") {
    for (const char* name : {"Europe/Madrid", "Etc/GMT+2", "GMT0", "America/Argentina/Buenos_Aires"}) {
        CHECK(TimeZone::load(name).name() == name);
    }
    for (const char* name : {"Europe/Madird", "europe/madrid", "Europe", "zone.tab", "tzdata.zi", "CET-1CEST"}) {
        CAPTURE(name);
        CHECK(refusal(name) != "");
    }
    CHECK(refusal("Europe/Madird").find("there is no zone of that name in ") != std::string::npos);
}

TEST_CASE("offsets follow the data, to 2199") {
    const struct {
        const char* zone;
        const char* instant;
        int offset;
    } cases[] = {
        {"Europe/Madrid", "2026-03-29T00:59:59.999999Z", 3600}, {"Europe/Madrid", "2026-03-29T01:00:00Z", 7200},
        {"Europe/Madrid", "2199-07-01T00:00:00Z", 7200},        {"Europe/Madrid", "2199-12-31T23:59:59Z", 3600},
        {"America/New_York", "2100-07-01T00:00:00Z", -14400},   {"Europe/Dublin", "2026-07-01T00:00:00Z", 3600},
        {"Africa/Monrovia", "1972-01-06T00:00:00Z", -2670},     {"Asia/Kathmandu", "2026-01-01T00:00:00Z", 20700},
        {"Europe/Madrid", "1969-12-31T23:59:59.999999Z", 3600},
    };
    for (const auto& c : cases) {
        CAPTURE(c.zone);
        CAPTURE(c.instant);
        const TimeZone zone = TimeZone::load(c.zone);
        CHECK(zone.offset_seconds(utc(c.instant)) == c.offset);
        CHECK(zone.to_local(utc(c.instant)) == utc(c.instant) + c.offset * kSecond);
    }
}

TEST_CASE("local times become instants by PEP 495") {
    const struct {
        const char* zone;
        const char* local;
        const char* fold0;
        const char* fold1;
    } cases[] = {
        // plain
        {"America/New_York", "2024-07-01T12:00:00", "2024-07-01T16:00:00Z", "2024-07-01T16:00:00Z"},
        // a gap: fold 0 by the offset before it (02:30 is 03:30), fold 1 by the one after
        {"America/New_York", "2024-03-10T02:30:00", "2024-03-10T07:30:00Z", "2024-03-10T06:30:00Z"},
        {"America/New_York", "2024-03-10T02:00:00", "2024-03-10T07:00:00Z", "2024-03-10T06:00:00Z"},
        {"America/New_York", "2024-03-10T02:59:59.999999", "2024-03-10T07:59:59.999999Z",
         "2024-03-10T06:59:59.999999Z"},
        {"America/New_York", "2024-03-10T03:00:00", "2024-03-10T07:00:00Z", "2024-03-10T07:00:00Z"},
        // an overlap: first pass, second pass
        {"America/New_York", "2024-11-03T01:30:00", "2024-11-03T05:30:00Z", "2024-11-03T06:30:00Z"},
        {"America/New_York", "2024-11-03T02:00:00", "2024-11-03T07:00:00Z", "2024-11-03T07:00:00Z"},
        // half an hour
        {"Australia/Lord_Howe", "2024-04-07T01:45:00", "2024-04-06T14:45:00Z", "2024-04-06T15:15:00Z"},
        // a whole day that is not there
        {"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z", "2011-12-29T22:00:00Z"},
        // far away, where the rules go on
        {"Europe/Madrid", "2199-03-31T02:30:00", "2199-03-31T01:30:00Z", "2199-03-31T00:30:00Z"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.zone);
        CAPTURE(c.local);
        const TimeZone zone = TimeZone::load(c.zone);
        CHECK(format_utc(zone.to_instant(local(c.local))) == c.fold0);
        CHECK(format_utc(zone.to_instant(local(c.local), 1)) == c.fold1);
    }
}

TEST_CASE("text is read in the zone unless it says where it is") {
    const TimeZone zone = TimeZone::load("Europe/Madrid");
    CHECK(zone.parse("2026-07-01T12:00:00") == utc("2026-07-01T10:00:00Z"));
    CHECK(zone.parse("2026-07-01 12:00") == utc("2026-07-01T10:00:00Z"));
    CHECK(zone.parse("2026-07-01") == utc("2026-06-30T22:00:00Z"));
    CHECK(zone.parse("2026-07-01T12:00:00Z") == utc("2026-07-01T12:00:00Z"));
    CHECK(zone.parse("2026-07-01T12:00:00-05:00") == utc("2026-07-01T17:00:00Z"));
    CHECK(zone.parse("2026-03-29T02:30:00") == utc("2026-03-29T01:30:00Z"));
    CHECK_FALSE(zone.parse("tomorrow").has_value());
    CHECK_FALSE(zone.parse("").has_value());
}

TEST_CASE("every instant comes back from its local time by one of the folds, and no int64 overflows") {
    Seeded random;
    CAPTURE(random.seed);
    for (const char* name :
         {"America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Nuuk", "Asia/Kolkata"}) {
        const TimeZone zone = TimeZone::load(name);
        for (int i = 0; i < rounds(2'000); ++i) {
            const Instant instant = random.between(-kHorizon, 2 * kHorizon);
            CAPTURE(name);
            CAPTURE(instant);
            const LocalTime there = zone.to_local(instant);
            REQUIRE((zone.to_instant(there, 0) == instant || zone.to_instant(there, 1) == instant));
            const std::int64_t wild = random.any();
            static_cast<void>(zone.to_local(wild));
            static_cast<void>(zone.to_instant(wild, 0));
            static_cast<void>(zone.to_instant(wild, 1));
        }
    }
}
