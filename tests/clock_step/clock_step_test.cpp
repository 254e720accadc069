// The clock is set, or the machine was suspended, while a scheduler on the machine's clock sleeps.
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/engine/loop.hpp"
#include "core/engine/scheduler.hpp"
#include "core/platform/wall_timer.hpp"
#include "core/triggers/date.hpp"
#include "tests/clock_step/clocks.hpp"

using namespace uvsched;
using namespace clock_step;
using namespace std::chrono_literals;

namespace {

constexpr auto kSlack = 5s;  // for a machine that is busy

// How long a sleep of an hour goes on after the clocks were moved: while it sleeps, or just before.
std::chrono::microseconds goes_on_after(const std::function<void()>& move) {
    SystemClock clock;
    Loop loop(clock);
    std::chrono::microseconds moved{};
    std::thread other([&] {
        std::this_thread::sleep_for(50ms);
        moved = really_elapsed();
        move();
    });
    loop.arm(clock.wall() + kHour, false);
    loop.rest();
    const std::chrono::microseconds woken = really_elapsed();
    other.join();
    return woken - moved;
}

void check_bound(const std::string& how, const std::function<void()>& move) {
    const std::chrono::microseconds took = goes_on_after(move);
    const auto bound = WallTimer::blindness();
    MESSAGE(how << ": noticed after " << took / 1ms << " ms; the platform says " << bound.count());
    CHECK(took < bound + kSlack);
}

struct Told {
    std::mutex mutex;
    std::condition_variable changed;
    int runs = 0;
    std::vector<Micros> steps;

    template <class Condition>
    bool wait(Condition&& holds) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, WallTimer::blindness() + kSlack, holds);
    }
};

struct World {
    Told told;
    std::shared_ptr<Scheduler> scheduler = Scheduler::create({});
    std::uint64_t observer = 0;

    World() {
        const auto count = [](const Run*, void* data) {
            Told& heard = *static_cast<Told*>(data);
            const std::lock_guard lock(heard.mutex);
            ++heard.runs;
            heard.changed.notify_all();
            return 0;
        };
        scheduler->register_function("count", {.call = count, .token = 0, .user_data = &told, .release = {}}, true);
        observer = scheduler->add_observer(mask_of(EventCode::clock_step),
                                           [this](const Event& event) {
                                               const std::lock_guard lock(told.mutex);
                                               told.steps.push_back(event.count);
                                               told.changed.notify_all();
                                           },
                                           {});
        scheduler->start(false);
    }
    ~World() {
        scheduler->stop(StopMode::wait);
        scheduler->wait(std::nullopt);
        scheduler->remove_observer(observer);
    }
    void add_at(Instant at) {
        TaskSpec spec;
        spec.id = "once";
        spec.function = "count";
        DateOptions options;
        options.run_at = at;
        spec.trigger = make_date_trigger(options);
        scheduler->add(std::move(spec), AddMode::declare);
    }
};

}  // namespace

TEST_CASE("a sleeping loop notices that the clock is set forwards") {
    check_bound("two hours forwards", [] { set_clock_by(2h); });
    check_bound("a minute forwards", [] { set_clock_by(1min); });
}

TEST_CASE("a sleeping loop notices that the clock is set back") {
    check_bound("an hour back", [] { set_clock_by(-1h); });
}

TEST_CASE("a sleeping loop notices that the machine was suspended beyond its time") {
    check_bound("suspended for two hours", [] { suspend_for(2h); });
}

TEST_CASE("whoever sleeps elsewhere is told of a step by one timeout, and not by each that follows") {
    SystemClock clock;
    Loop loop(clock);
    loop.arm(clock.wall() + kDay, false);
    set_clock_by(1h);
    CHECK(loop.timeout() == 0ms);
    loop.look();
    loop.arm(clock.wall() + kDay, false);
    CHECK(loop.timeout() != 0ms);
}

TEST_CASE("a task whose time is passed by a step of the clock runs, and the step is told") {
    World world;
    world.add_at(SystemClock().wall() + kHour);
    set_clock_by(1h + 1s);
    CHECK(world.told.wait([&] { return world.told.runs == 1; }));
    REQUIRE(world.told.wait([&] { return !world.told.steps.empty(); }));
    CHECK((world.told.steps[0] + kSecond / 2) / kSecond == 3601);  // two clocks are not read at one moment
}

TEST_CASE("a task whose time a step moves away does not run before it") {
    World world;
    const Instant at = SystemClock().wall() + 1'500 * kMillisecond;
    world.add_at(at);
    set_clock_by(-1h);
    REQUIRE(world.told.wait([&] { return !world.told.steps.empty(); }));
    {
        const std::lock_guard lock(world.told.mutex);
        CHECK(world.told.runs == 0);
    }
    set_clock_by(1h);
    CHECK(world.told.wait([&] { return world.told.runs == 1; }));
    CHECK(SystemClock().wall() >= at);
}
