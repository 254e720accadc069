// A whole scheduler whose machine's clock and the server's are minutes apart: the server's decides, and nothing is
// late.
#ifdef UVSCHED_TEST_POSTGRESQL
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "core/engine/scheduler.hpp"
#include "core/platform/clocks.hpp"
#include "core/triggers/interval.hpp"
#include "tests/stores/postgresql_backend.hpp"

using namespace uvsched;

namespace {

// What the server's clock shows is so much later than this machine's.
std::string with_clock(const std::string& sql, Micros ahead) {
    const std::string clock = "clock_timestamp()";
    std::string out = sql;
    for (std::size_t at = out.find(clock); at != std::string::npos; at = out.find(clock, at)) {
        const std::string other =
            "(now() - now() + clock_timestamp() + interval '" + std::to_string(ahead / kSecond) + " seconds')";
        out.replace(at, clock.size(), other);
        at += other.size();
    }
    return out;
}

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
        PostgresqlSchema schema;
        FaultyDriver::rewrite = [ahead](const std::string& sql) { return with_clock(sql, ahead); };
        PostgresqlOptions options = schema.options();
        options.driver = FaultyDriver::table();
        Runs runs;
        runs.ahead = ahead;
        Config config;
        config.stores["default"].make = [options] { return make_postgresql_store(options); };
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
        FaultyDriver::rewrite = {};
        CHECK(runs.count >= 20);
        CHECK(runs.earliest >= -50 * kMillisecond);
        CHECK(runs.latest < kSecond);
        CHECK(schema.ask("SELECT count(*) FROM history WHERE state = 'missed'") == "0");
    }
}
#endif
