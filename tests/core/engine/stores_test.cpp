// Stores that are added and removed while the scheduler is there.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/core/engine/fixture.hpp"
#include "tests/core/engine/messages.hpp"

using namespace uvsched;
using uvsched::test::contains;
using uvsched::test::Fixture;
using uvsched::test::kStart;
using uvsched::test::message_of;
using uvsched::test::TemporaryFolder;

namespace {

StoreConfig store(const std::string& url) {
    Config config;
    config.add_store("x", url);
    return config.stores.at("x");
}

TaskSpec in(TaskSpec task, const std::string& store) {
    task.store = store;
    return task;
}

// Another store in memory, and in SQLite.
template <class Test>
void on_each_store(Test&& test) {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        const TemporaryFolder folder;
        test(durable ? "sqlite:" + (folder / "tasks.db") + "?synchronous=normal" : std::string("memory"), durable);
    }
}

std::size_t history(const Fixture& fixture, const std::string& alias, const std::string& task) {
    HistoryQuery query;
    query.task_id = task;
    query.limit = 100;
    return fixture.scheduler->history(alias, query).size();
}

}  // namespace

TEST_CASE("a store is added while the scheduler runs, and takes tasks at once") {
    on_each_store([](const std::string& url, bool) {
        Fixture fixture;
        fixture.start();
        CHECK(contains(message_of([&] { fixture.add(in(fixture.task("a", nullptr), "more")); }, Code::not_found),
                       "there is no such store; known are \"default\""));
        fixture.scheduler->add_store("more", store(url));
        fixture.add(in(fixture.task("tick", Fixture::every(kSecond)), "more"));
        fixture.add(fixture.task("tick", Fixture::every(kSecond)));
        for (int i = 0; i < 3; ++i) fixture.advance(kSecond);
        CHECK(fixture.runs() == 6);
        CHECK(history(fixture, "more", "tick") == 3);
        const auto told = fixture.told(EventCode::store_added);
        REQUIRE(told.size() == 1);
        CHECK(told[0].alias == "more");
        CHECK(told[0].asked);
        CHECK(fixture.scheduler->store_aliases() == std::vector<std::string>{"default", "more"});
        fixture.stop();
        fixture.start();
        fixture.advance(kSecond);
        CHECK(fixture.runs() == 8);
    });
}

TEST_CASE("tasks that a durable store holds run once it is added") {
    const TemporaryFolder folder;
    const std::string url = "sqlite:" + (folder / "tasks.db") + "?synchronous=normal";
    {
        Fixture first(url);
        first.start();
        first.add(first.task("once", Fixture::once(kStart + kSecond)));
    }
    Fixture fixture;
    fixture.start();
    fixture.advance(kSecond);
    CHECK(fixture.runs() == 0);
    fixture.scheduler->add_store("more", store(url));
    fixture.settle();
    CHECK(fixture.runs() == 1);
}

TEST_CASE("a store is added while the scheduler is stopped") {
    on_each_store([](const std::string& url, bool) {
        Fixture fixture;
        fixture.scheduler->add_store("more", store(url));
        fixture.add(in(fixture.task("a", nullptr), "more"));
        CHECK(contains(message_of([&] { fixture.scheduler->remove_store("more"); }, Code::invalid),
                       "the next start writes task \"a\" to it"));
        fixture.start();
        fixture.settle();
        CHECK(fixture.runs() == 1);
        fixture.stop();
        fixture.scheduler->remove_store("more");
        fixture.start();
        message_of([&] { (void)fixture.scheduler->get("more", "a"); }, Code::not_found);
    });
}

TEST_CASE("a removed store is closed, and its tasks are not called any more") {
    on_each_store([](const std::string& url, bool durable) {
        Fixture fixture;
        fixture.start();
        fixture.scheduler->add_store("more", store(url));
        fixture.add(in(fixture.task("tick", Fixture::every(kSecond)), "more"));
        fixture.add(in(fixture.task("bye", nullptr), "more"));
        fixture.advance(kSecond);
        CHECK(fixture.runs() == 2);
        fixture.scheduler->remove_store("more");
        fixture.advance(kSecond);
        CHECK(fixture.runs() == 2);
        CHECK(fixture.told(EventCode::store_removed).size() == 1);
        message_of([&] { fixture.add(in(fixture.task("late", nullptr), "more")); }, Code::not_found);
        message_of([&] { (void)fixture.scheduler->get("more", "tick"); }, Code::not_found);
        message_of([&] { fixture.scheduler->remove_store("more"); }, Code::not_found);
        // The file is free at once.
        Fixture other(durable ? url : "memory");
        other.start();
        CHECK(other.scheduler->list("default", "", 10, false).size() == (durable ? 1 : 0));
        other.stop();
        fixture.scheduler->add_store("more", store(url));
        CHECK(fixture.scheduler->list("more", "", 10, false).size() == (durable ? 1 : 0));
        fixture.settle();
        CHECK(fixture.runs() == (durable ? 3 : 2));
    });
}

TEST_CASE("what has begun in a removed store is recorded, and what has not is released") {
    on_each_store([](const std::string& url, bool durable) {
        Fixture fixture("memory", "threadpool:1");
        fixture.start();
        fixture.scheduler->add_store("more", store(url));
        fixture.add(in(fixture.task("long", Fixture::once(kStart), "wait"), "more"));
        fixture.gate.wait_for_waiting(1);
        fixture.add(in(fixture.task("waits", Fixture::once(kStart + 1)), "more"));
        fixture.clock->advance(kSecond);
        fixture.scheduler->remove_store("more");
        CHECK(contains(message_of([&] { fixture.scheduler->add_store("more", store(url)); }, Code::already),
                       "the one that was removed is not closed yet"));
        fixture.gate.open();
        fixture.settle();
        CHECK(fixture.runs() == 1);
        fixture.scheduler->add_store("more", store(url));
        fixture.settle();
        CHECK(fixture.runs() == (durable ? 2 : 1));
        CHECK(history(fixture, "more", "long") == (durable ? 1 : 0));
    });
}

TEST_CASE("a stop closes a removed store that still had runs") {
    on_each_store([](const std::string& url, bool durable) {
        Fixture fixture("memory", "threadpool:1");
        fixture.start();
        fixture.scheduler->add_store("more", store(url));
        fixture.add(in(fixture.task("long", Fixture::once(kStart), "wait"), "more"));
        fixture.gate.wait_for_waiting(1);
        fixture.scheduler->remove_store("more");
        fixture.scheduler->stop(StopMode::wait);
        fixture.gate.open();
        fixture.scheduler->wait(std::nullopt);
        CHECK(fixture.scheduler->store_aliases() == std::vector<std::string>{"default"});
        fixture.start();
        fixture.scheduler->add_store("more", store(url));
        CHECK(history(fixture, "more", "long") == (durable ? 1 : 0));
    });
}

TEST_CASE("a store that cannot be opened is not added") {
    Fixture fixture;
    fixture.start();
    for (int i = 0; i < 2; ++i) {
        message_of([&] { fixture.scheduler->add_store("more", store("sqlite:/nowhere/at/all/tasks.db")); },
                   Code::store);
    }
    CHECK(fixture.scheduler->store_aliases() == std::vector<std::string>{"default"});
    CHECK(contains(message_of([&] { fixture.scheduler->add_store("default", store("memory")); }, Code::already),
                   "store \"default\": the alias is taken"));
    fixture.scheduler->add_store("more", store("memory"));
    fixture.add(in(fixture.task("a", nullptr), "more"));
    fixture.settle();
    CHECK(fixture.runs() == 1);
}

TEST_CASE("what the tasks of a removed store hold is released") {
    Fixture fixture;
    fixture.start();
    fixture.scheduler->add_store("more", store("memory"));
    int released = 0;
    TaskSpec spec = in(fixture.task("tick", Fixture::every(kHour)), "more");
    spec.token = 5;
    spec.executor = "queue";
    spec.release = [&released] { ++released; };
    fixture.add(std::move(spec));
    fixture.scheduler->remove_store("more");
    CHECK(released == 1);
}

TEST_CASE("a run removes its own store, and adds another") {
    for (const char* executor : {"inline", "threadpool:1"}) {
        Fixture fixture("memory", executor);
        fixture.add_function("leave", [](const Run* run, void* data) {
            auto& own = *static_cast<Fixture*>(data);
            own.note(*run);
            own.scheduler->remove_store("own");
            own.scheduler->add_store("next", store("memory"));
            return 0;
        });
        fixture.start();
        fixture.scheduler->add_store("own", store("memory"));
        fixture.add(in(fixture.task("leave", nullptr, "leave"), "own"));
        fixture.settle();
        fixture.add(in(fixture.task("follow", nullptr), "next"));
        fixture.settle();
        CHECK(fixture.runs() == 2);
        CHECK(fixture.scheduler->store_aliases() == std::vector<std::string>{"default", "next"});
    }
}

TEST_CASE("a callback on the loop thread cannot wait for a store") {
    const TemporaryFolder folder;
    Fixture fixture;
    static std::string url;
    static Code code;
    url = "sqlite:" + (folder / "tasks.db");
    code = Code::ok;
    fixture.add_function("open", [](const Run*, void* data) {
        try {
            static_cast<Fixture*>(data)->scheduler->add_store("more", store(url));
        } catch (const Error& error) {
            code = error.code();
        }
        return 0;
    });
    fixture.start();
    fixture.add(fixture.task("open", nullptr, "open"));
    fixture.settle();
    CHECK(code == Code::deadlock);
}

TEST_CASE("stores come and go while tasks run") {
    on_each_store([](const std::string& url, bool) {
        Fixture fixture("memory", "threadpool:2");
        fixture.start();
        fixture.add(fixture.task("a", Fixture::every(kMillisecond)));
        std::atomic<bool> ended{false};
        std::thread ticking([&] {
            while (!ended) {
                fixture.clock->advance(kMillisecond);
                std::this_thread::yield();
            }
        });
        std::thread asking([&] {
            while (!ended) {
                try {
                    (void)fixture.scheduler->get("", "x");
                } catch (const Error& error) {
                    CHECK((error.code() == Code::not_found || error.code() == Code::not_running));
                }
                (void)fixture.scheduler->store_aliases();
            }
        });
        for (int round = 0; round < 10; ++round) {
            while (true) {
                try {
                    fixture.scheduler->add_store("x", store(url));
                    break;
                } catch (const Error& error) {
                    REQUIRE(error.code() == Code::already);
                    std::this_thread::yield();
                }
            }
            fixture.add(in(fixture.task("x", Fixture::every(kMillisecond)), "x"));
            fixture.scheduler->run_now("x", "x");
            fixture.scheduler->remove_store("x");
        }
        while (fixture.runs() == 0) std::this_thread::yield();
        ended = true;
        ticking.join();
        asking.join();
        fixture.stop();
    });
}
