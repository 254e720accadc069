// Pools, listeners and custom triggers that get no thread.
#include "failing.h"
#include "tests/capi/support.hpp"

using namespace capi_test;

namespace {

struct World {
    World() : World(manual_config()) {}
    explicit World(const sched::Config& config) : scheduler(config) {
        scheduler.register_function("count", count_run, &runs);
        scheduler.register_function("wait", [this](const sched::Run&) {
            begun.set();
            static_cast<void>(gate.wait());
        });
        scheduler.add_listener(UVSCHED_EVENT_RESOURCE_ERROR, [this](const sched::Event& event) {
            const std::lock_guard lock(mutex);
            said = std::string(event.alias()) + ": " + std::string(event.message());
            lack.set();
        });
        scheduler.start();
    }
    ~World() {
        failing_thread(0);
        gate.set();
        scheduler.shutdown(kLong);
    }
    void add(const char* function, const char* id) {
        scheduler.add_task(std::move(every_second(function, id).set_executor("pool")));
    }
    std::string message() {
        const std::lock_guard lock(mutex);
        return said;
    }
    std::atomic<int> runs{0};
    Signal begun;
    Signal gate;
    Signal lack;
    std::mutex mutex;
    std::string said;
    sched::Scheduler scheduler;
};

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a pool without any thread gives its runs back, says so, and runs them when there is one") {
    Folder folder;
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable ? sqlite_config(folder.file("tasks.db")) : manual_config());
        world.add("count", "a");
        world.add("count", "b");
        failing_thread(1);
        world.scheduler.clock_advance(kSecond);
        REQUIRE(world.lack.wait());
        CHECK(has(world.message(), "pool: executor \"pool\": thread uvsched-pool cannot be started"));
        CHECK(has(world.message(), "the pool runs nothing, and tries again"));
        CHECK(world.runs == 0);
        failing_thread(0);
        while (world.runs < 2) usleep(1'000);
        world.scheduler.wait_idle(kLong);
        CHECK(world.runs == 2);
        CHECK(world.lack.count() == 1);
    }
}

TEST_CASE("a pool goes on with the threads that it has, and gets the others when they are to be had") {
    World world;
    world.add("wait", "holds its thread");
    world.scheduler.clock_advance(kSecond);
    REQUIRE(world.begun.wait());
    failing_thread(1);
    world.add("wait", "waits");
    world.scheduler.clock_advance(kSecond);
    REQUIRE(world.lack.wait());
    CHECK(has(world.message(), "the pool goes on with 1 of 2 threads, and tries again"));
    CHECK(world.begun.count() == 1);
    failing_thread(0);
    CHECK(world.begun.wait(2));  // on a second thread: the first is still held
}

TEST_CASE("a stop while a pool has no thread ends, and releases what could not begin") {
    World world;
    world.add("count", "a");
    failing_thread(1);
    world.scheduler.clock_advance(kSecond);
    REQUIRE(world.lack.wait());
    world.scheduler.shutdown(kLong);
    CHECK(world.runs == 0);
    failing_thread(0);
    world.scheduler.start();
    world.scheduler.wait_idle(kLong);
    CHECK(world.runs == 1);
}

TEST_CASE("a listener that gets no thread is not added") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> destroyed{0};
    std::uint64_t listener = 0;
    failing_thread(1);
    CHECK_FAILS(
        sched_add_listener(
            &listener, scheduler.get(), UVSCHED_EVENT_ALL, [](const sched_event*, void*) {}, &destroyed, count_destroy),
        UVSCHED_ENOTHREAD, "uvsched-events");
    failing_thread(0);
    CHECK(destroyed == 0);
    CHECK(sched_add_listener(
              &listener, scheduler.get(), UVSCHED_EVENT_ALL, [](const sched_event*, void*) {}, &destroyed,
              count_destroy) == UVSCHED_OK);
    CHECK(sched_remove_listener(scheduler.get(), listener) == UVSCHED_OK);
    CHECK(destroyed == 1);
}

TEST_CASE("a custom trigger that gets no thread is asked when there is one") {
    World world;
    std::atomic<int> asked{0};
    const sched_trigger_table table = {
        sizeof table,
        [](std::int64_t* time, const sched_ask* ask, void* counter) -> int {
            ++*static_cast<std::atomic<int>*>(counter);
            *time = sched_ask_now(ask) + micros(kSecond);
            return UVSCHED_TRIGGER_TIME;
        },
    };
    CHECK(sched_register_trigger(world.scheduler.get(), "later", &table, &asked, nullptr) == UVSCHED_OK);
    failing_thread(1);
    world.scheduler.add_task(std::move(sched::Task("count").set_id("custom").set_custom_trigger("later")));
    REQUIRE(world.lack.wait());
    CHECK(has(world.message(), "trigger \"later\" of task \"custom\" is not asked yet: thread uvsched-trigger"));
    CHECK(asked == 0);
    failing_thread(0);
    while (asked == 0) usleep(1'000);
    CHECK(world.lack.count() == 1);
}
