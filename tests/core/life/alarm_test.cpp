#include "core/life/alarm.hpp"

#include <doctest/doctest.h>

using namespace uvsched;

namespace {

struct Bell {
    Alarm alarm;
    int rung = 0;
    Bell() {
        alarm.connect([this] { ++rung; });
    }
};

}  // namespace

TEST_CASE("alarm: a sleeping loop is rung once, whoever wakes it") {
    Bell bell;
    bell.alarm.set(1'000);
    bell.alarm.wake();
    bell.alarm.wake();
    CHECK(bell.rung == 1);
    bell.alarm.set(1'000);
    bell.alarm.wake();
    CHECK(bell.rung == 2);
}

TEST_CASE("alarm: a loop that is awake is not rung") {
    Bell bell;
    bell.alarm.wake();
    bell.alarm.set(1'000);
    bell.alarm.awake();
    bell.alarm.wake();
    CHECK(bell.rung == 0);
}

TEST_CASE("alarm: only what is due before the loop wakes anyway rings") {
    Bell bell;
    bell.alarm.set(1'000);
    bell.alarm.wake_for(1'000);
    CHECK(bell.rung == 0);
    bell.alarm.wake_for(999);
    CHECK(bell.rung == 1);
}

TEST_CASE("alarm: without a loop nobody is rung") {
    Bell bell;
    bell.alarm.disconnect();
    bell.alarm.set(1'000);
    bell.alarm.wake();
    CHECK(bell.rung == 0);
}
