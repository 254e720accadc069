// The engine against the oracle: random rules around the offset changes of real zones and of made-up ones.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/triggers/cron/schedule.hpp"
#include "tests/core/time/seed.hpp"
#include "tests/core/time/tzif.hpp"
#include "tests/core/triggers/cron_fields.hpp"
#include "tests/core/triggers/cron_oracle.hpp"

using namespace uvsched;

namespace {

const char* const kZones[] = {"UTC",
                              "America/New_York",
                              "America/Los_Angeles",
                              "Europe/Helsinki",
                              "Australia/Lord_Howe",
                              "America/Nuuk",
                              "Africa/Cairo",
                              "Pacific/Apia",
                              "Africa/Casablanca",
                              "Europe/Dublin",
                              "Antarctica/Troll",
                              "Asia/Kathmandu",
                              "Antarctica/Casey",
                              "Antarctica/Vostok",
                              "Africa/Monrovia",
                              "America/Danmarkshavn",
                              "Pacific/Kwajalein",
                              "Pacific/Kiritimati",
                              "Europe/Madrid",
                              "America/St_Johns",
                              "Asia/Tehran",
                              "America/Caracas",
                              "Asia/Pyongyang",
                              "Pacific/Norfolk",
                              "America/Havana"};

std::uint64_t few(Seeded& random, int least, int most) {
    std::uint64_t out = 0;
    for (std::int64_t i = random.between(1, 4); i > 0; --i) out |= std::uint64_t{1} << random.between(least, most);
    return out;
}

// A rule that names times of day near a local second, so that a change there is met.
CronFields random_fields(Seeded& random, std::int64_t local, bool whole_minutes) {
    CronFields fields = cron_fields::of("* * * * *");
    const auto one_in = [&](std::int64_t n) { return random.between(1, n) == 1; };
    fields.wild = one_in(3);
    if (!whole_minutes) fields.seconds = one_in(2) ? 1 : one_in(3) ? ~std::uint64_t{0} : few(random, 0, 59);
    fields.minutes = one_in(3) ? 1 | std::uint64_t{1} << 30 : one_in(3) ? random.engine() : few(random, 0, 59);
    const auto hour = (local % 86'400 + 86'400) % 86'400 / 3600 + 24;
    if (!one_in(3)) {
        fields.hours = 0;
        for (std::int64_t i = random.between(1, 4); i > 0; --i)
            fields.hours |= 1U << ((hour + random.between(-4, 4)) % 24);
    }
    if (one_in(3)) {
        fields.day_of_month.any = false;
        const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{local / 86'400}}};
        fields.day_of_month.days = 1U << static_cast<unsigned>(date.day());
        if (one_in(2)) fields.day_of_month.days |= static_cast<std::uint32_t>(few(random, 1, 31));
    }
    if (one_in(3)) {
        fields.day_of_week.any = false;
        fields.day_of_week.days = static_cast<std::uint8_t>(random.between(1, 127));
        fields.days = one_in(2) ? CronDays::either : CronDays::both;
    }
    if (one_in(5)) fields.months = static_cast<std::uint16_t>(random.engine());
    if (one_in(5)) {
        for (std::uint64_t& word : fields.years) word = random.engine();
    }
    return fields;
}

std::string print(const CronFields& fields) {
    const auto hex = [](std::uint64_t value) {
        char out[32];
        std::snprintf(out, sizeof out, "%llx ", static_cast<unsigned long long>(value));
        return std::string(out);
    };
    return hex(fields.seconds) + hex(fields.minutes) + hex(fields.hours) + "days " + hex(fields.day_of_month.days) +
           "weekdays " + hex(fields.day_of_week.days) + (fields.days == CronDays::both ? "both" : "either") +
           (fields.wild ? " wild" : "");
}

// Every answer in the seconds [first, last] against a list of all fires there.
void compare(Seeded& random, const CronSchedule& rule, const std::vector<Instant>& expected, std::int64_t first,
             std::int64_t last) {
    Instant at = first * kSecond - 1;
    for (const Instant fire : expected) {
        REQUIRE(rule.next(at) == fire);
        REQUIRE(rule.previous(fire + 1) == fire);
        const auto before = rule.previous(fire);
        REQUIRE((!before || *before <= at));
        if (at >= first * kSecond) REQUIRE(before == at);
        at = fire;
    }
    const auto beyond = rule.next(at);
    CAPTURE(at);
    REQUIRE((!beyond || *beyond > last * kSecond));
    for (int i = 0; i < 50; ++i) {
        const Instant any = random.between(first * kSecond, last * kSecond);
        CAPTURE(any);
        const auto next = std::upper_bound(expected.begin(), expected.end(), any);
        if (next != expected.end()) REQUIRE(rule.next(any) == *next);
        const auto previous = std::lower_bound(expected.begin(), expected.end(), any);
        if (previous != expected.begin()) REQUIRE(rule.previous(any) == *(previous - 1));
    }
}

struct Found {
    int fires = 0;
    int gaps = 0;
};

Found check(Seeded& random, const TimeZone& zone, std::int64_t middle, std::int64_t reach, std::int64_t step) {
    const std::int64_t local = middle + zone.offset_seconds(middle * kSecond);
    const CronFields fields = random_fields(random, local, step == 60);
    const auto gap = random.between(0, 3) == 0 ? CronGap::skip : CronGap::run_at_end;
    const auto overlap = random.between(0, 3) == 0 ? CronOverlap::both : CronOverlap::first;
    const std::string name = zone.name() + " at " + format_utc(middle * kSecond) + " " + print(fields) +
                             (gap == CronGap::skip ? " skip" : "") +
                             (overlap == CronOverlap::both ? " both passes" : "");
    CAPTURE(name);
    const CronSchedule rule(fields, zone, gap, overlap);
    const std::int64_t first = middle - reach;
    const std::int64_t last = middle + reach;
    const std::vector<Instant> expected = CronOracle(fields, zone, gap, overlap).walk(first, last, step);
    compare(random, rule, expected, first, last);
    Found found;
    for (const Instant fire : expected) {
        ++found.fires;
        found.gaps += rule.why(fire) == Why::gap ? 1 : 0;
    }
    return found;
}

}  // namespace

TEST_CASE("around the offset changes of real zones, second by second") {
    Seeded random;
    CAPTURE(random.seed);
    Found all;
    for (int i = 0; i < rounds(300); ++i) {
        const TimeZone zone = TimeZone::load(kZones[random.between(0, std::size(kZones) - 1)]);
        const ZoneSegment segment = zone.segment(random.between(-kDay, kHorizon));
        const Instant change = segment.end < kHorizon ? segment.end : kHorizon;
        const Found found = check(random, zone, change / kSecond + random.between(-3600, 3600), 6 * 3600, 1);
        all.fires += found.fires;
        all.gaps += found.gaps;
    }
    CHECK(all.fires > rounds(1'000));
    if (kSlowness == 1) CHECK(all.gaps > 0);
}

TEST_CASE("over months, minute by minute") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(20); ++i) {
        const TimeZone zone = TimeZone::load(kZones[random.between(0, std::size(kZones) - 1)]);
        const std::int64_t middle = random.between(4 * 365 * kDay, kHorizon + kDay) / kMinute * 60;
        check(random, zone, middle, 120 * 86'400, 60);
    }
}

TEST_CASE("changes that follow each other at once, in zones that do not exist") {
    Seeded random;
    CAPTURE(random.seed);
    const tzif::Folder folder;
    Found all;
    for (int i = 0; i < rounds(300); ++i) {
        const std::int64_t middle = random.between(0, kHorizon) / kSecond;
        std::vector<ZoneStretch> stretches{{.begin = ZoneTable::kBegin, .offset = random.between(-43'200, 43'200)}};
        std::int64_t at = middle - random.between(0, 6 * 3600);
        std::string changes = std::to_string(stretches[0].offset);
        for (std::int64_t n = random.between(1, 7); n > 0; --n) {
            const ZoneStretch last = stretches.back();
            std::int64_t jump = random.between(-4, 4) * 1800;
            if (random.between(0, 3) == 0) jump = random.between(-11'000, 11'000);
            if (random.between(0, 7) == 0) jump = random.between(0, 1) == 0 ? 10'800 : -10'800;
            // No data is read with an overlap that is longer than the stretch before it.
            if (stretches.size() > 1) at += std::max<std::int64_t>(0, -jump) + random.between(1, 9'000);
            stretches.push_back({.begin = at, .offset = last.offset + jump});
            changes += " | " + std::to_string(at - middle) + ": " + std::to_string(last.offset + jump);
        }
        CAPTURE(changes);
        const Found found = check(random, folder.load(stretches), middle, 8 * 3600, 1);
        all.fires += found.fires;
        all.gaps += found.gaps;
    }
    CHECK(all.fires > rounds(1'000));
    if (kSlowness == 1) CHECK(all.gaps > 10);
}
