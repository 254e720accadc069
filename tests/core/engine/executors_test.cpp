// Executors that are added and removed while the scheduler is there.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>

#include "core/triggers/shutdown.hpp"
#include "tests/core/engine/fixture.hpp"
#include "tests/core/engine/messages.hpp"

using namespace uvsched;
using uvsched::test::contains;
using uvsched::test::Fixture;
using uvsched::test::kStart;
using uvsched::test::message_of;
using uvsched::test::TemporaryFolder;

namespace {

const ExecutorConfig kInline{.type = ExecutorType::inline_};
const ExecutorConfig kPool{.type = ExecutorType::thread_pool, .threads = 1};
const ExecutorConfig kQueue{.type = ExecutorType::queue};

TaskSpec in(TaskSpec task, const std::string& executor) {
    task.executor = executor;
    return task;
}

// In memory and in SQLite.
template <class Test>
void on_each_store(Test&& test) {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        const TemporaryFolder folder;
        test(durable ? "sqlite:" + (folder / "tasks.db") + "?synchronous=normal" : std::string("memory"));
    }
}

}  // namespace

TEST_CASE("an executor is added while the scheduler runs, and takes tasks at once") {
    on_each_store([](const std::string& store) {
        Fixture fixture(store);
        fixture.start();
        CHECK(contains(message_of([&] { fixture.add(in(fixture.task("a", nullptr), "later")); }, Code::not_found),
                       "there is no such executor; known are \"default\", \"queue\""));
        fixture.scheduler->add_executor("later", kPool);
        fixture.scheduler->add_executor("here", kInline);
        fixture.add(in(fixture.task("a", nullptr), "later"));
        fixture.add(in(fixture.task("b", nullptr), "here"));
        fixture.settle();
        CHECK(fixture.runs() == 2);
        const auto told = fixture.told(EventCode::executor_added);
        REQUIRE(told.size() == 2);
        CHECK(told[0].alias == "later");
        CHECK(told[0].asked);
        CHECK(fixture.scheduler->executor_aliases() == std::vector<std::string>{"default", "queue", "later", "here"});
    });
}

TEST_CASE("an executor is added while the scheduler is stopped") {
    Fixture fixture;
    fixture.scheduler->add_executor("later", kPool);
    fixture.add(in(fixture.task("a", nullptr), "later"));
    fixture.start();
    fixture.settle();
    CHECK(fixture.runs() == 1);
}

TEST_CASE("an executor is removed while its tasks are due: they wait for another one of its alias") {
    for (const ExecutorConfig& kind : {kPool, kInline}) {
        on_each_store([&](const std::string& store) {
            CAPTURE(static_cast<int>(kind.type));
            Fixture fixture(store);
            fixture.scheduler->add_executor("gone", kind);
            fixture.start();
            fixture.add(in(fixture.task("tick", Fixture::every(kSecond)), "gone"));
            fixture.add(in(fixture.task("once", Fixture::once(kStart + 2 * kSecond)), "gone"));
            fixture.add(fixture.task("other", Fixture::every(kSecond)));
            fixture.advance(kSecond);
            CHECK(fixture.runs() == 2);
            fixture.scheduler->remove_executor("gone");
            for (int i = 0; i < 3; ++i) fixture.advance(kSecond);
            CHECK(fixture.runs() == 5);  // the other one alone
            const auto told = fixture.told(EventCode::task_unrunnable);
            REQUIRE(told.size() == 1);
            CHECK((told[0].task_id == "tick" || told[0].task_id == "once"));
            CHECK(contains(told[0].message, "executor \"gone\""));
            CHECK(contains(told[0].message, "add an executor \"gone\", give the task another one, or delete it"));
            CHECK(fixture.told(EventCode::executor_removed).size() == 1);
            message_of([&] { fixture.add(in(fixture.task("late", nullptr), "gone")); }, Code::not_found);
            fixture.scheduler->add_executor("gone", kind);
            fixture.settle();
            CHECK(fixture.runs() == 7);  // once, and the three due times of tick as one
            CHECK(fixture.history("once").size() == 1);
            fixture.advance(kSecond);
            CHECK(fixture.runs() == 9);
        });
    }
}

TEST_CASE("what a removed executor has begun goes on, and what waits in it is released") {
    on_each_store([](const std::string& store) {
        Fixture fixture(store);
        fixture.scheduler->add_executor("gone", kPool);
        fixture.start();
        fixture.add(in(fixture.task("long", Fixture::once(kStart), "wait"), "gone"));
        fixture.gate.wait_for_waiting(1);
        fixture.add(in(fixture.task("waits", Fixture::once(kStart + 1)), "gone"));
        fixture.clock->advance(kSecond);
        fixture.scheduler->remove_executor("gone");
        CHECK(contains(message_of([&] { fixture.scheduler->add_executor("gone", kPool); }, Code::already),
                       "runs of the one that was removed are under way"));
        fixture.gate.open();
        fixture.settle();
        CHECK(fixture.history("long").size() == 1);
        CHECK(fixture.history("waits").empty());
        fixture.scheduler->add_executor("gone", kInline);
        fixture.settle();
        REQUIRE(fixture.history("waits").size() == 1);
        CHECK(fixture.history("waits")[0].state == FireState::done);
    });
}

TEST_CASE("a task of a removed executor gets another one") {
    on_each_store([](const std::string& store) {
        Fixture fixture(store);
        fixture.scheduler->add_executor("gone", kPool);
        fixture.start();
        fixture.add(in(fixture.task("once", Fixture::once(kStart + kSecond)), "gone"));
        fixture.scheduler->remove_executor("gone");
        fixture.advance(kSecond);
        CHECK(fixture.runs() == 0);
        TaskChanges changes;
        changes.executor = "default";
        fixture.scheduler->change("default", "once", changes);
        fixture.settle();
        CHECK(fixture.runs() == 1);
    });
}

TEST_CASE("tasks of a shutdown whose executor is gone are skipped, and hold nothing up") {
    Fixture fixture;
    fixture.scheduler->add_executor("gone", kPool);
    fixture.start();
    fixture.add(in(fixture.task("bye", make_shutdown_trigger()), "gone"));
    fixture.scheduler->remove_executor("gone");
    fixture.stop();
    CHECK(fixture.runs() == 0);
    CHECK(fixture.history("bye").size() == 1);
}

TEST_CASE("aliases of executors") {
    Fixture fixture;
    fixture.start();
    CHECK(contains(message_of([&] { fixture.scheduler->add_executor("default", kPool); }, Code::already),
                   "executor \"default\": the alias is taken"));
    message_of([&] { fixture.scheduler->add_executor("", kPool); }, Code::invalid);
    message_of([&] { fixture.scheduler->remove_executor("nowhere"); }, Code::not_found);
    for (int i = 0; i < 3; ++i) {
        fixture.scheduler->add_executor("again", i % 2 == 0 ? kQueue : kPool);
        fixture.scheduler->remove_executor("again");
    }
    for (int i = 3; i < 1'000; ++i) {
        fixture.scheduler->add_executor("e" + std::to_string(i), kInline);
        fixture.scheduler->remove_executor("e" + std::to_string(i));
    }
    CHECK(contains(message_of([&] { fixture.scheduler->add_executor("one more", kInline); }, Code::invalid),
                   "1000 aliases"));
    fixture.scheduler->add_executor("e3", kInline);
    fixture.add(in(fixture.task("a", nullptr), "e3"));
    fixture.settle();
    CHECK(fixture.runs() == 1);
}

TEST_CASE("the handles of a queue stay good when another queue has its alias") {
    Fixture fixture;
    fixture.start();
    const auto queue = fixture.scheduler->queue("queue");
    fixture.scheduler->remove_executor("queue");
    message_of([&] { (void)fixture.scheduler->queue("queue"); }, Code::not_found);
    fixture.scheduler->add_executor("queue", kQueue);
    CHECK(fixture.scheduler->queue("queue") == queue);
    fixture.scheduler->register_function("theirs", {.call = nullptr, .token = 7, .user_data = nullptr, .release = {}},
                                         true);
    const ConsumerId consumer = queue->attach(4);
    fixture.add(in(fixture.task("a", nullptr, "theirs"), "queue"));
    std::array<QueueItem, 4> items;
    REQUIRE(queue->take(consumer, items, std::nullopt) == 1);
    CHECK(items[0].token == 7);
    // What its consumer has taken goes on; it is reported through the same handles.
    fixture.scheduler->remove_executor("queue");
    std::vector<RunResult> ends{{.run = items[0].run_id, .state = FireState::done, .result = {}, .error = {}}};
    queue->finish(ends);
    fixture.settle();
    CHECK(fixture.history("a").size() == 1);
    queue->detach(consumer);
}

TEST_CASE("an executor that a declared task needs is not removed before the start") {
    Fixture fixture;
    fixture.scheduler->add_executor("needed", kPool);
    fixture.add(in(fixture.task("a", Fixture::every(kHour)), "needed"));
    CHECK(contains(message_of([&] { fixture.scheduler->remove_executor("needed"); }, Code::invalid),
                   "the next start writes task \"a\", which needs it"));
    fixture.scheduler->remove("default", "a");
    fixture.scheduler->remove_executor("needed");
    fixture.start();
    fixture.stop();
}

TEST_CASE("a run removes its own executor, and adds another") {
    for (const ExecutorConfig& kind : {kPool, kInline}) {
        Fixture fixture;
        fixture.scheduler->add_executor("own", kind);
        fixture.add_function("leave", [](const Run* run, void* data) {
            auto& own = *static_cast<Fixture*>(data);
            own.note(*run);
            own.scheduler->remove_executor("own");
            own.scheduler->add_executor("next", kInline);
            return 0;
        });
        fixture.start();
        fixture.add(in(fixture.task("leave", nullptr, "leave"), "own"));
        fixture.settle();
        fixture.add(in(fixture.task("follow", nullptr), "next"));
        fixture.settle();
        CHECK(fixture.runs() == 2);
    }
}

TEST_CASE("executors come and go while tasks run") {
    on_each_store([](const std::string& store) {
        Fixture fixture(store, "threadpool:2");
        fixture.start();
        for (const char* id : {"a", "b", "c"}) fixture.add(fixture.task(id, Fixture::every(kMillisecond)));
        std::atomic<bool> ended{false};
        std::thread ticking([&] {
            while (!ended) {
                fixture.clock->advance(kMillisecond);
                std::this_thread::yield();
            }
        });
        for (int round = 0; round < 20; ++round) {
            fixture.scheduler->add_executor("x", round % 2 == 0 ? kInline : kPool);
            TaskSpec spec = in(fixture.task("x" + std::to_string(round), Fixture::every(kMillisecond)), "x");
            fixture.add(std::move(spec));
            fixture.scheduler->run_now("default", "x" + std::to_string(round));
            fixture.scheduler->remove_executor("x");
            fixture.scheduler->remove("default", "x" + std::to_string(round));
            // Runs of the one before may be under way a little longer.
            while (true) {
                try {
                    fixture.scheduler->add_executor("x", kPool);
                    break;
                } catch (const Error& error) {
                    REQUIRE(error.code() == Code::already);
                    std::this_thread::yield();
                }
            }
            fixture.scheduler->remove_executor("x");
            fixture.scheduler->wait_idle(100 * kMillisecond);
        }
        while (fixture.runs() == 0) std::this_thread::yield();
        ended = true;
        ticking.join();
        fixture.stop();
    });
}
