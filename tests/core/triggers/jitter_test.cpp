#include <doctest/doctest.h>

#include <set>
#include <string>

#include "core/base/hash.hpp"
#include "core/triggers/interval.hpp"
#include "tests/core/time/seed.hpp"

using namespace uvsched;

TEST_CASE("the hash is FNV-1a finished by splitmix64, as the worked example of H has it") {
    CHECK(fnv1a("") == 0xCBF29CE484222325);
    CHECK(fnv1a("a") == 0xAF63DC4C8601EC8C);
    CHECK(fnv1a("foobar") == 0x85944171F73967E8);
    const auto h = [](const std::string& field) { return splitmix(fnv1a(std::string("digest\0", 7) + field)); };
    CHECK(h("minute") % 60 == 44);
    CHECK(h("hour") % 24 == 5);
    CHECK(h("day") % 28 + 1 == 1);
    CHECK(h("month") % 12 + 1 == 12);
    CHECK(h("weekday") % 7 == 6);
    CHECK(h("minute") % 15 == 14);
}

TEST_CASE("a delay is the hash of uid, label and nominal time") {
    const auto expected = [](std::uint64_t uid_hash, std::uint64_t jitter) {
        return static_cast<Micros>(uid_hash % (jitter + 1));
    };
    using namespace std::string_literals;
    const Micros jitter = 30 * kSecond;
    CHECK(jitter_delay(0x0123456789ABCDEF, 1'774'747'800'000'000, jitter) ==
          expected(splitmix(fnv1a("0123456789abcdef\0jitter\0001774747800000000"s)), 30'000'000));
    CHECK(jitter_delay(1, -5, jitter) == expected(splitmix(fnv1a("0000000000000001\0jitter\0-5"s)), 30'000'000));
    CHECK(jitter_delay(UINT64_MAX, kEarliest, kLatest) ==
          expected(splitmix(fnv1a("ffffffffffffffff\0jitter\0-9223372036854775808"s)), 0x7FFFFFFFFFFFFFFF));
}

TEST_CASE("delays lie in 0 to jitter, both reached, and differ from time to time") {
    CHECK(jitter_delay(1, 0, 0) == 0);
    CHECK(jitter_delay(1, 0, -5) == 0);
    std::set<Micros> seen;
    for (Instant nominal = 0; nominal < 200; ++nominal) seen.insert(jitter_delay(42, nominal, 3));
    CHECK(seen == std::set<Micros>{0, 1, 2, 3});
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < 10'000; ++i) {
        const Micros jitter = random.any();
        const Micros delay = jitter_delay(random.engine(), random.any(), jitter);
        REQUIRE(delay >= 0);
        REQUIRE(delay <= std::max<Micros>(jitter, 0));
    }
}

TEST_CASE("jitter moves the run and not the nominal time: run 100 of 60 s with 30 s lies in 6000 to 6030 s") {
    const auto trigger = make_interval_trigger(
        {.period = kMinute, .start_at = {}, .end_at = {}, .timezone = "", .jitter = 30 * kSecond});
    Instant nominal = 0;
    for (int run = 0; run < 100; ++run) nominal = trigger->next(nominal, 0).value();
    CHECK(nominal == 6000 * kSecond);
    const Instant due = due_time(*trigger, 7, nominal, 0);
    CHECK(due >= 6000 * kSecond);
    CHECK(due <= 6030 * kSecond);
}

TEST_CASE("a run never lies behind end_at, nor beyond int64") {
    const auto trigger =
        make_interval_trigger({.period = 10, .start_at = 0, .end_at = 20, .timezone = "", .jitter = kHorizon});
    for (std::uint64_t uid = 1; uid < 50; ++uid) {
        CHECK(due_time(*trigger, uid, 20, 0) == 20);
        CHECK(due_time(*trigger, uid, 10, 0) >= 10);
        CHECK(due_time(*trigger, uid, 10, 0) <= 20);
    }
    const auto endless =
        make_interval_trigger({.period = 10, .start_at = 0, .end_at = {}, .timezone = "", .jitter = kHorizon});
    CHECK(due_time(*endless, 3, kLatest, 0) == kLatest);
}
