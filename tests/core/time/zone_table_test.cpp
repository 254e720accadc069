#include "core/time/zone_table.hpp"

#include <cctz/time_zone.h>
#include <doctest/doctest.h>

#include <string>

#include "core/time/zone.hpp"
#include "tests/core/time/seed.hpp"
#include "tests/core/time/tzif.hpp"

using namespace uvsched;

namespace {

const char* const kZones[] = {
    "Europe/Madrid",       "America/New_York",   "America/Los_Angeles", "Europe/Helsinki",
    "Australia/Lord_Howe", "America/Nuuk",       "Africa/Cairo",        "Pacific/Apia",
    "Africa/Casablanca",   "Europe/Dublin",      "Antarctica/Troll",    "Asia/Kathmandu",
    "Antarctica/Casey",    "Antarctica/Vostok",  "Africa/Monrovia",     "America/Danmarkshavn",
    "Pacific/Kwajalein",   "Pacific/Kiritimati", "America/St_Johns",    "Asia/Tehran",
    "America/Caracas",     "Asia/Pyongyang",     "Pacific/Norfolk",     "America/Havana",
    "Europe/Amsterdam",    "Asia/Manila",        "America/Juneau",      "Asia/Gaza",
    "Africa/El_Aaiun",     "America/Sao_Paulo",  "Etc/GMT+12",          "GMT",
    "Asia/Kolkata",        "Africa/Juba",        "America/Metlakatla"};

using Seconds = cctz::time_point<cctz::seconds>;

cctz::time_zone cctz_zone(const std::string& name) {
    cctz::time_zone zone;
    REQUIRE(cctz::load_time_zone(name, &zone));
    return zone;
}

int cctz_offset(const cctz::time_zone& zone, std::int64_t second) {
    return zone.lookup(Seconds(cctz::seconds(second))).offset;
}

std::int64_t cctz_instant(const cctz::time_zone& zone, std::int64_t local, int fold) {
    const auto found = zone.lookup(cctz::civil_second(1970, 1, 1, 0, 0, 0) + local);
    return (fold == 0 ? found.pre : found.post).time_since_epoch().count();
}

}  // namespace

TEST_CASE("one offset") {
    const ZoneTable table(-3600);
    CHECK(table.size() == 1);
    for (const std::int64_t second : {INT64_MIN / kSecond, std::int64_t{0}, INT64_MAX / kSecond}) {
        CHECK(table.find(second) == 0);
        CHECK(table.offset(table.find(second)) == -3600);
        CHECK(table.offsets_of_local(second).before == -3600);
        CHECK(table.offsets_of_local(second).after == -3600);
    }
    CHECK(table.begin(0) == ZoneTable::kBegin);
    CHECK(table.end(0) == ZoneTable::kEnd);
}

TEST_CASE("neighbours with one offset are merged") {
    const ZoneTable table({{ZoneTable::kBegin, 0}, {10, 0}, {20, 60}, {30, 60}, {40, 0}, {50, 0}});
    CHECK(table.size() == 3);
    CHECK(table.find(19) == 0);
    CHECK(table.find(20) == 1);
    CHECK(table.find(39) == 1);
    CHECK(table.find(40) == 2);
    CHECK(table.end(1) == 40);
    CHECK(table.end(2) == ZoneTable::kEnd);
}

TEST_CASE("any table finds any second, however far its changes lie apart") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(200); ++i) {
        std::vector<ZoneStretch> stretches{{ZoneTable::kBegin, 0}};
        // Also before the first bucket that there can be.
        std::int64_t at = random.between(0, 3) == 0 ? -(std::int64_t{1} << 36) : random.between(-4'000'000'000, 0);
        for (std::int64_t n = random.between(0, 40); n > 0; --n) {
            const int bits = static_cast<int>(random.between(1, 28));
            at += 1 + random.between(0, std::int64_t{1} << bits);
            stretches.push_back({at, random.between(-50'000, 50'000)});
        }
        const ZoneTable table(stretches);
        const auto check = [&](std::int64_t second) {
            std::int64_t offset = 0;
            for (const ZoneStretch& stretch : stretches) {
                if (stretch.begin <= second) offset = stretch.offset;
            }
            const std::size_t found = table.find(second);
            REQUIRE(table.offset(found) == offset);
            REQUIRE(table.begin(found) <= second);
            REQUIRE(second < table.end(found));
        };
        for (const ZoneStretch& stretch : stretches) {
            if (stretch.begin == ZoneTable::kBegin) continue;
            check(stretch.begin - 1);
            check(stretch.begin);
            check(stretch.begin + 1);
        }
        for (int n = 0; n < 50; ++n) check(random.any() / kSecond);
        for (int n = 0; n < 50; ++n) check(random.between(-5'000'000'000, kHorizon / kSecond));
    }
}

TEST_CASE("the table says what CCTZ says, at each change and between them") {
    Seeded random;
    CAPTURE(random.seed);
    for (const std::string name : kZones) {
        CAPTURE(name);
        const TimeZone zone = TimeZone::load(name);
        const cctz::time_zone source = cctz_zone(name);
        const auto check = [&](std::int64_t second) {
            CAPTURE(second);
            const int offset = cctz_offset(source, second);
            REQUIRE(zone.offset_seconds(second * kSecond) == offset);
            REQUIRE(zone.offset_seconds(second * kSecond + 999'999) == offset);
            REQUIRE(zone.to_local(second * kSecond + 1) == (second + offset) * kSecond + 1);
            for (const int fold : {0, 1}) {
                for (const std::int64_t local : {second, second + offset}) {
                    REQUIRE(zone.to_instant(local * kSecond, fold) == cctz_instant(source, local, fold) * kSecond);
                }
            }
        };
        // By CCTZ's own list, which also has changes of the abbreviation alone.
        Seconds at = Seconds(cctz::seconds(INT64_MIN / kSecond));
        cctz::time_zone::civil_transition change;
        int changes = 0;
        while (source.next_transition(at, &change)) {
            const auto second = source.lookup(change.to).trans.time_since_epoch().count();
            if (second > kHorizon / kSecond + 86'400 * 400) break;
            at = Seconds(cctz::seconds(second));
            ++changes;
            const std::int64_t local = change.to - cctz::civil_second(1970, 1, 1, 0, 0, 0);
            for (const std::int64_t near :
                 {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, random.between(-90'000, 90'000)}) {
                check(second + near);
                check(local + near);
            }
        }
        if (name == "Europe/Madrid") CHECK(changes > 400);
        for (int i = 0; i < 1'000; ++i) check(random.between(-kHorizon, kHorizon + kHorizon / 4) / kSecond);
        for (int i = 0; i < 100; ++i) check(random.any() / kSecond / 2);
        for (const std::int64_t edge : {-1, 0, 1}) check(kHorizon / kSecond + edge);
    }
}

TEST_CASE("segments are the stretches between changes of the offset, from end to end") {
    for (const std::string name : kZones) {
        CAPTURE(name);
        const TimeZone zone = TimeZone::load(name);
        ZoneSegment segment = zone.segment(kEarliest);
        CHECK(segment.begin == kEarliest);
        while (segment.end != kLatest) {
            REQUIRE(segment.end < kHorizon);
            REQUIRE(zone.offset_seconds(segment.end - 1) * kSecond == segment.offset);
            const ZoneSegment last = zone.segment(segment.end - 1);
            REQUIRE(last.begin == segment.begin);
            REQUIRE(last.end == segment.end);
            const ZoneSegment next = zone.segment(segment.end);
            REQUIRE(next.begin == segment.end);
            REQUIRE(next.offset != segment.offset);
            REQUIRE(zone.offset_seconds(next.begin) * kSecond == next.offset);
            segment = next;
        }
        CHECK(zone.segment(kHorizon).end == kLatest);
        CHECK(zone.segment(kLatest).begin == segment.begin);
    }
}

TEST_CASE("a fixed offset is one segment") {
    for (const char* name : {"UTC", "Z", "+05:30", "-23:59:59"}) {
        const TimeZone zone = TimeZone::load(name);
        for (const Instant at : {kEarliest, Instant{0}, kHorizon, kLatest}) {
            const ZoneSegment segment = zone.segment(at);
            CHECK(segment.begin == kEarliest);
            CHECK(segment.end == kLatest);
            CHECK(segment.offset == zone.offset_seconds(0) * kSecond);
        }
    }
}

TEST_CASE("a zone file with changes close together, and one whose first lies beyond belief") {
    const tzif::Folder folder;
    const TimeZone close = folder.load({{ZoneTable::kBegin, 0}, {10'000, -3600}, {10'600, 0}, {10'601, 7}});
    CHECK(close.offset_seconds(9'999 * kSecond) == 0);
    CHECK(close.offset_seconds(10'000 * kSecond) == -3600);
    CHECK(close.offset_seconds(10'600 * kSecond) == 0);
    CHECK(close.offset_seconds(10'601 * kSecond) == 7);
    const TimeZone ancient = folder.load({{ZoneTable::kBegin, 100}, {-(std::int64_t{1} << 55), 200}, {0, 300}});
    CHECK(ancient.offset_seconds(kEarliest) == 200);
    CHECK(ancient.offset_seconds(0) == 300);
    CHECK(ancient.segment(-1).begin == kEarliest);
}
