#include "core/platform/wall_timer.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include "core/platform/clocks.hpp"
#include "core/platform/posix/nap.hpp"

using namespace uvsched;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t kSecond = 1'000'000;

// Sleeps as whoever uses the timer has to, at most a minute. How often it woke; 0 if the time did not come.
int sleep_on(WallTimer& timer) {
    for (int naps = 1; naps < 10'000; ++naps) {
        const auto nap = timer.nap();
        pollfd one{timer.descriptor(), POLLIN, 0};
        const int readable = poll(&one, timer.descriptor() < 0 ? 0 : 1, nap ? static_cast<int>(nap->count()) : 60'000);
        if (readable == 0 && !nap) return 0;
        timer.clear();
        if (timer.is_over()) return naps;
    }
    return 0;
}

}  // namespace

TEST_CASE("a sleep ends when its time has come, and not before") {
    WallTimer timer("no timer");
    for (const std::int64_t span : {20'000, 1, 999, 1'001}) {
        const std::int64_t until = wall_microseconds() + span;
        timer.arm(until);
        CHECK(sleep_on(timer) > 0);
        CHECK(wall_microseconds() >= until);
    }
}

TEST_CASE("a time that is over ends the sleep at once") {
    WallTimer timer("no timer");
    for (const std::int64_t until : {wall_microseconds() - kSecond, std::int64_t{0}, -kSecond}) {
        timer.arm(until);
        CHECK(sleep_on(timer) == 1);
    }
}

TEST_CASE("a timer that is disarmed ends nothing") {
    WallTimer timer("no timer");
    timer.arm(wall_microseconds() + 1'000);
    timer.disarm();
    CHECK_FALSE(timer.nap().has_value());
    if (timer.descriptor() < 0) return;
    pollfd one{timer.descriptor(), POLLIN, 0};
    CHECK(poll(&one, 1, 20) == 0);
}

TEST_CASE("naps are rounded up, and no longer than a step of the clock may go unnoticed") {
    CHECK(next_nap(1'000, 1'000) == milliseconds(0));
    CHECK(next_nap(0, kSecond) == milliseconds(0));
    CHECK(next_nap(1'001, 1'000) == milliseconds(1));
    CHECK(next_nap(3'000, 1'000) == milliseconds(2));
    CHECK(next_nap(3'001, 1'000) == milliseconds(3));
    CHECK(next_nap(kSecond, 0) == kLongestNap);
    CHECK(next_nap(kSecond - 1, 0) == kLongestNap);
    CHECK(next_nap(3'600 * kSecond, 0) == kLongestNap);
    CHECK(next_nap(3'600 * kSecond, 3'599 * kSecond + 500'000) == milliseconds(500));
}

TEST_CASE("the clock was set if the distance of the two clocks changed by more than the doubt about it") {
    constexpr std::int64_t kBefore = 5 * kSecond;
    const auto set = [](std::int64_t change, std::int64_t doubt) {
        return was_set(kBefore, {.wall = 0, .shift = kBefore + change, .doubt = doubt});
    };
    CHECK_FALSE(set(0, 0));
    CHECK_FALSE(set(999, 0));
    CHECK_FALSE(set(-999, 0));
    CHECK_FALSE(set(1'040, 50));
    CHECK(set(1'000, 0));
    CHECK(set(-1'050, 50));
    CHECK(set(-3'600 * kSecond, 50));
}
