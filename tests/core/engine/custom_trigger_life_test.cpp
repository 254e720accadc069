// Custom triggers while tasks, names and the scheduler itself come and go.
#include <atomic>
#include <thread>

#include "tests/core/engine/custom_triggers.hpp"

using namespace uvsched;
using namespace uvsched::test;

TEST_CASE("removed, paused or changed while it is asked: the answer is of no use any more") {
    with_triggers([](Fixture& f, Triggers& triggers) {
        Door slow;
        triggers.add("slow", [&](const TriggerAsk& ask) {
            slow.pass();
            return at(ask.now + kSecond);
        });
        triggers.add_every("minute", kMinute);
        f.start();
        f.add(f.task("removed", custom("slow")));
        slow.wait_for_waiting(1);
        f.add(f.task("paused", custom("slow")));
        f.add(f.task("changed", custom("slow")));
        f.add(f.task("replaced", custom("slow")));
        f.add(f.task("twice", custom("slow")));
        f.scheduler->remove("", "removed");
        f.scheduler->pause_task("", "paused");
        TaskChanges changes;
        changes.trigger = custom("minute");
        f.scheduler->change("", "changed", changes);
        f.add(f.task("replaced", Fixture::every(kHour)), AddMode::replace);
        f.scheduler->pause_task("", "twice");
        f.scheduler->resume_task("", "twice");
        slow.open();
        f.settle();
        CHECK(code_of([&] { f.scheduler->get("", "removed"); }) == Code::not_found);
        CHECK(status(f, "paused") == TaskStatus::paused);
        CHECK_FALSE(next_run(f, "paused").has_value());
        CHECK(next_run(f, "changed") == kStart + kMinute);
        CHECK(next_run(f, "replaced") == kStart + kHour);
        CHECK(next_run(f, "twice") == kStart + kSecond);
        CHECK(f.told(EventCode::trigger_error).empty());
        f.scheduler->resume_task("", "paused");
        f.settle();
        CHECK(next_run(f, "paused") == kStart + kSecond);
    });
}

TEST_CASE("a stop does not wait for a trigger; the next start asks again") {
    with_triggers([](Fixture& f, Triggers& triggers) {
        Door stuck;
        triggers.add("slow", [&](const TriggerAsk& ask) {
            stuck.pass();
            return at(ask.previous ? *ask.previous + kMinute : ask.now + kMinute);
        });
        f.start();
        f.add(f.task("t", custom("slow")));
        stuck.wait_for_waiting(1);
        f.stop();
        f.clock->advance(kSecond);
        f.start();
        stuck.wait_for_waiting(2);
        stuck.open();
        f.settle();
        CHECK(triggers.count() == 2);
        CHECK(next_run(f) == kStart + kMinute);  // from the moment of adding, not of asking
    });
}

TEST_CASE("a process that died between a claim and the answer loses nothing") {
    const TemporaryFolder folder;
    const std::string store = "sqlite:" + folder / "tasks.db";
    Door stuck;
    {
        Fixture f(store);
        Triggers triggers(f);
        triggers.add("slow", [&](const TriggerAsk& ask) {
            if (ask.previous) stuck.pass();
            return at(ask.previous ? *ask.previous + kMinute : ask.now + kMinute);
        });
        f.start();
        f.add(f.task("t", custom("slow")));
        f.settle();
        f.clock->advance(kMinute);
        stuck.wait_for_waiting(1);
        while (f.runs() == 0) std::this_thread::yield();
        f.stop();
        stuck.open();
    }
    Fixture f(store);
    Triggers triggers(f);
    f.clock->advance(kMinute + kSecond);
    f.start();
    f.settle();
    const auto waits = f.told(EventCode::task_unrunnable);
    REQUIRE(waits.size() == 1);
    CHECK(waits[0].task_id == "t");
    CHECK(
        waits[0].message ==
        "trigger \"slow\" is not registered in this process; its tasks stay in the store and wait: add the task again "
        "under that id (with replace_existing once the scheduler runs), register the trigger, or delete the task");
    CHECK_FALSE(next_run(f).has_value());
    triggers.add_every("slow", kMinute);
    f.settle();
    CHECK(triggers.seen()[0].previous == kStart + kMinute);  // the slot that was claimed
    CHECK(next_run(f) == kStart + 2 * kMinute);
    f.advance(kMinute);
    CHECK(scheduled(f) == std::vector{kStart + 2 * kMinute});
}

TEST_CASE("a run by hand while a trigger is asked takes nothing from the answer") {
    const TemporaryFolder folder;
    Door stuck;
    Fixture f("sqlite:" + folder / "tasks.db");
    Triggers triggers(f);
    const auto by_hand_while_asked = [&] {
        stuck.wait_for_waiting(1);
        f.scheduler->run_now("default", "t");
        stuck.open();
        f.settle();
    };
    f.start();
    SUBCASE("for the next time") {
        triggers.add("slow", [&](const TriggerAsk& ask) {
            stuck.pass();
            return at(ask.now + kMinute);
        });
        f.add(f.task("t", custom("slow")));
        by_hand_while_asked();
        CHECK(next_run(f) == kStart + kMinute);
        CHECK(f.runs() == 1);
    }
    SUBCASE("for times that piled up") {
        triggers.add("slow", [&](const TriggerAsk& ask) {
            if (ask.previous) stuck.pass();
            return at(ask.previous ? *ask.previous + kMinute : ask.now + kMinute);
        });
        f.add(f.task("t", custom("slow")));
        f.settle();
        f.clock->advance(3 * kMinute + kSecond);
        by_hand_while_asked();
        CHECK(next_run(f) == kStart + 4 * kMinute);
    }
}

TEST_CASE("a slot with what may have piled up behind it survives a death while it is asked about") {
    const TemporaryFolder folder;
    const std::string store = "sqlite:" + folder / "tasks.db";
    Door stuck;
    {
        Fixture f(store);
        Triggers triggers(f);
        triggers.add("slow", [&](const TriggerAsk& ask) {
            if (ask.previous) stuck.pass();
            return at(ask.previous ? *ask.previous + kMinute : ask.now + kMinute);
        });
        f.start();
        f.add(f.task("t", custom("slow")));
        f.settle();
        f.clock->advance(3 * kMinute + kSecond);
        stuck.wait_for_waiting(1);
        f.stop();
        stuck.open();
        CHECK(f.runs() == 0);
    }
    Fixture f(store);
    Triggers triggers(f);
    f.clock->advance(3 * kMinute + 2 * kSecond);
    triggers.add_every("slow", kMinute);
    f.start();
    f.settle();
    REQUIRE(f.runs() == 1);
    CHECK(f.seen[0].scheduled == kStart + 3 * kMinute);
    CHECK(f.seen[0].folded == 3);
    CHECK(next_run(f) == kStart + 4 * kMinute);
}

TEST_CASE("a name is registered once, and its function is released when nothing uses it any more") {
    Fixture f;
    std::atomic<int> released{0};
    Door slow;
    TriggerFunction function;
    function.call = [&](const TriggerAsk& ask) {
        slow.pass();
        return at(ask.now + kSecond);
    };
    function.release = [&] { ++released; };
    f.scheduler->register_trigger("x", function, false);
    std::string message;
    CHECK(code_of([&] { f.scheduler->register_trigger("x", function, false); }, &message) == Code::already);
    CHECK(message == "trigger \"x\" is already registered: unregister it first");
    CHECK(code_of([&] { f.scheduler->unregister_trigger("y"); }, &message) == Code::not_found);
    CHECK(message == "trigger \"y\" is not registered");
    CHECK(code_of([&] { f.add(f.task("t", custom("y"))); }, &message) == Code::not_found);
    CHECK(message == "trigger \"y\" is not registered: register its function first");
    f.start();
    f.add(f.task("t", custom("x")));
    slow.wait_for_waiting(1);
    f.scheduler->unregister_trigger("x");
    CHECK(released == 0);
    slow.open();
    f.settle();
    while (released == 0) std::this_thread::yield();  // by the thread of the triggers, when it has answered
    CHECK(released == 1);
    CHECK(next_run(f) == kStart + kSecond);
    TaskChanges changes;
    changes.trigger = custom("x");
    CHECK(code_of([&] { f.scheduler->change("", "t", changes); }) == Code::not_found);
}

TEST_CASE("a trigger of another language is asked through its queue; its time to answer begins when it is taken") {
    with_triggers([](Fixture& f, Triggers&) {
        const auto queue = f.scheduler->queue("queue");
        TriggerFunction function;
        function.token = 77;
        function.queue = queue;
        f.scheduler->register_trigger("far", std::move(function), false);
        f.start();
        f.add(f.task("t", custom("far", "[1]")));
        f.settle();  // nobody takes the question: nothing to wait for
        f.advance(kHour);
        CHECK(status(f) == TaskStatus::active);

        const ConsumerId consumer = queue->attach(1);
        QueueItem item;
        REQUIRE(queue->take(consumer, {&item, 1}, std::chrono::milliseconds(10'000)) == 1);
        REQUIRE(item.tag == ItemTag::trigger_next);
        REQUIRE(item.ask != nullptr);
        CHECK(item.token == 77);
        CHECK(item.ask->name == "far");
        CHECK(item.ask->arguments == "[1]");
        CHECK_FALSE(item.ask->previous.has_value());
        CHECK(item.ask->now == kStart);
        TriggerAnswer answer = at(kStart + kDay);
        answer.ask = item.ask->id;
        queue->answer({&answer, 1});
        queue->answer({&answer, 1});  // a second answer is ignored
        f.settle();
        CHECK(next_run(f) == kStart + kDay);

        f.clock->advance(kDay);
        REQUIRE(queue->take(consumer, {&item, 1}, std::chrono::milliseconds(10'000)) == 1);
        // One of the two: the day passed with an hour on the clock, and the slot is asked about before it runs.
        CHECK(item.ask->previous == kStart + kDay);
        f.clock->advance(5 * kSecond);
        f.hear(EventCode::trigger_error);
        f.settle();
        CHECK(status(f) == TaskStatus::paused);
        queue->detach(consumer);
    });
}
