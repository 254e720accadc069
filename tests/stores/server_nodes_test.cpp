// Several nodes of one store on a server: who is there, who is dead, what one tells the others, and what they do at the
// same time.
#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <thread>

#include "tests/stores/server_node.hpp"

using namespace ledger;

namespace {

PeerBeat only_peer(Node& node) {
    const BeatAnswer answer = node.beat();
    REQUIRE(answer.standing);
    REQUIRE(answer.peers.size() == 1);
    return answer.peers[0];
}

}  // namespace

TEST_CASE("nodes see each other's beats") {
    const auto place = make_server_place();
    Node first(*place);
    CHECK(first.beat().peers.empty());
    Node second(*place);
    CHECK(second.opened().dead.empty());
    CHECK(only_peer(first).node == second.number());
    CHECK(only_peer(second).node == first.number());
    const std::uint64_t before = only_peer(first).count;
    CHECK(only_peer(first).count == before);
    static_cast<void>(second.beat());
    CHECK(only_peer(first).count != before);
    CHECK_FALSE(only_peer(first).gone);
    CHECK_FALSE(first.membership().tells_who_joins());
}

TEST_CASE("one that closes is seen to be gone at once, and one that leaves in order is not there any more") {
    const auto place = make_server_place();
    Node first(*place);
    {
        Node second(*place);
        add(second.store(), every("digest"));
        const auto membership = second.store().membership();
        claim(second.store(), "digest");
        second.store().close();
        CHECK_FALSE(membership->beat().standing);
        CHECK(only_peer(first).gone);
        second.open();
        CHECK(second.opened().dead.size() == 1);
        CHECK(recover_dead(second.store(), second.opened()).ready.size() == 1);
        CHECK(only_peer(first).node == second.number());
        CHECK_FALSE(second.store().recover(second.number(), kStart, 100).more);
    }
    CHECK(first.beat().peers.empty());
}

TEST_CASE("one that others took for dead writes nothing more, and joins as another one") {
    const auto place = make_server_place();
    Node slow(*place);
    Node other(*place);
    add(slow.store(), every("digest"));
    const OpenFire fire = claim(slow.store(), "digest");
    const Recovered recovered = other.store().recover(slow.number(), kStart, 100);
    CHECK(recovered.ready.size() == 1);
    CHECK_FALSE(recovered.more);
    CHECK_THROWS_AS(start(slow.store(), ref(fire)), NodeLost);
    CHECK_THROWS_AS(static_cast<void>(slow.store().mine()), NodeLost);
    Claim lost;
    lost.task = fire.task.number;
    CHECK_THROWS_AS(slow.store().recall(lost), NodeLost);
    CHECK_THROWS_AS(static_cast<void>(slow.store().recover(other.number(), kStart, 1)), NodeLost);
    CHECK_FALSE(slow.beat().standing);
    slow.store().close();
    const NodeNumber before = slow.number();
    slow.open();
    CHECK(slow.number() != before);
    CHECK(look(slow.store(), kStart).ready.size() == 1);
    CHECK(other.store().mine().empty());
}

TEST_CASE("what one makes is told to the others, and only what they must find") {
    const auto place = make_server_place();
    Node first(*place);
    Node second(*place);
    static_cast<void>(first.beat());
    static_cast<void>(second.beat());
    const std::uint64_t before = second.beat().changes;
    add(first.store(), every("digest"));
    if (place->tells()) CHECK(second.is_told());
    CHECK(second.beat().changes != before);
    CHECK(second.store().changes() != 0);
    CHECK(first.store().changes() == 0);
    if (!place->tells()) {
        CHECK(first.membership().descriptor() == -1);
        return;
    }
    CHECK(second.is_silent());
    // Its own word comes back to it, and is nothing to beat for.
    wait_readable(first.membership().descriptor(), -1, std::chrono::seconds(5));
    CHECK_FALSE(first.membership().heard());

    const OpenFire fire = claim(first.store(), "digest");
    start(first.store(), ref(fire));
    finish(first.store(), ref(fire));
    run_now(second.store(), "digest");
    CHECK(first.is_told());  // behind all that could have been told before
    static_cast<void>(second.membership().heard());
    CHECK(second.is_silent());
}

TEST_CASE("the first one sets the lease for all, and says so to the others") {
    const auto place = make_server_place();
    {
        Node first(*place, true, 2 * kSecond);
        CHECK(first.opened().lease == 2 * kSecond);
        Node second(*place, true, 5 * kSecond);
        CHECK(second.opened().lease == 2 * kSecond);
        const auto& notices = second.opened().notices;
        CHECK(std::any_of(notices.begin(), notices.end(), [](const std::string& notice) {
            return notice.find("the lease is 2 s, as whoever came first set it, and not 5 s") != std::string::npos;
        }));
    }
    Node third(*place, true, 5 * kSecond);
    CHECK(third.opened().lease == 5 * kSecond);
}

TEST_CASE("eight nodes open an empty place at once, and declare the same tasks") {
    const auto place = make_server_place();
    std::array<std::string, 8> errors;
    std::array<int, 8> created{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < errors.size(); ++i) {
        threads.emplace_back([&, i] {
            try {
                Node node(*place);
                Batch batch;
                for (int task = 0; task < 200; ++task) {
                    Add one;
                    one.definition = std::make_shared<const Definition>(
                        every("task-" + std::to_string((task + static_cast<int>(i) * 25) % 200)));
                    one.state.uid = static_cast<Uid>(1'000'000 + 1'000 * i + static_cast<std::size_t>(task));
                    one.state.anchor = kStart;
                    one.state.next_slot = one.state.next_due = kStart;
                    one.at_start = true;
                    one.on_existing = OnExisting::replace;
                    batch.adds.push_back(std::move(one));
                }
                node.store().apply(batch);
                for (const Add& each : batch.adds) created[i] += each.result == Add::Result::created ? 1 : 0;
            } catch (const Error& error) {
                errors[i] = error.message();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& error : errors) CHECK(error == "");
    if (place->all_or_none()) CHECK(std::count(created.begin(), created.end(), 200) == 1);
    CHECK(std::accumulate(created.begin(), created.end(), 0) == 200);
    Node node(*place);
    CHECK(node.store().counts().active == 200);
}

// Each takes what it finds, and begins and ends it. A fire that came twice would break a key, or be two rows of
// history.
TEST_CASE("nodes that work side by side do each due time once") {
    const auto place = make_server_place();
    constexpr int kTasks = 40;
    constexpr int kTimes = 25;
    Node first(*place);
    Batch batch;
    for (int task = 0; task < kTasks; ++task) batch.adds.push_back(adding(every("task-" + std::to_string(task))));
    first.store().apply(batch);
    std::array<std::string, 3> errors;
    std::array<int, 3> done{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < errors.size(); ++i) {
        threads.emplace_back([&, i] {
            try {
                Node node(*place);
                std::vector<OpenFire> held;
                while (true) {
                    Batch work;
                    for (const OpenFire& fire : held) {
                        work.starts.push_back({.fire = ref(fire), .now_wall = kStart});
                        work.finishes.push_back(finishing(ref(fire)));
                    }
                    const Look found = look(node.store(), kStart + kHour, 30);
                    for (const StoredTask& task : found.due) {
                        Claim claim = claiming(task, kStart);
                        if (claim.plan.hwm == kStart + (kTimes - 1) * 10 * kSecond) {
                            claim.plan.next_slot.reset();
                            claim.plan.next_due.reset();
                        }
                        work.claims.push_back(std::move(claim));
                    }
                    if (work.empty()) break;
                    held.clear();
                    node.store().apply(work);
                    for (const Finish& finish : work.finishes) done[i] += finish.outcome == Outcome::done ? 1 : 0;
                    for (const Claim& claim : work.claims) {
                        for (const OpenFire& fire : claim.fires) held.push_back(fire);
                    }
                }
            } catch (const Error& error) {
                errors[i] = error.message();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& error : errors) CHECK(error == "");
    CHECK(done[0] + done[1] + done[2] == kTasks * kTimes);
    CHECK(place->done_rows() == 1000);
    std::int64_t runs = 0;
    for (const StoredTask& task : first.store().list("", 100, true)) runs += task.state.runs;
    CHECK(runs == 1000);
    CHECK(place->open_fires() == 0);
}

TEST_CASE("the server's clock decides what is due, unless the clock is moved by hand") {
    const auto place = make_server_place();
    Node node(*place, false);
    const Instant server = place->server_time();
    add(node.store(), every("past"), server - kSecond);
    add(node.store(), every("future"), server + kHour);
    const Look found = look(node.store(), kStart - 10 * kDay);
    REQUIRE(found.due.size() == 1);
    CHECK(found.due[0].definition->id == "past");
    CHECK(found.now.wall >= server);
    CHECK(found.now.wall < server + kMinute);
    CHECK(found.now.elapsed == found.now.wall);
    const Now now = node.store().now({.wall = 5, .elapsed = 5});
    CHECK(now.wall >= server);
    CHECK(now.wall < server + kMinute);
    // What becomes ready is ready by the server's clock too, whatever this process's shows.
    run_now(node.store(), "future", server + 30 * kDay);
    CHECK(look(node.store(), kStart).ready.size() == 1);

    const auto by_hand = make_server_place();
    Node moved(*by_hand);
    CHECK(moved.store().now({.wall = 5, .elapsed = 7}).wall == 5);
}
