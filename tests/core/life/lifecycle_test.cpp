#include "core/life/lifecycle.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace uvsched;

namespace {

struct Life {
    std::mutex mutex;
    Lifecycle life;
    void begin() {
        std::unique_lock lock(mutex);
        life.begin_start(lock, false);
    }
    void start(bool paused = false) {
        begin();
        life.started(paused);
    }
};

}  // namespace

TEST_CASE("lifecycle: from stopped to running and back, and again") {
    Life each;
    Lifecycle& life = each.life;
    for (int i = 0; i < 2; ++i) {
        CHECK(life.stopped());
        each.begin();
        CHECK(life.state() == SchedulerState::starting);
        CHECK_FALSE(life.claims());
        life.started(false);
        CHECK(life.up());
        CHECK(life.claims());
        CHECK(life.stop(StopMode::wait));
        CHECK(life.state() == SchedulerState::stopping);
        CHECK(life.ending());
        CHECK_FALSE(life.claims());
        life.become_stopped();
    }
}

TEST_CASE("lifecycle: a start is refused where it is not stopped") {
    Life each;
    each.start();
    CHECK_THROWS_WITH_AS(each.begin(), "the scheduler is already running", Error);
    each.life.stop(StopMode::wait);
    std::unique_lock lock(each.mutex);
    CHECK_THROWS_AS(each.life.begin_start(lock, true), Error);
}

TEST_CASE("lifecycle: a start waits for a stop that is under way") {
    Life each;
    each.start();
    each.life.stop(StopMode::wait);
    std::thread other([&] {
        const std::lock_guard lock(each.mutex);
        each.life.become_stopped();
    });
    each.begin();
    other.join();
    CHECK(each.life.state() == SchedulerState::starting);
}

TEST_CASE("lifecycle: a start that fails leaves it stopped, and nobody waits for it to be idle") {
    Life each;
    each.begin();
    const std::uint64_t ticket = each.life.ask_idle();
    each.life.abandon_start();
    CHECK(each.life.stopped());
    CHECK(each.life.idle_told(ticket));
}

TEST_CASE("lifecycle: paused and resumed, once each") {
    Life each;
    CHECK_THROWS_WITH_AS(each.life.pause(), "the scheduler is not running; start it first", Error);
    each.start(true);
    CHECK_FALSE(each.life.pause());
    CHECK_FALSE(each.life.claims());
    CHECK(each.life.resume());
    CHECK_FALSE(each.life.resume());
    CHECK(each.life.pause());
    CHECK(each.life.state() == SchedulerState::paused);
}

TEST_CASE("lifecycle: a stop that comes while it starts is remembered") {
    Life each;
    each.begin();
    CHECK_FALSE(each.life.stop(StopMode::cancel));
    each.life.started(false);
    CHECK(each.life.ending());
    CHECK(each.life.cancels() == 1);
    each.life.become_stopped();
    each.begin();
    CHECK_FALSE(each.life.ending());
    CHECK(each.life.cancels() == 0);
}

TEST_CASE("lifecycle: an idle ticket is answered by what is asked later, and by the end") {
    Life each;
    each.start();
    std::unique_lock lock(each.mutex);
    const std::uint64_t first = each.life.ask_idle();
    CHECK(each.life.idle_wanted());
    CHECK(each.life.wait_idle(lock, first, 0) == Code::timed_out);
    const std::uint64_t second = each.life.ask_idle();
    each.life.tell_idle(first);
    CHECK(each.life.wait_idle(lock, first, std::nullopt) == Code::ok);
    CHECK(each.life.wait_idle(lock, second, 0) == Code::timed_out);
    each.life.become_stopped();
    CHECK(each.life.wait_idle(lock, second, std::nullopt) == Code::ok);
    CHECK(each.life.wait_stopped(lock, std::nullopt) == Code::ok);
}
