// Schedulers that start and stop in order, under load, beside one that stays: what they have not begun others run, and
// nothing is lost or run twice. UVSCHED_TEST_LONG=1: a thousand times.
#include <cstdlib>

#include "tests/chaos/workers.hpp"

using namespace chaos;

TEST_CASE("schedulers that stop in order under load give back what they have not begun") {
    const int stops = std::getenv("UVSCHED_TEST_LONG") == nullptr ? 20 : 1'000;
    const auto place = make_place();
    const Folder folder;
    Course plan{.url = place->url("&lease=10&retention_per_task=0"), .log_path = folder.file("starts"), .nodes = 2};
    plan.begin = wall_microseconds() / kSecond * kSecond;
    plan.end = plan.begin + (2 + stops / 4) * kSecond;
    plan.keeps_leases = true;
    {
        Workers workers(plan);
        for (int i = 0; i < stops; ++i) workers.restart_in_order(1);
        const Instant over = std::max(plan.end, wall_microseconds());
        wait_until_done(*place);
        CHECK(wall_microseconds() < over + 5 * kSecond);  // nobody waits for a lease to run out
        workers.end_all();
    }
    check(*place, plan, 0);
}
