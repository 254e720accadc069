#include "core/engine/loop.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <thread>

using namespace uvsched;

namespace {

void sleep(Loop& loop, Instant until, bool soon) {
    loop.arm(until, soon);
    loop.rest();
}

bool readable(int descriptor, int timeout_ms = 0) {
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&one, 1, timeout_ms) == 1;
}

}  // namespace

TEST_CASE("a wait ends at its time, and not much before") {
    SystemClock clock;
    Loop loop(clock);
    for (const Micros span : {20 * kMillisecond, Micros{1}, -kSecond}) {
        const Instant until = clock.wall() + span;
        do {
            sleep(loop, until, false);
        } while (clock.wall() < until);
    }
}

TEST_CASE("a signal ends the present wait, and one that came before ends the next") {
    SystemClock clock;
    Loop loop(clock);
    loop.signal();
    loop.signal();
    sleep(loop, kLatest, false);
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        loop.signal();
    });
    sleep(loop, clock.wall() + kHour, false);
    other.join();
}

TEST_CASE("a wait that is to end soon does, whether it has a time or not") {
    SystemClock clock;
    ManualClock manual(0);
    for (Clock* each : {static_cast<Clock*>(&clock), static_cast<Clock*>(&manual)}) {
        Loop loop(*each);
        for (const Instant until : {kLatest, clock.wall() + kHour}) {
            const Micros before = clock.elapsed();
            sleep(loop, until, true);
            CHECK(clock.elapsed() - before >= 190 * kMillisecond);
        }
    }
}

TEST_CASE("a manual clock's time ends no wait") {
    ManualClock clock(kSecond);
    Loop loop(clock);
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        loop.signal();
    });
    const auto begin = std::chrono::steady_clock::now();
    sleep(loop, 0, false);
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(9));
    other.join();
}

TEST_CASE("whoever sleeps elsewhere sees a signal and the time at the descriptor, until they are taken notice of") {
    SystemClock clock;
    Loop loop(clock);
    loop.arm(kLatest, false);
    CHECK_FALSE(readable(loop.descriptor()));
    loop.signal();
    CHECK(readable(loop.descriptor(), 10'000));
    loop.look();
    CHECK_FALSE(readable(loop.descriptor()));
    const Instant until = clock.wall() + 20 * kMillisecond;
    loop.arm(until, false);
    while (clock.wall() < until) {
        const auto timeout = loop.timeout();
        readable(loop.descriptor(), timeout ? static_cast<int>(timeout->count()) : 10'000);
        loop.look();
    }
    loop.arm(kLatest, true);
    CHECK(loop.timeout() == kRetry);
}

TEST_CASE("a sleep ends after its limit") {
    SystemClock clock;
    Loop loop(clock);
    loop.arm(kLatest, false);
    const Micros before = clock.elapsed();
    loop.rest(std::chrono::milliseconds(20));
    CHECK(clock.elapsed() - before >= 19 * kMillisecond);
}
