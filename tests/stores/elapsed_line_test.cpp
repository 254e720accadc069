// The elapsed line of a store: one for all processes on a machine, and over their restarts.
#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

Opened open_at(Store& store, const std::string& boot, Instant wall, Micros elapsed) {
    store.close();
    return store.open({.wall = wall, .elapsed = elapsed, .boot = boot, .label = "node-1", .retention = {}});
}

}  // namespace

TEST_CASE("the elapsed line goes on while the machine is up, also where the clock was set meanwhile") {
    Backend backend;
    if (!backend.place().has_elapsed_line()) return;
    Store& store = backend.store();
    const Opened first = open_at(store, "boot", kStart, kMinute);
    CHECK(first.line == ElapsedLine{.boot = "boot", .base = kStart - kMinute, .shift = 0});
    const Opened stepped = open_at(store, "boot", kStart + kHour + kSecond, kMinute + kSecond);
    CHECK(stepped.line == ElapsedLine{.boot = "boot", .base = kStart - kMinute, .shift = kHour});
    // It is written, so that the next boot knows it.
    const Opened other = open_at(store, "other", kStart + kDay, kSecond);
    CHECK(other.line == ElapsedLine{.boot = "other", .base = kStart + kDay - kHour - kSecond, .shift = kHour});
    CHECK(open_at(store, "other", kStart + kDay + kSecond, 2 * kSecond).line == other.line);
}

TEST_CASE("a step that is written twice is one step") {
    Backend backend;
    if (!backend.place().has_elapsed_line()) return;
    Store& store = backend.store();
    Batch batch;
    batch.shift = kHour;
    for (int i = 0; i < 2; ++i) store.apply(batch);
    backend.reopen();
    CHECK(backend.opened().line.shift == kHour);
}
