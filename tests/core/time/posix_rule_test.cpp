#include "core/time/posix_rule.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/time/instant.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

namespace {

std::int64_t second(const char* text) { return utc(text) / kSecond; }

}  // namespace

TEST_CASE("the offset by a rule, on both sides of its changes") {
    const struct {
        const char* rule;
        const char* utc;
        std::int64_t offset;
    } rows[] = {
        {"UTC0", "2100-06-01T00:00:00Z", 0},
        {"<+0545>-5:45", "2100-06-01T00:00:00Z", 20'700},
        {"<-03>3", "2100-06-01T00:00:00Z", -10'800},
        {"LMT0:44:30", "2100-06-01T00:00:00Z", -2'670},
        {"EST5EDT,M3.2.0,M11.1.0", "2024-03-10T06:59:59Z", -18'000},
        {"EST5EDT,M3.2.0,M11.1.0", "2024-03-10T07:00:00Z", -14'400},
        {"EST5EDT,M3.2.0,M11.1.0", "2024-11-03T05:59:59Z", -14'400},
        {"EST5EDT,M3.2.0,M11.1.0", "2024-11-03T06:00:00Z", -18'000},
        {"EST5EDT4,M3.2.0/2,M11.1.0/2:00:00", "2100-03-14T07:00:00Z", -14'400},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2199-03-31T00:59:59Z", 3'600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2199-03-31T01:00:00Z", 7'200},
        // South of the equator the year begins in summer.
        {"NZST-12NZDT,M9.5.0,M4.1.0/3", "2150-01-01T00:00:00Z", 46'800},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2150-10-03T15:29:59Z", 37'800},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2150-10-03T15:30:00Z", 39'600},
        // Dublin's winter is its other time, and has the smaller offset.
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3'600},
        // Hours before midnight, and beyond 24.
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2024-03-31T00:59:59Z", -7'200},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2024-03-31T01:00:00Z", -3'600},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2030-03-29T23:59:59Z", 7'200},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2030-03-30T00:00:00Z", 10'800},
        // Days of the year, with and without 29 February.
        {"AAA0BBB,J60/0,J61/0", "2024-03-01T00:00:00Z", 3'600},
        {"AAA0BBB,59/0,60/0", "2024-02-29T00:00:00Z", 3'600},
        {"AAA0BBB,59/0,60/0", "2023-03-01T00:00:00Z", 3'600},
        // Summer all year.
        {"XXX3EDT4,0/0,J365/23", "2024-01-01T00:00:00Z", -14'400},
        {"XXX3EDT4,0/0,J365/23", "2024-12-31T23:59:59Z", -14'400},
        // 400 years later, and farther than years are counted.
        {"EST5EDT,M3.2.0,M11.1.0", "2424-03-10T07:00:00Z", -14'400},
        {"EST5EDT,M3.2.0,M11.1.0", "+200024-03-10T06:59:59Z", -18'000},
    };
    for (const auto& row : rows) {
        INFO(row.rule << " at " << row.utc);
        const auto rule = PosixRule::parse(row.rule);
        REQUIRE(rule);
        CHECK(rule->offset_at(second(row.utc)) == row.offset);
    }
}

TEST_CASE("what is no rule is refused") {
    for (const char* text : {"",
                             "E",
                             "EST",
                             "5",
                             "EST5EDT",
                             "EST5EDT,",
                             "EST5EDT,M3.2.0",
                             "EST5EDT,M3.2.0,",
                             "EST25",
                             "EST5:60",
                             "EST5EDT,M13.2.0,M11.1.0",
                             "EST5EDT,M3.6.0,M11.1.0",
                             "EST5EDT,M3.0.0,M11.1.0",
                             "EST5EDT,M3.2.7,M11.1.0",
                             "EST5EDT,M3.2,M11.1.0",
                             "EST5EDT,J0,J5",
                             "EST5EDT,J366,J5",
                             "EST5EDT,366,5",
                             "EST5EDT,M3.2.0/168,M11.1.0",
                             "EST5EDT,M3.2.0,M11.1.0 ",
                             "EST5EDT,M3.2.0,M11.1.0,",
                             "<-03",
                             "<-03>",
                             "EST5EDT M3.2.0 M11.1.0",
                             " EST5"}) {
        INFO(std::string(text));
        CHECK_FALSE(PosixRule::parse(text));
    }
}
