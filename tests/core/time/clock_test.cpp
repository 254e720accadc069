#include "core/time/clock.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "core/base/error.hpp"

using namespace uvsched;

TEST_CASE("the system clock agrees with the standard library's, and its elapsed time does not run backwards") {
    const SystemClock clock;
    const auto before = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1);
    const Instant wall = clock.wall();
    const auto after = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1);
    CHECK(wall >= before);
    CHECK(wall <= after);
    CHECK(clock.real());
    const Micros first = clock.elapsed();
    const ClockReading reading = clock.read();
    CHECK(first <= reading.elapsed + kClockStep);
    CHECK(reading.elapsed <= clock.elapsed() + kClockStep);
    CHECK(reading.wall >= wall);
}

TEST_CASE("readings of the system clock lie the same distance apart, to the microsecond") {
    const SystemClock clock;
    const ClockReading first = clock.read();
    std::int64_t others = 0;
    for (int i = 0; i < 50'000; ++i) {
        const ClockReading reading = clock.read();
        if (reading.wall - reading.elapsed != first.wall - first.elapsed) ++others;
    }
    CHECK(others == 0);
}

TEST_CASE("the distance of two clocks changes with a step alone, by all that it is off by then") {
    ClockDistance distance(1'000'000);
    CHECK(distance.of(1'000'003, 5) == 1'000'000);
    CHECK(distance.of(999'001, 0) == 1'000'000);
    CHECK(distance.of(1'000'999, 0) == 1'000'000);
    CHECK(distance.of(1'001'000 + 20, 50) == 1'000'000);  // it may be no step at all
    CHECK(distance.of(1'001'000, 0) == 1'001'000);
    CHECK(distance.of(1'000'900, 0) == 1'001'000);
    CHECK(distance.of(-kHour, 50) == -kHour);
}

TEST_CASE("a manual clock stands still until it is moved") {
    ManualClock clock(kSecond);
    CHECK_FALSE(clock.real());
    CHECK(clock.wall() == kSecond);
    CHECK(clock.elapsed() == 0);
    clock.advance(5);
    CHECK(clock.wall() == kSecond + 5);
    CHECK(clock.elapsed() == 5);
    clock.step(-kSecond);
    CHECK(clock.wall() == 5);
    CHECK(clock.elapsed() == 5);
    CHECK_THROWS_AS(clock.advance(-1), Error);
    for (const Micros change : {kLatest, kHorizon, -kSecond, kEarliest}) CHECK_THROWS_AS(clock.step(change), Error);
    CHECK_THROWS_AS(clock.advance(kLatest), Error);
    CHECK(clock.wall() == 5);
    CHECK(clock.elapsed() == 5);
}

TEST_CASE("a manual clock calls its wakers after each move, and no longer than they are there") {
    ManualClock clock(0);
    int first = 0;
    int second = 0;
    clock.add_waker(&first, [&] { first += static_cast<int>(clock.wall()); });
    clock.add_waker(&second, [&] { ++second; });
    clock.advance(3);
    clock.step(4);
    CHECK(first == 3 + 7);
    CHECK(second == 2);
    clock.remove_waker(&first);
    clock.advance(1);
    CHECK(first == 10);
    CHECK(second == 3);
}

TEST_CASE("a reading never sees half of an advance") {
    ManualClock clock(0);
    std::atomic<bool> done{false};
    std::thread mover([&] {
        for (int i = 0; i < 20'000; ++i) clock.advance(kHour);
        done = true;
    });
    std::int64_t torn = 0;
    while (!done) {
        const ClockReading reading = clock.read();
        if (reading.wall != reading.elapsed) ++torn;
    }
    mover.join();
    CHECK(torn == 0);
}
