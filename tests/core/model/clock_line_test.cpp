#include "core/model/clock_line.hpp"

#include <doctest/doctest.h>

using namespace uvsched;

TEST_CASE("the present on each line, and what lies between the lines") {
    constexpr Now now{.wall = 1'000 * kSecond, .elapsed = 400 * kSecond};
    CHECK(now.on(ClockLine::wall) == now.wall);
    CHECK(now.on(ClockLine::elapsed) == now.elapsed);
    CHECK(now.to_wall() == 600 * kSecond);
    for (const ClockLine line : {ClockLine::wall, ClockLine::elapsed}) {
        CHECK(now.on(line) + now.to_wall(line) == now.wall);
        CHECK(to_wall_from(line, now.to_wall()) == now.to_wall(line));
    }
}

TEST_CASE("lines that lie too far apart to count are as far apart as counts") {
    CHECK(Now{.wall = kLatest, .elapsed = kEarliest}.to_wall() == kLatest);
}

namespace {

constexpr ClockReading at(Instant wall, Micros elapsed) { return {.wall = wall, .elapsed = elapsed}; }

}  // namespace

TEST_CASE("a line begins where the wall clock is") {
    const ElapsedLine line = continued({}, "boot", at(1'000 * kSecond, 10 * kSecond));
    CHECK(line == ElapsedLine{.boot = "boot", .base = 990 * kSecond, .shift = 0});
}

TEST_CASE("while the machine is up the line goes on, whatever the wall clock was set to") {
    const ElapsedLine kept{.boot = "boot", .base = 990 * kSecond, .shift = 0};
    for (const Micros step : {Micros{0}, kHour, -kHour, kClockStep, -kClockStep}) {
        const ElapsedLine line = continued(kept, "boot", at(2'000 * kSecond + step, 1'010 * kSecond));
        CHECK(line == ElapsedLine{.boot = "boot", .base = kept.base, .shift = step});
    }
}

TEST_CASE("two clocks that are read a little apart are no step, and the lines lie as far apart as before") {
    const ElapsedLine kept{.boot = "boot", .base = 990 * kSecond, .shift = kMinute};
    const ElapsedLine line = continued(kept, "boot", at(2'060 * kSecond + 7, 1'010 * kSecond));
    CHECK(line.shift == kMinute);
    CHECK(line.base == kept.base + 7);
}

TEST_CASE("after another start of the machine, or where nobody knows, the wall clock says how long it was off") {
    const ElapsedLine kept{.boot = "boot", .base = 990 * kSecond, .shift = kHour};
    for (const char* boot : {"other", ""}) {
        const ElapsedLine line = continued(kept, boot, at(9'000 * kSecond, 5 * kSecond));
        CHECK(line == ElapsedLine{.boot = boot, .base = 8'995 * kSecond - kHour, .shift = kHour});
    }
    const ElapsedLine unknown{.boot = "", .base = 1, .shift = 2};
    CHECK(continued(unknown, "", at(9, 5)).base == 2);
}
