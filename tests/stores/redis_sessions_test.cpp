// What a store on Redis does with its keys and sessions.
#include <filesystem>

#include "tests/stores/child.hpp"
#include "tests/stores/redis_place.hpp"
#include "tests/stores/server_node.hpp"

using namespace ledger;

TEST_CASE("a start that changes nothing writes nothing") {
    RedisPrefix place;
    Node node(place);
    Batch batch;
    for (int task = 0; task < 100; ++task) batch.adds.push_back(adding(every("task-" + std::to_string(task))));
    node.store().apply(batch);
    const auto written = [&] {
        const std::string info = place.ask("INFO persistence");
        const std::size_t at = info.find("rdb_changes_since_last_save:");
        return info.substr(at, info.find('\r', at) - at);
    };
    const std::string before = written();
    for (Add& add : batch.adds) add.on_existing = OnExisting::replace;
    node.store().apply(batch);
    for (const Add& add : batch.adds) CHECK(add.result == Add::Result::unchanged);
    CHECK(written() == before);
}

TEST_CASE("all keys of a store have its prefix as their hash tag, and none is left of tasks that are gone") {
    RedisServer& server = RedisServer::shared();
    if (!server.is_own()) return;
    RedisPrefix place;
    Node node(place);
    for (int i = 0; i < 3; ++i) add(node.store(), every("task-" + std::to_string(i)));
    const OpenFire fire = claim(node.store(), "task-1");
    start(node.store(), ref(fire));
    finish(node.store(), ref(fire));
    run_now(node.store(), "task-2");
    remove(node.store(), "");
    while (node.store().prune(kStart + 1000 * kDay)) {
    }
    const std::string tag = "{" + place.name() + "}:";
    std::istringstream keys(place.ask("KEYS @*"));
    int count = 0;
    for (std::string key; keys >> key;) {
        CHECK(key.starts_with(tag));
        const std::string rest = key.substr(tag.size());
        const bool known = rest == "meta" || rest == "lanes" || rest == "history" || rest.starts_with("gone") ||
                           rest.starts_with("node");
        CAPTURE(key);
        CHECK(known);
        ++count;
    }
    CHECK(count > 3);
}

TEST_CASE("thousands of tasks are removed in pieces") {
    RedisPrefix place;
    Node node(place);
    Batch batch;
    for (int task = 0; task < 1'300; ++task) batch.adds.push_back(adding(every("task-" + std::to_string(task))));
    node.store().apply(batch);
    const Remove removed = remove(node.store(), "");
    CHECK(removed.removed == 1'300);
    CHECK(removed.outcome == Outcome::done);
    CHECK(node.store().counts() == TaskCounts());
    CHECK(node.store().list("", 10, true).empty());
}

TEST_CASE("ears that were cut are made again by the next beat, and nobody spins") {
    RedisPrefix place;
    Node node(place);
    Node other(place);
    static_cast<void>(node.beat());
    const int descriptor = node.membership().descriptor();
    static_cast<void>(place.ask("CLIENT KILL TYPE pubsub"));
    wait_readable(descriptor, -1, std::chrono::seconds(5));
    CHECK(node.membership().heard());
    CHECK(node.is_silent());
    CHECK(node.beat().standing);
    CHECK(node.membership().descriptor() == descriptor);
    add(other.store(), every("digest"));
    CHECK(node.is_told());
}

TEST_CASE("a process takes three connections, and the child of a fork lets them be") {
    RedisPrefix place;
    const auto sessions = [&] {
        const std::string list = place.ask("CLIENT LIST");
        return std::count(list.begin(), list.end(), '\n');
    };
    const auto none = sessions();
    Node node(place);
    add(node.store(), every("digest"));
    CHECK(sessions() == none + 3);
    Child child([&](Child&) {
        int open = 0;
        for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
            std::error_code error;
            const bool socket = std::filesystem::read_symlink(each.path(), error).string().starts_with("socket:");
            open += socket ? 1 : 0;
        }
        return open;
    });
    CHECK(child.exit_status() == 0);  // it has no socket
    CHECK(node.store().get("digest").has_value());
    CHECK(node.beat().standing);
    CHECK(sessions() == none + 3);
}
