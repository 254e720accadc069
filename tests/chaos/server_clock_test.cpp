// A whole scheduler whose machine's clock and the server's are minutes apart: the server's decides, and nothing is
// late.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "core/engine/scheduler.hpp"
#include "core/platform/clocks.hpp"
#include "core/triggers/interval.hpp"
#include "tests/stores/chosen_store.hpp"

using namespace uvsched;

namespace {

struct Runs {
    std::atomic<int> count{0};
    std::atomic<Micros> latest{0};  // of the runs, behind their scheduled times by the server's clock
    std::atomic<Micros> earliest{0};
    Micros ahead = 0;
};

int note(const Run* run, void* data) {
    Runs& runs = *static_cast<Runs*>(data);
    const Micros late = wall_microseconds() + runs.ahead - run->scheduled;
    if (late > runs.latest) runs.latest = late;
    if (late < runs.earliest) runs.earliest = late;
    ++runs.count;
    return 0;
}

}  // namespace

TEST_CASE("clocks that are five minutes apart make no run late, early or missed") {
    for (const Micros ahead : {5 * kMinute, -5 * kMinute}) {
        CAPTURE(ahead);
        const auto place = make_server_place();
        place->move_clock(ahead);
        Runs runs;
        runs.ahead = ahead;
        Config config;
        config.stores["default"].make = [&place] { return place->make_faulty_store(); };
        config.add_executor("default", "threadpool:2");
        const auto scheduler = Scheduler::create(std::move(config));
        scheduler->register_function("note", {.call = note, .token = 0, .user_data = &runs, .release = {}}, false);
        scheduler->start(false);
        TaskSpec spec;
        spec.id = "often";
        spec.function = "note";
        spec.policies.grace = kSecond;
        spec.trigger = make_interval_trigger({.period = 100 * kMillisecond});
        scheduler->add(std::move(spec), AddMode::declare);
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (runs.count < 20 && std::chrono::steady_clock::now() < give_up) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        scheduler->stop(StopMode::wait);
        CHECK(scheduler->wait(20 * kSecond) == Code::ok);
        place->move_clock(0);
        CHECK(runs.count >= 20);
        CHECK(runs.earliest >= -50 * kMillisecond);
        CHECK(runs.latest < kSecond);
        const auto store = place->make_store();
        static_cast<void>(store->open({.label = "observer", .retention = {}}));
        CHECK(store->history({.task_id = {}, .state = FireState::missed}).empty());
        store->close();
    }
}
