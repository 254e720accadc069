// Schedulers in processes of their own share one store while they are killed, stopped and restarted at random. An
// independent log of starts and the ledger then account for every due time. UVSCHED_TEST_LONG=1 makes it last an hour.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>

#include "tests/chaos/workers.hpp"
#include "tests/core/time/seed.hpp"
#include "tests/stores/chosen_store.hpp"
#include "tests/stores/store_name.hpp"

using namespace chaos;

namespace {

struct Blows {
    int kills = 0;
    int stops = 0;
};

// Until the last due time but for a second.
Blows strike_at_random(Workers& workers, const Course& plan, Seeded& random) {
    Blows out;
    while (wall_microseconds() < plan.end - kSecond) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random.between(0, 400)));
        const auto which = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(plan.nodes) - 1));
        const std::int64_t what = random.between(0, 9);
        if (what < 6) {
            workers.kill_one(which);
            ++out.kills;
        } else if (what < 8) {
            workers.stop_for(which, std::chrono::milliseconds(random.between(10, 3'500)));  // the lease is 2 s
            ++out.stops;
        } else {
            workers.restart_in_order(which);
        }
    }
    return out;
}

// So many kills, in about equal spans.
Blows kill_often(Workers& workers, const Course& plan, int kills, Seeded& random) {
    const Micros pause = (plan.end - plan.begin) / (kills + 1);
    for (int kill = 1; kill <= kills; ++kill) {
        const Micros wait = plan.begin + kill * pause - wall_microseconds();
        if (wait > 0) std::this_thread::sleep_for(std::chrono::microseconds(wait));
        workers.kill_one(static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(plan.nodes) - 1)));
    }
    return {.kills = kills};
}

void run_chaos(Place& place, Course plan, Micros span,
               const std::function<Blows(Workers&, const Course&, Seeded&)>& strike) {
    Seeded random;
    CAPTURE(random.seed);
    const Folder folder;
    plan.url = place.url("&lease=2&retention_per_task=0&retention_age=0");
    plan.log_path = folder.file("starts");
    plan.begin = wall_microseconds() / kSecond * kSecond;
    plan.end = plan.begin + span;
    Blows blows;
    {
        Workers workers(plan);
        blows = strike(workers, plan, random);
        wait_until_done(place);
        workers.end_all();
    }
    check(place, plan, blows.kills + blows.stops);
    MESSAGE(plan.nodes << " nodes, " << plan.tasks << " tasks, kills " << blows.kills << ", stops " << blows.stops);
}

Micros span() { return std::getenv("UVSCHED_TEST_LONG") == nullptr ? 8 * kSecond : 30 * kMinute; }

// A number that `./dev chaos` gives.
std::int64_t given(const char* name, std::int64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoll(text);
}

}  // namespace

TEST_CASE("two schedulers in processes share a store through kills and stops") {
    run_chaos(*make_place(), {.nodes = 2}, span(), strike_at_random);
}

TEST_CASE("four schedulers in processes share a store through kills and stops") {
    run_chaos(*make_place(), {.nodes = 4}, span(), strike_at_random);
}

// As when the machine sleeps, or a container is frozen.
TEST_CASE("all schedulers of a store stop for longer than a lease: nobody is taken for dead") {
    const auto place = make_place();
    run_chaos(*place, {.nodes = 3, .keeps_leases = true}, 8 * kSecond,
              [](Workers& workers, const Course& /*plan*/, Seeded& /*random*/) {
                  workers.stop_all_for(std::chrono::milliseconds(3'500));  // the lease is 2 s
                  return Blows{.stops = 1};
              });
}

// Scenario 1 of what is promised: at least ten due times for each task, on a server that keeps what it has answered.
TEST_CASE("three schedulers and many tasks through hundreds of kills" *
          doctest::skip(std::getenv("UVSCHED_CHAOS_KILLS") == nullptr)) {
    const auto kills = static_cast<int>(given("UVSCHED_CHAOS_KILLS", 200));
    const auto tasks = static_cast<int>(given("UVSCHED_CHAOS_TASKS", 10'000));
    const Micros period = std::max<Micros>(100 * kMillisecond, tasks * kMillisecond * 3 / 2);
    const Micros whole = (std::max<Micros>(kills * kSecond, 12 * period) + period - 1) / period * period;
    const bool file = store_name() == "sqlite";
    const auto server = file ? nullptr : make_durable_server();
    const std::unique_ptr<Place> place = file ? make_place() : make_server_place(*server);
    run_chaos(
        *place, {.nodes = 3, .tasks = tasks, .period = period}, whole,
        [&](Workers& workers, const Course& plan, Seeded& random) { return kill_often(workers, plan, kills, random); });
}
