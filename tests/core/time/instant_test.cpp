#include "core/time/instant.hpp"

#include <doctest/doctest.h>

#include "tests/core/time/seed.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

TEST_CASE("an instant is written in UTC, with a fraction only where there is one") {
    const struct {
        Instant instant;
        const char* text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {1'774'747'800 * kSecond, "2026-03-29T01:30:00Z"},
        {1'774'747'800 * kSecond + 500'000, "2026-03-29T01:30:00.500000Z"},
        {951'782'400 * kSecond, "2000-02-29T00:00:00Z"},
        {kHorizon, "2200-01-01T00:00:00Z"},
        {kHorizon - 1, "2199-12-31T23:59:59.999999Z"},
        {-62'167'219'200 * kSecond, "0000-01-01T00:00:00Z"},
        {253'402'300'800 * kSecond, "+010000-01-01T00:00:00Z"},
        {kLatest, "+294247-01-10T04:00:54.775807Z"},
        {kEarliest, "-290308-12-21T19:59:05.224192Z"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(format_utc(c.instant) == c.text);
        CHECK(parse_utc(c.text) == c.instant);
    }
}

TEST_CASE("text is read with Z or an offset, to the minute or finer") {
    const Instant time = 1'774'747'800 * kSecond;  // 2026-03-29T01:30:00Z
    const struct {
        const char* text;
        Instant instant;
    } cases[] = {
        {"2026-03-29T01:30Z", time},
        {"2026-03-29 01:30:00z", time},
        {"2026-03-29t03:30:00+02:00", time},
        {"2026-03-29T03:30:00+0200", time},
        {"2026-03-29T03:30:00+02", time},
        {"2026-03-28T20:30:00-05:00", time},
        {"2026-03-29T03:30:00.5+02:00", time + 500'000},
        {"2026-03-29T01:30:00,000001Z", time + 1},
        {"2026-03-29T01:30:00.0000019Z", time + 1},
        {"2026-03-29T01:30:10+00:00:10", time},
        {"2026-03-29T01:30:00-00:00", time},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(parse_utc(c.text) == c.instant);
    }
}

TEST_CASE("anything else is not an instant") {
    const char* const cases[] = {
        "",
        "now",
        "2026",
        "2026-03-29",
        "2026-03-29T01:30:00",
        "2026-03-29Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-03-29T24:00:00Z",
        "2026-03-29T01:60:00Z",
        "2026-03-29T01:30:60Z",
        "2026-03-29T01:30:00.Z",
        "2026-03-29T01:30:00ZZ",
        " 2026-03-29T01:30:00Z",
        "2026-03-29T01:30:00Z ",
        "2026-3-29T01:30:00Z",
        "2026-03-29T1:30:00Z",
        "2026-03-29T01:30:00+2",
        "2026-03-29T01:30:00+24:00",
        "2026-03-29T01:30:00+02:60",
        "2026-03-29T01:30:00+02:00:60",
        "2026-03-29T01:30:00+02:0",
        "2026-03-29T01Z",
        "2026-03-29T-1:30:00Z",
        "20260329T013000Z",
        "26-03-29T01:30:00Z",
        "+294247-01-10T04:00:54.775808Z",
        "-290308-12-21T19:59:05.224191Z",
        "+999999-12-31T00:00:00Z",
        "-999999-01-01T00:00:00Z",
        "2026-03-29T01:30:00\xC2\xA0Z",
    };
    for (const char* text : cases) {
        CAPTURE(text);
        CHECK_FALSE(parse_utc(text).has_value());
    }
}

TEST_CASE("every int64 comes back from its text") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < 20'000; ++i) {
        const Instant instant = random.any();
        CAPTURE(instant);
        REQUIRE(parse_utc(format_utc(instant)) == instant);
    }
}

TEST_CASE("sums stick at the ends of the range") {
    CHECK(saturating_add(1, 2) == 3);
    CHECK(saturating_add(kLatest, 1) == kLatest);
    CHECK(saturating_add(kEarliest, -1) == kEarliest);
    CHECK(saturating_sub(kEarliest, 1) == kEarliest);
    CHECK(saturating_sub(kLatest, -1) == kLatest);
    CHECK(saturating_sub(0, kEarliest) == kLatest);
}
