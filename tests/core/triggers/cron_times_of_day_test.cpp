#include "core/triggers/cron/times_of_day.hpp"

#include <doctest/doctest.h>

#include "tests/core/time/seed.hpp"
#include "tests/core/triggers/cron_fields.hpp"

using namespace uvsched;

TEST_CASE("the times of day of any rule are what a walk finds") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < 30; ++i) {
        CronFields fields;
        const auto some = [&] {
            return random.between(0, 1) == 0 ? random.engine() : std::uint64_t{1} << random.between(0, 59);
        };
        fields.seconds = some();
        fields.minutes = some();
        fields.hours = static_cast<std::uint32_t>(random.engine());
        if ((fields.seconds << 4) == 0 || (fields.minutes << 4) == 0 || (fields.hours << 8) == 0) continue;
        const CronTimesOfDay times(fields);
        REQUIRE_FALSE(times.empty());
        const auto is = [&](int time) {
            return (fields.hours >> (time / 3600) & 1) != 0 && (fields.minutes >> (time / 60 % 60) & 1) != 0 &&
                   (fields.seconds >> (time % 60) & 1) != 0;
        };
        int found = CronTimesOfDay::kNone;
        for (int time = 0; time < 86'400; ++time) {
            if (is(time)) {
                if (found == CronTimesOfDay::kNone) REQUIRE(times.first() == time);
                found = time;
            }
            CAPTURE(time);
            if (times.at_or_before(time) != found) REQUIRE(times.at_or_before(time) == found);
        }
        REQUIRE(times.last() == found);
        found = CronTimesOfDay::kNone;
        for (int time = 86'399; time >= 0; --time) {
            if (is(time)) found = time;
            CAPTURE(time);
            if (times.at_or_after(time) != found) REQUIRE(times.at_or_after(time) == found);
        }
    }
}

TEST_CASE("a rule without seconds, minutes or hours has no times") {
    for (const int which : {0, 1, 2}) {
        CronFields fields = cron_fields::of("0 0 * * *");
        if (which == 0) fields.seconds = std::uint64_t{1} << 60;
        if (which == 1) fields.minutes = std::uint64_t{3} << 62;
        if (which == 2) fields.hours = 1U << 24;
        CHECK(CronTimesOfDay(fields).empty());
    }
}
