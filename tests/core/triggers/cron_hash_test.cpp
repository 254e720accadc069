#include "core/triggers/cron/hashed.hpp"

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/triggers/cron/parser.hpp"
#include "tests/core/triggers/cron_sets.hpp"

using namespace uvsched;

namespace {

CronFields settled(const char* text, const char* key) { return parse_cron(text, key).fields; }

}  // namespace

TEST_CASE("the worked example: H H H H H for digest is 44 5 1 12 6") {
    const CronFields fields = settled("H H H H H", "digest");
    CHECK(list_of(fields.minutes) == "44");
    CHECK(list_of(fields.hours) == "5");
    CHECK(list_of(fields.day_of_month) == "1");
    CHECK(list_of(fields.months) == "12");
    CHECK(list_of(fields.day_of_week) == "6");
    CHECK(list_of(settled("H * * * * *", "digest").seconds) == "54");
    CHECK(list_of(settled("H/15 * * * *", "digest").minutes) == "14,29,44,59");
}

TEST_CASE("H in ranges and with steps") {
    // Computed apart from this code: FNV-1a 64 of KEY NUL FIELD, splitmix64's finaliser, modulo.
    CHECK(list_of(settled("0 H(9-17) * * *", "digest").hours) == "14");
    CHECK(list_of(settled("H(0-29)/10 * * * *", "digest").minutes) == "4,14,24");
    CHECK(list_of(settled("0 0 H(1-31) * *", "digest").day_of_month) == "5");
    CHECK(list_of(settled("0 0 * * H(MON-SUN)", "digest").day_of_week) == "0");
    CHECK(list_of(settled("H/100 * * * *", "digest").minutes) == "44");
    CHECK(list_of(settled("H/1 * * * *", "digest").minutes) == "0-59");
    CHECK(list_of(settled("H(7-7) * * * *", "digest").minutes) == "7");
    CHECK(list_of(settled("H,0 * * * *", "digest").minutes) == "0,44");
    CHECK(list_of(settled("H(0-29),H(30-59) * * * *", "digest").minutes) == "14,44");
    CHECK(list_of(settled("H H * * *", "días").minutes) == "36");
    CHECK(list_of(settled("H H * * *", "días").hours) == "1");
}

TEST_CASE("a plain H keeps to what each month and week has") {
    bool first_day = false;
    bool last_day = false;
    for (int i = 0; i < 2000; ++i) {
        const std::string key = "task-" + std::to_string(i);
        const CronFields fields = settled("H H H H H", key.c_str());
        CHECK((fields.day_of_month.days & ~std::uint32_t{0x1FFFFFFE}) == 0);
        CHECK((fields.day_of_week.days & 0x80) == 0);
        CHECK((fields.months & 1) == 0);
        first_day = first_day || fields.day_of_month.days == 2;
        last_day = last_day || fields.day_of_month.days == (1U << 28);
    }
    CHECK(first_day);
    CHECK(last_day);
}

TEST_CASE("keys spread over a field") {
    std::array<int, 60> hits{};
    for (int i = 0; i < 6000; ++i) {
        const CronRange range = hashed_range(0, 59, 0, "module:job" + std::to_string(i), "minute");
        REQUIRE(range.first == range.last);
        ++hits[static_cast<std::size_t>(range.first)];
    }
    // 100 each on average; 50 is five standard deviations away.
    for (const int count : hits) CHECK(count > 50);
}

TEST_CASE("H stays in the text, and says that it is there") {
    const CronRule open = parse_cron("H H(09-17) * * *");
    CHECK(open.hashed);
    CHECK(open.text == "H H(9-17) * * *");
    const CronRule settled_rule = parse_cron("H H(09-17) * * *", "digest");
    CHECK(settled_rule.hashed);
    CHECK(settled_rule.text == open.text);
    CHECK_FALSE(parse_cron("0 0 * * *", "digest").hashed);
    CHECK(parse_cron("0 0 * * *", "digest").fields == parse_cron("0 0 * * *").fields);
}
