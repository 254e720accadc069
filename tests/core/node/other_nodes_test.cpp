// A node beside others: the dead, its own death, its end.
#include <doctest/doctest.h>

#include <set>

#include "core/node/store_node.hpp"
#include "tests/core/node/scripted_store.hpp"

using namespace uvsched;
using namespace uvsched::test;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Words = std::vector<std::string>;

namespace {

struct Shared : PumpedNode {
    std::shared_ptr<ScriptedMembership> members = std::make_shared<ScriptedMembership>();

    Shared() {
        store->lease = 10 * kSecond;
        store->members = members;
        members->answer.peers = {{.node = 7, .count = 1}};
        join();
    }
    // As anew, and quiet.
    void join() {
        open();
        beat_and_pump();
        store->log.clear();
        told.clear();
    }
};

}  // namespace

TEST_CASE("other nodes: what a dead one held is recovered piece by piece, and told; mail does not wait for all of it") {
    Shared each;
    each.set_group(3);
    int pieces = 3;
    each.store->on_recover = [&](NodeNumber) {
        Recovered piece;
        piece.ready.resize(2);
        piece.more = --pieces > 0;
        return piece;
    };
    each.members->answer.peers[0].gone = true;
    each.now += seconds(2);
    each.node.heartbeat().pump();
    each.post_run("a");
    CHECK(each.pump() == each.now);
    CHECK(each.take_told() == Words{"taken over 2", "wake 3", "a"});
    CHECK(each.pump() == each.now);
    CHECK(each.pump() == each.now);
    CHECK(each.take_told() == Words{"taken over 2", "wake 3", "taken over 2", "wake 3"});
    each.store->unasked = {due_task(9, 0, 0)};
    CHECK(each.pump() > each.now);
    CHECK(each.take_told() == Words{"asking 9"});  // the dead one may have been asking
    CHECK(each.store->times("recover 7") == 3);

    // Once is enough, as long as the store goes on to name it.
    each.now += seconds(2);
    each.beat_and_pump();
    CHECK(each.store->times("recover 7") == 3);
}

TEST_CASE("other nodes: what cannot be recovered now holds up nothing else, and is tried again") {
    Shared each;
    bool fails = true;
    each.store->on_recover = [&](NodeNumber) {
        if (fails) throw Error(Code::store, "disk full");
        return Recovered();
    };
    each.members->answer.peers[0].gone = true;
    each.now += seconds(2);
    each.node.heartbeat().pump();
    const auto next = each.pump();
    CHECK(next == each.now + milliseconds(100));
    CHECK(each.take_told() == Words{"failed: disk full"});
    each.post_run("a");
    each.pump();
    CHECK(each.take_told() == Words{"recovered", "a"});
    fails = false;
    each.now = next;
    each.pump();
    CHECK(each.take_told() == Words{"taken over 0"});
    SUBCASE("unless the node is alive again by then") {
        fails = true;
        each.members->answer.peers[0] = {.node = 8, .count = 1, .gone = true};
        each.now += seconds(2);
        each.node.heartbeat().pump();
        each.now = each.pump();
        each.members->answer.peers[0].gone = false;
        each.node.heartbeat().pump();
        each.now += seconds(4);
        each.node.heartbeat().pump();
        each.pump();
        CHECK(each.store->times("recover 8") == 1);
    }
}

TEST_CASE("other nodes: a node that was declared dead joins again, and its owner hears of it before and after") {
    Shared each;
    each.at_work = {fire_of(1)};
    SUBCASE("a beat says so") {
        each.members->answer.standing = false;
        each.now += seconds(2);
        each.node.heartbeat().pump();
        each.post_finish("finish", 1);
        each.members->answer.standing = true;
        each.pump();
        CHECK(each.store->log == Words{"close", "open", "apply"});
        CHECK(each.take_told() == Words{"outcast", "rejoined", "recovered", "finish"});
    }
    SUBCASE("a batch says so") {
        bool lost = true;
        each.store->on_apply = [&](Batch&) {
            if (lost) throw NodeLost("the row is gone");
        };
        each.post_run("caller");
        each.post_finish("finish", 1);
        const auto next = each.pump();
        CHECK(each.take_told() == Words{"outcast", "caller"});
        CHECK_FALSE(each.node.heartbeat().holds());
        lost = false;
        each.now = next;
        each.pump();
        CHECK(each.store->log == Words{"apply", "close", "open", "apply"});
        CHECK(each.take_told() == Words{"rejoined", "recovered", "finish"});
    }
    CHECK(each.store->opened_for.empty());  // what it held is not its any more
    CHECK(each.node.heartbeat().holds());
}

TEST_CASE("other nodes: the end of a run from before the node was declared dead makes no room for another") {
    Shared each;
    each.at_work = {fire_of(3)};
    each.members->answer.standing = false;
    each.now += seconds(2);
    each.node.heartbeat().pump();
    each.members->answer.standing = true;
    each.pump();
    // The fire that is open is another node's by now.
    each.store->found.due.push_back(due_task(3, each.present.wall, 1));
    each.post_finish("finish", 3);
    StoreRequest look = each.request("look");
    look.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
    each.node.post(std::move(look));
    each.pump_after(milliseconds(5'000));
    REQUIRE(each.replies.back().second.batch.claims.size() == 1);
    CHECK(each.replies.back().second.batch.claims[0].plan.runs.empty());
}

TEST_CASE("other nodes: a run of an earlier trigger makes room for another only if it is still this node's") {
    for (const bool ours : {true, false}) {
        CAPTURE(ours);
        PumpedNode each;
        StoredTask task = due_task(5, each.present.wall, 1);
        task.state.gen = 1;
        each.store->found.due = {task};
        if (ours) each.store->held = {fire_of(5)};
        StoreRequest look = each.request("look");
        look.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
        each.node.post(std::move(look));
        each.post_finish("finish", 5);
        each.pump();
        CHECK(each.store->times("mine") == 1);
        const auto& claims = each.replies[0].second.batch.claims;
        REQUIRE(claims.size() == 1);
        CHECK(claims[0].plan.runs.size() == (ours ? 1 : 0));
    }
}

TEST_CASE(
    "other nodes: one that loses its claims to others looks behind them, as long as there is more than it can claim") {
    Shared each;
    each.store->found.due.push_back(due_task(3, each.present.wall, 0));
    each.store->found.more = true;
    const auto look = [&] {
        StoreRequest request = each.request("look");
        request.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
        each.node.post(std::move(request));
        each.pump();
        return std::exchange(each.store->skips, {});
    };
    using Skips = std::vector<std::size_t>;
    CHECK(look() == Skips{0});
    each.store->of_claims = Outcome::refused;
    CHECK(look() == Skips{0});
    std::set<std::size_t> seen;
    for (int i = 0; i < 100; ++i) {
        for (const std::size_t skip : look()) seen.insert(skip);
    }
    CHECK(seen == std::set<std::size_t>{0, 10, 20, 30});  // two places for each of the two nodes

    each.store->of_claims = Outcome::done;
    each.store->found.more = false;
    const Skips last = look();
    if (last.size() == 2) CHECK(last.front() > 0);  // there was nothing to be passed over
    CHECK(last.back() == 0);
    each.store->found.more = true;
    for (int i = 0; i < 10; ++i) CHECK(look() == Skips{0});
}

TEST_CASE("other nodes: joining again is tried until it is done; what must not be lost waits") {
    Shared each;
    each.members->answer.standing = false;
    each.now += seconds(2);
    each.node.heartbeat().pump();
    each.store->open_fails = true;
    each.post_finish("finish", 1);
    each.now = each.pump();
    each.now = each.pump();
    CHECK(each.take_told() == Words{"outcast", "failed: somebody has it", "failed: somebody has it"});
    CHECK_FALSE(each.node.heartbeat().holds());
    each.store->open_fails = false;
    each.pump();
    CHECK(each.take_told() == Words{"rejoined", "recovered", "finish"});
}

TEST_CASE("other nodes: at its end a node gives back what it holds, and its row") {
    Shared each;
    int pieces = 2;
    each.store->on_recover = [&](NodeNumber) {
        Recovered piece;
        piece.more = --pieces > 0;
        return piece;
    };
    each.post_run("a");
    each.node.end();
    each.pump();
    each.pump();
    CHECK(each.node.closed());
    CHECK(each.store->log == Words{"apply", "recover 77", "recover 77", "close"});
    CHECK_FALSE(each.node.heartbeat().holds());
}

TEST_CASE("other nodes: what a node cannot give back at its end is left to the others") {
    Shared each;
    each.store->on_recover = [](NodeNumber) -> Recovered { throw Error(Code::store, "disk full"); };
    each.node.end();
    each.pump();
    CHECK(each.node.closed());
    CHECK(each.take_told() == Words{"failed: disk full"});
}

TEST_CASE("other nodes: a node that is alone is not pumped without mail; beside others it checks itself once a lease") {
    Shared each;
    CHECK(each.pump() == each.now + seconds(10));
    each.now += seconds(5);
    each.beat_and_pump();
    CHECK(each.pause_after(seconds(5)) == seconds(10));
    CHECK(each.take_told() == Words{"lease passed"});
    each.members->answer.peers.clear();
    each.beat_and_pump();
    CHECK(each.pump() == StoreNode::kWithMail);
    each.pump_after(seconds(100));
    CHECK(each.take_told().empty());

    const int wakes = each.wakes;
    each.members->answer.peers = {{.node = 8, .count = 1}};
    each.members->tell();
    each.node.heartbeat().pump();
    CHECK(each.wakes == wakes + 1);
    CHECK(each.pump() == each.now + seconds(10));
}

TEST_CASE("other nodes: what they made is found when a beat tells of it") {
    Shared each;
    each.set_group(3);
    each.store->changed = 1;
    each.members->answer.changes = 1;
    each.now += seconds(2);
    each.beat_and_pump();
    CHECK(each.take_told() == Words{"lanes 0", "wake 3"});
}

TEST_CASE("other nodes: that its lease has run out because beats fail, and that it holds again, is told") {
    Shared each;
    each.members->on_beat = [] { fail(Code::store, "no answer"); };
    for (int i = 0; i < 12; ++i) {
        each.now += seconds(1);
        each.node.heartbeat().pump();
    }
    each.pump();
    CHECK(each.take_told() == Words{"failed: no answer", "lease passed"});
    each.members->on_beat = [] {};
    each.now += seconds(1);
    each.node.heartbeat().pump();
    each.pump();
    CHECK(each.take_told() == Words{"recovered", "renewed"});
}
