#include "core/node/store_node.hpp"

#include <doctest/doctest.h>

#include <new>

#include "core/node/batch_merge.hpp"
#include "tests/core/node/scripted_store.hpp"
#include "tests/support/lacking_memory.hpp"

using namespace uvsched;
using namespace uvsched::test;
using std::chrono::milliseconds;
using Words = std::vector<std::string>;

TEST_CASE("requests that came together are one transaction, and each gets its own outcomes") {
    PumpedNode each;
    each.store->on_apply = [](Batch& batch) { CHECK(batch.runs.size() == 2); };
    each.post_run("a");
    each.post_run("b");
    CHECK(each.wakes == 1);
    CHECK(each.pump() == StoreNode::kWithMail);
    CHECK(each.store->log == Words{"apply"});
    REQUIRE(each.replies.size() == 2);
    for (const auto& [name, reply] : each.replies) {
        CHECK_FALSE(reply.error);
        REQUIRE(reply.batch.runs.size() == 1);
        CHECK(reply.batch.runs[0].id == name);
        CHECK(reply.batch.runs[0].outcome == Outcome::done);
    }
}

TEST_CASE("a job sees what was posted before it") {
    PumpedNode each;
    each.post_run("a");
    each.node.post([&](Store&) { each.told.emplace_back("job"); });
    each.pump();
    CHECK(each.told == Words{"a", "job"});
}

TEST_CASE("the wakes of all groups are told before the replies") {
    PumpedNode each;
    each.node.set_groups(std::make_shared<const std::vector<LaneGroup>>(
        std::vector<LaneGroup>{{.executor = 0, .lanes = {7}}, {.executor = 2, .lanes = {9, 11}}}));
    each.post_run("a");
    each.pump();
    CHECK(each.told == Words{"wake 7", "wake 9", "a"});
}

TEST_CASE("wakes that could not be found are looked for again, whether there is mail or not") {
    PumpedNode each;
    each.set_group(7);
    bool fails = true;
    each.store->on_wake = [&] {
        if (fails) throw Error(Code::store, "disk full");
    };
    each.post_run("a");
    const auto next = each.pump();
    CHECK(each.take_told() == Words{"failed: disk full", "a"});
    CHECK(next == each.now + milliseconds(100));
    fails = false;
    each.now = next;
    CHECK(each.pump() == StoreNode::kWithMail);
    CHECK(each.take_told() == Words{"recovered", "wake 7"});
    each.post_run("b");
    each.pump();
    CHECK(each.take_told() == Words{"wake 7", "b"});
}

TEST_CASE("lanes are read again when another node has changed something, and the wakes are those of the lanes by now") {
    PumpedNode each;
    each.set_group(7);
    each.on_lanes = [&] { each.set_group(9); };
    SUBCASE("with the next request") {
        each.post_run("a");
        each.pump();
        CHECK(each.take_told() == Words{"wake 7", "a"});
        each.store->changed = 1;
        each.post_run("b");
        each.pump();
        CHECK(each.take_told() == Words{"lanes 0", "wake 9", "b"});
        each.post_run("c");
        each.pump();
        CHECK(each.take_told() == Words{"wake 9", "c"});
    }
    SUBCASE("at once, when somebody notices") {
        each.store->changed = 1;
        each.node.notice();
        CHECK(each.wakes == 1);
        CHECK(each.pump() == StoreNode::kWithMail);
        CHECK(each.take_told() == Words{"lanes 0", "wake 9"});
        CHECK(each.store->log == Words{"lanes"});
    }
    SUBCASE("later, when the store fails") {
        each.store->changed = 1;
        each.node.notice();
        bool fails = true;
        each.store->on_wake = [&] {
            if (fails) throw Error(Code::store, "disk full");
        };
        const auto next = each.pump();
        CHECK(each.take_told() == Words{"lanes 0", "failed: disk full"});
        CHECK(next == each.now + milliseconds(100));
        fails = false;
        each.now = next;
        CHECK(each.pump() == StoreNode::kWithMail);
        CHECK(each.take_told() == Words{"recovered", "wake 9"});
    }
    SUBCASE("with the next request, after one that failed") {
        each.store->changed = 1;
        each.store->on_apply = [&](Batch&) { throw Error(Code::store, "disk full"); };
        each.node.notice();
        each.post_run("a");
        CHECK(each.pump() == each.now + milliseconds(100));
        CHECK(each.take_told() == Words{"failed: disk full", "a"});
        CHECK(each.pump_after(milliseconds(100)) == StoreNode::kWithMail);
        CHECK(each.take_told() == Words{"lanes 0", "wake 9"});
    }
}

TEST_CASE("what changed before the store was opened is no news: its owner reads the lanes then") {
    PumpedNode each;
    each.store->changed = 1;
    each.node.open({});
    each.post_run("a");
    each.pump();
    CHECK(each.take_told() == Words{"a"});
}

TEST_CASE("a caller hears of a failure at once; what must not be lost is tried again after pauses that grow") {
    PumpedNode each;
    int failures = 2;
    each.store->on_apply = [&](Batch&) {
        if (failures-- > 0) throw Error(Code::store, "disk full");
    };
    each.post_run("caller");
    each.post_finish("finish", 1);
    const auto first = each.pump();
    CHECK(first == each.now + milliseconds(100));
    CHECK(each.take_told() == Words{"failed: disk full", "caller"});
    CHECK(each.replies[0].second.error->message() == "disk full");

    SUBCASE("not before") {
        CHECK(each.pump_after(milliseconds(99)) == first);
        CHECK(each.store->times("apply") == 1);
        CHECK(each.pause_after(milliseconds(1)) == milliseconds(200));
        CHECK(each.store->times("apply") == 2);
        CHECK(each.pump_after(milliseconds(200)) == StoreNode::kWithMail);
        CHECK(each.take_told() == Words{"failed: disk full", "recovered", "finish"});
    }
    SUBCASE("later requests wait behind it, in order") {
        each.post_run("later");
        CHECK(each.pump() == first);
        CHECK(each.replies.size() == 1);
        failures = 0;
        each.pump_after(milliseconds(100));
        CHECK(each.take_told() == Words{"recovered", "finish", "later"});
    }
    SUBCASE("a job does not wait, and what was written before it is tried first") {
        failures = 0;
        each.node.post([&](Store&) { each.told.emplace_back("job"); });
        CHECK(each.pump() == StoreNode::kWithMail);
        CHECK(each.take_told() == Words{"recovered", "finish", "job"});
    }
    SUBCASE("pauses end at 3.2 s") {
        failures = 100;
        for (int i = 0; i < 10; ++i) each.pump_after(milliseconds(3'200));
        CHECK(each.pause_after(milliseconds(3'200)) == milliseconds(3'200));
    }
    SUBCASE("once a stop has begun it is tried five times, soon after each other, and then left") {
        failures = 100;
        each.node.hurry();
        CHECK(each.pause_after(milliseconds(100)) == milliseconds(50));
        for (int i = 0; i < 3; ++i) each.pump_after(milliseconds(50));
        CHECK(each.replies.size() == 1);
        CHECK(each.pump_after(milliseconds(50)) == StoreNode::kWithMail);
        REQUIRE(each.replies.size() == 2);
        CHECK(each.replies[1].second.error);
        CHECK(each.store->times("apply") == 6);
    }
}

TEST_CASE(
    "a reply that there is no memory for is brought again; the store is not asked again, and nothing else is done") {
    PumpedNode each;
    int lacks = 2;
    StoreRequest request = each.request("a");
    request.batch.runs.push_back(run_of("a"));
    request.done = [&, done = request.done](StoreReply&& reply) {
        if (lacks-- > 0) throw std::bad_alloc();
        done(std::move(reply));
    };
    each.node.post(std::move(request));
    each.post_run("b");
    const auto next = each.pump();
    CHECK(next == each.now + milliseconds(50));
    CHECK(each.replies.empty());
    each.post_run("c");
    each.pump_after(milliseconds(50));
    CHECK(each.store->times("apply") == 1);
    each.pump_after(milliseconds(50));
    CHECK(each.store->times("apply") == 2);
    REQUIRE(each.replies.size() == 3);
    CHECK(each.replies[0].first == "a");
    CHECK(each.replies[0].second.batch.runs[0].outcome == Outcome::done);
    CHECK(each.replies[2].first == "c");
}

TEST_CASE("one request that the store refuses does not hold up the others") {
    PumpedNode each;
    each.store->on_apply = [](Batch& batch) {
        for (const RunNow& run : batch.runs) {
            if (run.id == "bad") throw Refused("too long");
        }
        for (const Finish& finish : batch.finishes) {
            if (finish.fire.task == 13) throw Refused("a row of theirs");
        }
    };
    SUBCASE("a caller is told") {
        each.post_run("bad");
        each.post_run("good");
        CHECK(each.pump() == StoreNode::kWithMail);
        REQUIRE(each.replies.size() == 2);
        CHECK(each.replies[0].second.error->message() == "too long");
        CHECK(each.replies[0].second.refused);
        CHECK_FALSE(each.replies[1].second.error);
    }
    SUBCASE("a task is set apart, and the rest of its request is done") {
        StoreRequest request = each.request("finishes", true);
        request.batch.finishes = {finish_of(12), finish_of(13), finish_of(14)};
        each.node.post(std::move(request));
        CHECK(each.pump() == StoreNode::kWithMail);
        CHECK(each.told == Words{"apart: 13", "finishes"});
        const auto& finishes = each.replies[0].second.batch.finishes;
        REQUIRE(finishes.size() == 3);
        CHECK(finishes[0].outcome == Outcome::done);
        CHECK(finishes[1].outcome == Outcome::none);
        CHECK(finishes[2].outcome == Outcome::done);
    }
}

TEST_CASE("a fire that ended because its task is deleted is told once, when its release is answered") {
    PumpedNode each;
    int failures = 1;
    each.store->on_apply = [&](Batch& batch) {
        for (Release& release : batch.releases) release.dropped = Dropped{.id = "gone", .name = {}, .miss = {}};
        if (failures-- > 0) throw Error(Code::store, "disk full");
    };
    StoreRequest request = each.request("release", true);
    request.batch.releases = {Release{.fire = fire_of(1)}};
    each.node.post(std::move(request));
    each.now = each.pump();
    CHECK(each.take_told() == Words{"failed: disk full"});
    each.pump();
    CHECK(each.take_told() == Words{"recovered", "dropped: gone", "release"});
}

TEST_CASE("a look is planned: a run that ends in the same batch is over by then") {
    for (const bool ends : {false, true}) {
        PumpedNode each;
        each.store->found.due.push_back(due_task(3, each.present.wall, 1));
        StoreRequest look = each.request("look");
        look.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
        each.node.post(std::move(look));
        if (ends) each.post_finish("finish", 3);
        each.pump();
        REQUIRE(each.replies[0].second.batch.claims.size() == 1);
        const Claim& claim = each.replies[0].second.batch.claims[0];
        CHECK(claim.rev == 5);
        CHECK(claim.plan.runs.size() == (ends ? 1 : 0));
        CHECK(claim.plan.misses.size() == (ends ? 0 : 1));
        CHECK(claim.plan.next_slot == each.present.wall + kHour);
        CHECK(each.replies[0].second.looked->wall == each.present.wall);
    }
}

TEST_CASE("a look is planned for the store's time") {
    PumpedNode each;
    each.store->ahead = 30 * kMinute;
    each.store->found.due.push_back(due_task(3, each.present.wall, 0));
    StoreRequest look = each.request("look");
    look.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
    each.node.post(std::move(look));
    each.pump();
    const StoreReply& reply = each.replies[0].second;
    CHECK(reply.looked->wall == each.present.wall + 30 * kMinute);
    REQUIRE(reply.batch.claims.size() == 1);
    CHECK(reply.batch.claims[0].now_wall == each.present.wall + 30 * kMinute);
}

TEST_CASE("a ready fire that somebody else took is not ours") {
    PumpedNode each;
    for (const TaskNumber number : {3, 4}) {
        OpenFire fire;
        fire.task = due_task(number, 0, 1);
        fire.token = 8;
        each.store->found.ready.push_back(fire);
    }
    each.store->on_apply = [](Batch& batch) {
        REQUIRE(batch.takes.size() == 2);
        batch.takes[0].outcome = Outcome::refused;
        batch.takes[1].outcome = Outcome::done;
        batch.takes[1].token = 9;
    };
    StoreRequest look = each.request("look");
    look.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
    each.node.post(std::move(look));
    each.pump();
    const StoreReply& reply = each.replies[0].second;
    REQUIRE(reply.taken.size() == 1);
    CHECK(reply.taken[0].task.number == 4);
    CHECK(reply.taken[0].token == 9);
    CHECK(reply.taken[0].state == FireState::claimed);
}

TEST_CASE("a commit that fails takes no ready fire") {
    PumpedNode each;
    OpenFire fire;
    fire.task = due_task(3, 0, 1);
    each.store->found.ready.push_back(fire);
    each.store->on_apply = [](Batch&) { throw Error(Code::store, "the disk is full"); };
    StoreRequest look = each.request("look");
    look.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
    each.node.post(std::move(look));
    each.pump();
    const StoreReply& reply = each.replies[0].second;
    CHECK(reply.error);
    CHECK(reply.taken.empty());
}

TEST_CASE("history is pruned a piece for so many rows, and piece by piece when nobody writes") {
    PumpedNode each;
    each.store->pieces_to_prune = 3;
    StoreRequest request = each.request("finishes", true);
    request.batch.finishes.assign(249, finish_of(1));
    each.node.post(std::move(request));
    CHECK(each.pump() == StoreNode::kWithMail);
    CHECK(each.store->times("prune") == 0);
    each.post_finish("one more", 1);
    CHECK(each.pump() == each.now);
    CHECK(each.store->times("prune") == 1);
    each.post_finish("the next", 1);
    CHECK(each.pump() == each.now);
    CHECK(each.store->times("prune") == 1);
    CHECK(each.pump() == each.now);
    CHECK(each.pump() == StoreNode::kWithMail);
    CHECK(each.store->times("prune") == 3);
}

TEST_CASE("a store that is lost is closed") {
    PumpedNode each;
    bool lost = true;
    each.store->on_apply = [&](Batch&) {
        if (lost) throw StoreLost("the file was removed");
    };
    each.post_run("caller");
    each.post_finish("finish", 1);

    SUBCASE("and opened again: the fires at work, and those whose results wait, are left alone") {
        each.at_work = {fire_of(2)};
        each.while_asked = [&] { each.post_finish("meanwhile", 3); };
        const auto next = each.pump();
        CHECK(next > each.now);
        CHECK(each.take_told() == Words{"lost: the file was removed", "caller"});
        CHECK(each.store->log == Words{"apply", "close"});
        lost = false;
        each.now = next;
        CHECK(each.pump() == StoreNode::kWithMail);
        CHECK(each.store->log == Words{"apply", "close", "open", "apply"});
        REQUIRE(each.store->opened_for.size() == 3);
        CHECK(each.take_told() == Words{"reopened", "recovered", "finish", "meanwhile"});
    }
    SUBCASE("and tried until it opens; requests are answered meanwhile") {
        each.store->open_fails = true;
        each.now = each.pump();
        each.take_told();
        each.post_run("another");
        each.now = each.pump();
        CHECK(each.take_told() == Words{"failed: somebody has it", "another"});
        CHECK(each.replies.back().second.error->message() == "the file was removed");
        each.store->open_fails = false;
        lost = false;
        CHECK(each.pump() == StoreNode::kWithMail);
        CHECK(each.take_told() == Words{"reopened", "recovered", "finish"});
    }
    SUBCASE("and tells that it answers again, though there is nothing to do") {
        each.node.notice();
        each.store->on_wake = [&] {
            if (lost) throw StoreLost("gone");
        };
        lost = false;
        each.pump();
        each.take_told();
        lost = true;
        each.set_group(7);
        each.node.notice();
        each.now = each.pump();
        CHECK(each.take_told() == Words{"lost: gone"});
        lost = false;
        CHECK(each.pump() == StoreNode::kWithMail);
        CHECK(each.take_told() == Words{"reopened", "recovered"});
    }
    SUBCASE("and stays so, if the owner stops") {
        each.reopens = false;
        CHECK(each.pump() == StoreNode::kWithMail);
        CHECK(each.take_told() == Words{"lost: the file was removed", "caller", "finish"});
        each.node.end();
        each.pump();
        CHECK(each.node.closed());
    }
}

TEST_CASE("the end: what came before is answered, then the store is closed, then nothing is accepted") {
    PumpedNode each;
    each.post_run("before");
    each.node.end();
    each.post_run("just in time");
    each.pump();
    CHECK_FALSE(each.node.closed());
    each.pump();
    CHECK(each.node.closed());
    CHECK(each.store->log.back() == "close");
    CHECK(each.replies.size() == 2);
    each.post_run("late");
    REQUIRE(each.replies.size() == 3);
    CHECK(each.replies[2].second.error->code() == Code::not_running);
    CHECK_THROWS_AS(each.node.post([](Store&) {}), Error);

    SUBCASE("until it is opened again") {
        each.node.begin();
        each.node.open({});
        each.post_run("again");
        each.pump();
        CHECK_FALSE(each.replies.back().second.error);
    }
}

TEST_CASE("a loss that nobody noticed is told at the end") {
    PumpedNode each;
    each.store->on_check = [] { throw StoreLost("gone"); };
    each.node.end();
    each.pump();
    CHECK(each.node.closed());
    CHECK(each.told == Words{"lost: gone"});
}

// ---- without memory ----

TEST_CASE("a batch that there is no memory to split keeps all that it holds") {
    for_each_lack([](long n) {
        CAPTURE(n);
        Batch batch;
        batch.finishes = {finish_of(1), finish_of(2)};
        batch.finishes[0].result = "a result";
        batch.runs = {run_of("a name that is long enough to need memory of its own")};
        batch.shift = kSecond;
        std::vector<Batch> parts;
        bool thrown = false;
        {
            const LackingMemory lacking(n);
            thrown = lacks([&] { parts = split(std::move(batch)); });
        }
        if (!thrown) {
            CHECK(parts.size() == 4);
            return false;
        }
        REQUIRE(batch.finishes.size() == 2);
        CHECK(batch.finishes[0].result == "a result");
        CHECK(batch.runs[0].id.starts_with("a name"));
        CHECK(batch.shift == kSecond);
        return true;
    });
}

TEST_CASE("a request is neither lost nor done twice for want of memory beside one that the store refuses") {
    for_each_lack([](long n) {
        CAPTURE(n);
        PumpedNode each;
        std::vector<std::string> runs;
        std::vector<TaskNumber> finishes;
        runs.reserve(9);
        finishes.reserve(99);
        each.store->on_apply = [&](Batch& batch) {
            for (const Finish& finish : batch.finishes) {
                if (finish.fire.task == 13) throw Refused("a row of theirs");
            }
            for (const Finish& finish : batch.finishes) finishes.push_back(finish.fire.task);
            for (const RunNow& run : batch.runs) runs.push_back(run.id);
        };
        each.post_run("good");
        StoreRequest request = each.request("finishes", true);
        request.batch.finishes = {finish_of(12), finish_of(13), finish_of(14)};
        each.node.post(std::move(request));
        bool failed = false;
        {
            const LackingMemory lacking(n);
            each.pump();
            failed = lacking.failed();
        }
        for (int more = 0; more < 5; ++more) each.pump_after(milliseconds(3'200));
        REQUIRE(each.replies.size() == 2);
        for (const auto& [name, reply] : each.replies) {
            if (name == "good") {
                CHECK(runs.size() == (reply.error ? 0 : 1));
                continue;
            }
            CHECK_FALSE(reply.error);
            REQUIRE(reply.batch.finishes.size() == 3);
            CHECK(reply.batch.finishes[0].outcome == Outcome::done);
            CHECK(reply.batch.finishes[2].outcome == Outcome::done);
        }
        CHECK(std::count(finishes.begin(), finishes.end(), 12) > 0);
        CHECK(std::count(finishes.begin(), finishes.end(), 14) > 0);
        return failed;
    });
}

TEST_CASE("a look that lacked memory leaves nothing behind for the next one") {
    for_each_lack([](long n) {
        CAPTURE(n);
        PumpedNode each;
        each.store->found.due.push_back(due_task(3, each.present.wall, 0));
        OpenFire fire;
        fire.task = due_task(4, 0, 1);
        each.store->found.ready.push_back(fire);
        each.store->on_apply = [](Batch& batch) {
            for (Take& take : batch.takes) take.outcome = Outcome::done;
        };
        each.store->on_look = [&] {
            if (each.store->times("look") == 2) throw Error(Code::store, std::string(99, '!'));
        };
        StoreRequest look = each.request("look");
        look.looks = {{.executor = 0, .lanes = {1}, .limit = 10}, {.executor = 1, .lanes = {2}, .limit = 10}};
        each.node.post(std::move(look));
        bool failed = false;
        {
            const LackingMemory lacking(n);
            each.pump();
            failed = lacking.failed();
        }
        for (int more = 0; more < 3; ++more) each.pump_after(milliseconds(3'200));
        REQUIRE(each.replies.size() == 1);
        const StoreReply& reply = each.replies[0].second;
        if (!reply.error) {
            CHECK(reply.batch.claims.size() == 2);
            CHECK(reply.batch.takes.size() == 2);
            CHECK(reply.taken.size() == 2);
        }
        return failed;
    });
}

TEST_CASE("after an answer that was lost, the fires that nobody here works on are given back") {
    PumpedNode each;
    const FireRef at_work = fire_of(1);
    const FireRef ends = fire_of(2);
    const FireRef nobodys = fire_of(3, 5);
    each.at_work = {at_work};
    int lost = 1;
    std::vector<FireRef> released;
    each.store->on_apply = [&](Batch& batch) {
        if (lost-- > 0) {
            each.store->held = {at_work, ends, nobodys};
            throw MaybeDone("no answer");
        }
        for (const Release& release : batch.releases) released.push_back(release.fire);
    };
    each.post_finish("finish", 2);
    each.pump();
    CHECK(each.take_told() == Words{"failed: no answer"});
    CHECK(each.store->times("mine") == 0);
    each.pump_after(milliseconds(200));
    CHECK(each.store->log == Words{"apply", "mine", "apply", "apply", "lanes"});
    CHECK(released == std::vector<FireRef>{nobodys});
    CHECK(each.take_told() == Words{"recovered", "lanes 0", "finish"});
    CHECK(each.held.contains(at_work));
    CHECK(each.held.contains(ends));
    CHECK_FALSE(each.held.contains(fire_of(4)));
    // Once is enough.
    each.post_run("a");
    each.pump_after(milliseconds(200));
    CHECK(each.store->times("mine") == 1);
}

TEST_CASE("what was claimed or taken although the answer was lost is told, and not given back") {
    PumpedNode each;
    each.store->found.due = {due_task(3, each.present.wall, 0), due_task(4, each.present.wall, 0)};
    OpenFire ready;
    ready.task = due_task(5, 0, 1);
    ready.state = FireState::ready;
    ready.token = 7;
    each.store->found.ready.push_back(ready);
    each.store->unasked = {due_task(9, 0, 0)};
    bool loses = true;
    std::vector<std::int64_t> ids;
    std::vector<FireRef> released;
    each.store->on_apply = [&](Batch& batch) {
        for (const Claim& claim : batch.claims) ids.push_back(claim.id);
        for (const Release& release : batch.releases) released.push_back(release.fire);
        if (std::exchange(loses, false)) throw MaybeDone("no answer");
    };
    each.store->held = {fire_of(3), fire_of(5, 8), fire_of(6)};
    each.store->on_recall = [&](Claim& claim) {
        claim.outcome = claim.task == 3 ? Outcome::done : Outcome::refused;
        claim.fires.clear();
        if (claim.task != 3) return;
        claim.fires.emplace_back().task.number = 3;
        claim.fires.back().token = 1;
    };
    StoreRequest look = each.request("look");
    look.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
    each.node.post(std::move(look));
    each.pump();
    CHECK(each.take_told() == Words{"failed: no answer", "look"});
    REQUIRE(ids.size() == 2);
    CHECK(ids[0] != ids[1]);
    SUBCASE("at once") {}
    SUBCASE("after it failed") {
        each.store->on_recall = [recall = each.store->on_recall, fails = true](Claim& claim) mutable {
            recall(claim);
            if (std::exchange(fails, false)) throw Error(Code::store, "disk full");
        };
        each.pump_after(milliseconds(5'000));
        CHECK(each.take_told() == Words{"failed: disk full"});
    }
    CHECK(each.pump_after(milliseconds(5'000)) == StoreNode::kWithMail);
    CHECK(each.take_told() == Words{"asking 9", "lanes 0", "made"});
    CHECK(released == std::vector<FireRef>{fire_of(6)});
    const StoreReply& made = each.replies.back().second;
    REQUIRE(made.batch.claims.size() == 1);
    CHECK(made.batch.claims[0].fires.size() == 1);
    REQUIRE(made.taken.size() == 1);
    CHECK(made.taken[0].token == 8);
    CHECK(made.taken[0].state == FireState::claimed);
    // Once is enough.
    each.store->held.clear();
    each.post_run("a");
    each.pump();
    CHECK(each.take_told() == Words{"recovered", "a"});
}

TEST_CASE("once a lease a node reads what it holds, and the tasks that nobody has asked about since the last time") {
    PumpedNode each;
    each.store->lease = 10 * kSecond;
    each.open();
    each.store->unasked = {due_task(3, 0, 0)};
    CHECK(each.pump() == each.now + std::chrono::seconds(10));
    CHECK(each.pause_after(milliseconds(9'999)) == milliseconds(1));
    CHECK(each.store->log.empty());
    each.at_work = {fire_of(1)};
    each.store->held = {fire_of(1), fire_of(2)};
    std::vector<FireRef> released;
    each.store->on_apply = [&](Batch& batch) {
        for (const Release& release : batch.releases) released.push_back(release.fire);
    };
    CHECK(each.pause_after(milliseconds(1)) == std::chrono::seconds(10));
    CHECK(each.store->log == Words{"mine", "apply"});
    CHECK(released == std::vector<FireRef>{fire_of(2)});
    CHECK(each.take_told() == Words{"lease passed"});
    each.store->unasked.push_back(due_task(4, 0, 0));
    each.pump_after(milliseconds(10'000));
    CHECK(each.take_told() == Words{"asking 3", "lease passed"});
    each.store->unasked[0].state.rev = 99;
    each.pump_after(milliseconds(10'000));
    CHECK(each.take_told() == Words{"asking 4", "lease passed"});
}

TEST_CASE("what did not happen leaves nothing to give back; what cannot be given back is tried again") {
    PumpedNode each;
    int failing = 1;
    each.store->on_apply = [&](Batch&) {
        if (failing-- > 0) throw Error(Code::store, "disk full");
    };
    each.post_finish("finish", 1);
    each.pump();
    each.pump_after(milliseconds(200));
    CHECK(each.store->times("mine") == 0);

    int lost = 1;
    each.store->on_apply = [&](Batch& batch) {
        if (lost-- > 0) throw MaybeDone("no answer");
        if (!batch.releases.empty() && lost == -1) throw Error(Code::store, "disk full");
    };
    each.store->held = {fire_of(3)};
    each.post_run("caller");
    each.pump();
    REQUIRE(each.replies.back().second.error);
    CHECK(each.pause_after(milliseconds(200)) > milliseconds(0));  // nobody has asked, and there is something to do
    CHECK(each.store->times("mine") == 1);
    CHECK(each.pump_after(milliseconds(500)) != each.now);
    CHECK(each.store->times("mine") == 2);
    each.pump_after(milliseconds(5'000));
    CHECK(each.store->times("mine") == 2);
}

TEST_CASE("a finish that is made again is no run that ends, if it has happened") {
    for (const int each_case : {0, 1, 2, 3}) {
        const bool happened = each_case % 2 != 0;
        int failing = each_case / 2;  // when it is made again, at first
        PumpedNode each;
        const FireRef ending = fire_of(3);
        int lost = 1;
        each.store->on_apply = [&](Batch&) {
            if (lost-- > 0) throw MaybeDone("no answer");
            if (failing-- > 0) throw Error(Code::store, "disk full");
        };
        each.at_work = {ending};
        if (!happened) each.store->held = {ending};
        each.post_finish("finish", 3);
        each.pump();
        if (failing > 0) each.pump_after(milliseconds(200));
        // One fire of the task is open: the one that ends, or another.
        each.store->found.due.push_back(due_task(3, each.present.wall, 1));
        StoreRequest look = each.request("look");
        look.looks.push_back({.executor = 0, .lanes = {1}, .limit = 10});
        each.node.post(std::move(look));
        each.pump_after(milliseconds(1'000));
        REQUIRE(each.replies.back().second.batch.claims.size() == 1);
        CHECK(each.replies.back().second.batch.claims[0].plan.runs.size() == (happened ? 0 : 1));
    }
}
