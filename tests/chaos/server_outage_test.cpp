// The server dies and comes back, again and again, under schedulers in processes of their own: none of them ends, and
// each due time is accounted for.
#include <csignal>

#include "tests/chaos/workers.hpp"

using namespace chaos;

TEST_CASE("a server that is down for longer than a lease, and for moments") {
    const auto server = make_durable_server();
    if (!server->is_own()) return;
    const auto place = make_server_place(*server);
    const Folder folder;
    Course plan{.url = place->url("&lease=2&retention_per_task=0"), .log_path = folder.file("starts"), .nodes = 2};
    plan.begin = wall_microseconds() / kSecond * kSecond;
    plan.end = plan.begin + 12 * kSecond;
    // MongoDB's protocol server keeps what it has answered only if it is asked to end.
    const int end = store_name() == "mongodb" ? SIGTERM : SIGKILL;
    int outages = 0;
    {
        Workers workers(plan);
        for (const int milliseconds : {3'000, 100, 100, 1'000}) {
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
            server->stop(end);
            std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
            server->start();
            ++outages;
        }
        wait_until_done(*place);
        workers.end_all();
    }
    check(*place, plan, outages * 2);
}
