#include "core/node/peer_watch.hpp"

#include <doctest/doctest.h>

using namespace uvsched;
using Nodes = std::vector<NodeNumber>;

namespace {

constexpr Micros kLease = 10 * kSecond;

// Answers take no time.
struct Watched {
    PeerWatch watch{kLease};
    Micros now = 100 * kSecond;

    Nodes see(std::uint64_t count) { return watch.see({{.node = 7, .count = count}}, now, now); }
    Nodes see_after(Micros span, std::uint64_t count) {
        now += span;
        return see(count);
    }
};

}  // namespace

TEST_CASE("peer watch: a node is dead whose count stands still for a whole lease of this node's beats") {
    Watched each;
    CHECK(each.see(1).empty());
    for (int i = 0; i < 4; ++i) CHECK(each.see_after(2 * kSecond, 1).empty());
    CHECK(each.see_after(2 * kSecond - 1, 1).empty());
    CHECK(each.see_after(1, 1) == Nodes{7});
    CHECK(each.see_after(1, 1) == Nodes{7});
    CHECK(each.see_after(kSecond, 2).empty());
}

TEST_CASE("peer watch: one that beats, however slowly, is not") {
    Watched each;
    std::uint64_t count = 1;
    for (int i = 0; i < 50; ++i) CHECK(each.see_after(2 * kSecond, i % 4 == 0 ? ++count : count).empty());
}

TEST_CASE("peer watch: the answers' own time is no part of the watch") {
    PeerWatch watch(kLease);
    const std::vector<PeerBeat> peers{{.node = 7, .count = 1}};
    Micros now = 0;
    CHECK(watch.see(peers, now, now + 3 * kSecond).empty());
    for (int i = 0; i < 2; ++i) {
        now += 5 * kSecond;
        CHECK(watch.see(peers, now, now + kSecond).empty());
    }
    CHECK(watch.see(peers, 13 * kSecond - 1, 13 * kSecond).empty());
    CHECK(watch.see(peers, 13 * kSecond, 13 * kSecond) == Nodes{7});
}

TEST_CASE("peer watch: after a beat that failed, or came half a lease late, all begins anew") {
    Watched each;
    CHECK(each.see(1).empty());
    for (int i = 0; i < 4; ++i) CHECK(each.see_after(2 * kSecond, 1).empty());
    SUBCASE("failed") {
        each.watch.look_away();
        each.now += 2 * kSecond;
    }
    SUBCASE("late") { each.now += 7 * kSecond + 1; }
    SUBCASE("answered late") {
        CHECK(each.watch.see({{.node = 7, .count = 1}}, each.now + 2 * kSecond, each.now + 7 * kSecond + 1).empty());
        each.now += 7 * kSecond + 1;
    }
    CHECK(each.see(1).empty());
    for (int i = 0; i < 4; ++i) CHECK(each.see_after(2 * kSecond, 1).empty());
    CHECK(each.see_after(2 * kSecond, 1) == Nodes{7});
}

TEST_CASE("peer watch: a node whose process has ended is dead at once, and one that is back is watched anew") {
    Watched each;
    CHECK(each.watch.see({{.node = 7, .count = 1, .gone = true}}, each.now, each.now) == Nodes{7});
    Watched other;
    CHECK(other.see(1).empty());
    for (int i = 0; i < 4; ++i) CHECK(other.see_after(2 * kSecond, 1).empty());
    CHECK(other.watch.see({}, other.now, other.now).empty());
    CHECK(other.see_after(2 * kSecond, 1).empty());
}
