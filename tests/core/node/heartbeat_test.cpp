#include "core/node/heartbeat.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include "core/node/beat_thread.hpp"
#include "tests/core/node/scripted_membership.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

constexpr Micros kLease = 10 * kSecond;
constexpr Micros kBegin = 1'000 * kSecond;

struct Beating {
    Micros now = kBegin;
    int found = 0;
    int rings = 0;
    std::shared_ptr<ScriptedMembership> members = std::make_shared<ScriptedMembership>();
    Heartbeat heart;

    explicit Beating(bool watched = true)
        : heart({.elapsed = [this] { return now; }, .found = [this] { ++found; }, .ring = [this] { ++rings; }},
                watched) {
        members->answer.peers = {{.node = 7, .count = 1}};
    }
    void join() { heart.join(members, kLease, now); }
    Heartbeat::Rest pump_after(Micros span) {
        now += span;
        return heart.pump();
    }
    bool holds_after(Micros span) {
        now += span;
        return heart.holds();
    }
};

}  // namespace

TEST_CASE("heartbeat: without a membership nothing beats, and the lease always holds") {
    Beating each;
    CHECK(each.heart.holds());
    each.heart.join(nullptr, 0, each.now);
    CHECK(each.rings == 0);
    CHECK(each.heart.pump().until == kLatest);
    CHECK(each.holds_after(100 * kLease));
    each.heart.leave();
    CHECK(each.heart.holds());
}

TEST_CASE("heartbeat: beside others it beats five times a lease") {
    Beating each;
    each.join();
    CHECK(each.rings == 1);
    each.pump_after(0);
    CHECK(each.members->beats == 1);
    CHECK(each.pump_after(kSecond).until == kBegin + 2 * kSecond);
    CHECK(each.members->beats == 1);
    CHECK_FALSE(each.heart.alone());
    each.pump_after(kSecond);
    CHECK(each.members->beats == 2);
    CHECK(each.pump_after(kSecond).until == kBegin + 4 * kSecond);
}

TEST_CASE("heartbeat: the lease runs from when the beat was asked for") {
    Beating each;
    each.join();
    each.members->on_beat = [&] { each.now += 3 * kSecond; };
    each.pump_after(kSecond);
    CHECK(each.now == kBegin + 4 * kSecond);
    CHECK(each.holds_after(7 * kSecond - 1));
    CHECK_FALSE(each.holds_after(1));
    CHECK_FALSE(each.heart.take().renewed);
    CHECK(each.rings == 2);
    each.members->on_beat = [] {};
    each.pump_after(0);
    CHECK(each.heart.holds());
    CHECK(each.heart.take().renewed);
    CHECK_FALSE(each.heart.take().renewed);
}

TEST_CASE("heartbeat: a beat that fails is made again well inside the lease; that it has run out is told once") {
    Beating each;
    each.join();
    each.pump_after(0);
    static_cast<void>(each.heart.take());
    bool fails = true;
    each.members->on_beat = [&] {
        if (fails) fail(Code::store, "no answer");
    };
    each.pump_after(2 * kSecond);
    CHECK(each.pump_after(kSecond / 10).until < kBegin + 3 * kSecond);
    CHECK_FALSE(each.heart.take().why);
    for (int i = 0; i < 30; ++i) each.pump_after(kSecond / 2);
    const auto findings = each.heart.take();
    REQUIRE(findings.why);
    CHECK(findings.why->message() == "no answer");
    CHECK_FALSE(each.heart.holds());
    each.pump_after(kSecond);
    CHECK_FALSE(each.heart.take().why);
    // Nobody was watched meanwhile.
    CHECK(each.heart.dead().empty());
    fails = false;
    each.pump_after(kSecond);
    const auto then = each.heart.take();
    CHECK(then.renewed);
    CHECK(then.answers);
    CHECK(each.heart.dead().empty());
    CHECK(each.heart.holds());
}

TEST_CASE("heartbeat: a node whose lease has run out while the store failed asks for no beat before it is time") {
    Beating each;
    each.join();
    each.members->on_beat = [] { fail(Code::store, "no answer"); };
    each.pump_after(0);
    each.pump_after(2 * kLease);
    const int rings = each.rings;
    CHECK_FALSE(each.heart.holds());
    CHECK_FALSE(each.heart.holds());
    CHECK(each.rings == rings);
    CHECK_FALSE(each.holds_after(kLease / 20));
    CHECK(each.rings == rings + 1);
}

TEST_CASE("heartbeat: alone it does not beat; its lease holds while nobody tells of another") {
    Beating each;
    each.members->answer.peers.clear();
    each.join();
    each.pump_after(0);
    CHECK(each.heart.alone());
    auto rest = each.pump_after(kSecond);
    CHECK(rest.until == kLatest);
    CHECK(rest.descriptor == each.members->descriptor());
    CHECK(each.holds_after(100 * kLease));
    CHECK(each.members->beats == 1);

    each.members->tell();
    CHECK(each.heart.holds());  // until a lease after nobody had joined
    CHECK_FALSE(each.holds_after(kLease));
    each.members->answer.peers = {{.node = 7, .count = 1}};
    CHECK(each.heart.pump().until != kLatest);
    CHECK(each.members->beats == 2);
    CHECK(each.members->told == 1);
    CHECK_FALSE(each.heart.alone());
    CHECK(each.heart.holds());
    CHECK(each.heart.take().news);

    SUBCASE("and again, when the others have left") {
        each.members->answer.peers.clear();
        each.pump_after(2 * kSecond);
        CHECK(each.heart.alone());
        CHECK(each.heart.take().left);
    }
}

TEST_CASE("heartbeat: it beats alone too, if nobody would tell it of others, or nobody listens") {
    Beating each(false);
    SUBCASE("nobody listens") {}
    SUBCASE("nobody tells") { each.members->tells = false; }
    each.members->answer.peers.clear();
    each.join();
    each.pump_after(0);
    CHECK_FALSE(each.heart.alone());
    CHECK(each.pump_after(kSecond).until == kBegin + 2 * kSecond);
}

TEST_CASE("heartbeat: what others tell is heard at once, and what they tell in quick succession soon") {
    Beating each;
    each.join();
    each.pump_after(0);
    static_cast<void>(each.heart.take());
    each.now += kSecond;
    each.members->tell();
    each.members->answer.changes = 1;
    each.heart.pump();
    CHECK(each.members->beats == 2);
    CHECK(each.heart.take().news);
    each.members->tell();
    const auto rest = each.pump_after(kMillisecond);
    CHECK(each.members->beats == 2);
    CHECK(rest.descriptor == -1);
    CHECK(rest.until == each.now + 4 * kMillisecond);
    each.pump_after(4 * kMillisecond);
    CHECK(each.members->beats == 3);
    CHECK_FALSE(each.heart.take().news);  // it was nothing that this node must find
}

TEST_CASE("heartbeat: it beats alone too, if silence does not prove that nobody joined") {
    Beating each;
    each.members->answer.peers.clear();
    each.members->certain = false;
    each.join();
    each.pump_after(0);
    CHECK_FALSE(each.heart.alone());
    CHECK(each.pump_after(kSecond).until == kBegin + 2 * kSecond);
    each.pump_after(kSecond);
    CHECK(each.members->beats == 2);
    CHECK_FALSE(each.holds_after(kLease));
}

TEST_CASE("heartbeat: what tells nothing new is heard, and no beat is made for it before it is time") {
    Beating each;
    each.join();
    each.pump_after(0);
    each.members->news = false;
    each.members->tell();
    each.pump_after(kSecond);
    CHECK(each.members->told == 1);
    CHECK(each.members->beats == 1);
    each.members->tell();
    each.pump_after(kSecond);
    CHECK(each.members->beats == 2);
}

TEST_CASE("heartbeat: the dead are those of the last beat") {
    Beating each;
    each.members->answer.peers[0].gone = true;
    each.join();
    each.pump_after(0);
    CHECK(each.found == 1);
    CHECK(each.heart.dead() == std::vector<NodeNumber>{7});
    SUBCASE("one that is back is not dead") { each.members->answer.peers[0] = {.node = 7, .count = 2}; }
    SUBCASE("nobody is, when a beat fails") {
        each.members->on_beat = [] { fail(Code::store, "no answer"); };
    }
    SUBCASE("nobody is, for a node that is dead itself") { each.members->answer.standing = false; }
    each.pump_after(2 * kSecond);
    CHECK(each.heart.dead().empty());
}

TEST_CASE("heartbeat: a node that others declared dead holds nothing, and beats no more") {
    Beating each;
    each.join();
    each.pump_after(0);
    each.members->answer.standing = false;
    CHECK(each.pump_after(2 * kSecond).until == kLatest);
    CHECK(each.heart.take().lost);
    CHECK_FALSE(each.heart.holds());
    each.pump_after(2 * kSecond);
    CHECK(each.members->beats == 2);
    each.members->answer.standing = true;
    each.join();
    CHECK(each.heart.holds());
}

TEST_CASE("heartbeat: what a beat finds for a node that has left meanwhile is nobody's") {
    Beating each;
    each.join();
    each.members->answer.standing = false;
    SUBCASE("left") {
        each.members->on_beat = [&] { each.heart.leave(); };
        each.pump_after(0);
        CHECK_FALSE(each.heart.take().lost);
        CHECK_FALSE(each.heart.holds());
    }
    SUBCASE("joined anew") {
        const auto again = std::make_shared<ScriptedMembership>();
        each.members->on_beat = [&] { each.heart.join(again, kLease, each.now); };
        each.pump_after(0);
        CHECK_FALSE(each.heart.take().lost);
        CHECK(each.heart.holds());
    }
}

TEST_CASE("beat thread: it beats when it is told, and when it is rung") {
    std::mutex mutex;
    std::condition_variable beaten;
    const auto members = std::make_shared<ScriptedMembership>();
    int beats = 0;
    members->on_beat = [&] {
        const std::lock_guard lock(mutex);
        ++beats;
        beaten.notify_all();
    };
    const auto wait_for = [&](int wanted) {
        std::unique_lock lock(mutex);
        beaten.wait(lock, [&] { return beats >= wanted; });
    };
    std::atomic<Micros> now{kBegin};
    std::atomic<BeatThread*> beating{nullptr};
    Heartbeat heart({.elapsed = [&] { return now.load(); },
                     .found = [] {},
                     .ring =
                         [&] {
                             if (BeatThread* const thread = beating.load()) thread->ring();
                         }},
                    true);
    BeatThread thread(heart);
    beating = &thread;
    heart.join(members, kLease, now);
    wait_for(1);
    // It beats once for each that it is told of, some milliseconds apart by this clock.
    for (int i = 2; i < 6; ++i) {
        now += kSecond / 10;
        members->tell();
        thread.ring();
        wait_for(i);
    }
    beating = nullptr;
}
