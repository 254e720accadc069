#include <poll.h>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

// A scheduler with a function of another language and its queue.
struct World {
    World() { scheduler.register_token("work", 42, queue); }

    void add(const std::string& id, sched::Micros interval = kSecond) {
        sched::Task task("work");
        scheduler.add_task(task.set_id(id).set_executor("queue").set_interval(interval));
    }
    sched::Scheduler scheduler{manual_config()};
    sched::Queue queue = scheduler.get_queue("queue");
};

// The next item that is a run, or has this tag.
sched::Item take_one(sched::Consumer& consumer, sched::ItemTag tag = sched::ItemTag::run) {
    while (true) {
        const auto items = consumer.take(1, kLong);
        REQUIRE(items.size() == 1);
        if (items[0].tag() == tag) return items[0];
    }
}

bool readable(int fd) {
    pollfd poll_fd{fd, POLLIN, 0};
    return poll(&poll_fd, 1, 0) == 1;
}

}  // namespace

TEST_CASE("bad arguments of queues are refused") {
    World world;
    sched_queue* queue = nullptr;
    CHECK_FAILS(sched_get_queue(&queue, world.scheduler.get(), "nowhere"), UVSCHED_ENOTFOUND, "nowhere");
    CHECK_FAILS(sched_get_queue(&queue, world.scheduler.get(), "pool"), UVSCHED_EINVAL, "pool");
    CHECK_FAILS(sched_get_queue(&queue, world.scheduler.get(), nullptr), UVSCHED_EINVAL, "executor: NULL");
    CHECK(queue == nullptr);
    sched_consumer* out = nullptr;
    CHECK_FAILS(sched_consumer_new(&out, world.queue.get(), 0), UVSCHED_EINVAL, "room: 0");
    CHECK_FAILS(sched_consumer_new(&out, world.queue.get(), SIZE_MAX), UVSCHED_EINVAL, "room: 18446744073709551615");
    CHECK_FAILS(sched_consumer_new_workers(&out, world.queue.get(), 0), UVSCHED_EINVAL, "workers: 0");
    CHECK_FAILS(sched_consumer_new_workers(nullptr, world.queue.get(), 1), UVSCHED_EINVAL, "out: NULL");
    sched::Consumer consumer(world.queue, 1);
    sched_item item{};
    std::size_t count = 7;
    CHECK_FAILS(sched_consumer_take(nullptr, 1, &count, consumer.get(), 0), UVSCHED_EINVAL, "out: NULL");
    CHECK_FAILS(sched_consumer_take(&item, 0, &count, consumer.get(), 0), UVSCHED_EINVAL, "capacity: 0");
    CHECK_FAILS(sched_consumer_take(&item, 1, &count, consumer.get(), -2), UVSCHED_EINVAL, "timeout_ms: -2");
    CHECK_FAILS(sched_consumer_take(&item, 1, nullptr, consumer.get(), 0), UVSCHED_EINVAL, "count: NULL");
    CHECK(count == 7);
    CHECK_FAILS(sched_queue_subscribe(world.queue.get(), 1ULL << 50), UVSCHED_EINVAL, "mask");
    CHECK_FAILS(sched_queue_finish(world.queue.get(), nullptr, 1), UVSCHED_EINVAL, "results: NULL");
    CHECK(sched_queue_finish(world.queue.get(), nullptr, 0) == UVSCHED_OK);
    CHECK_FAILS(sched_register_token(world.scheduler.get(), "x", 1, nullptr), UVSCHED_EHANDLE, "queue: NULL");
}

TEST_CASE("a run goes through a queue and back") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    world.add("a");
    world.scheduler.start();
    CHECK(consumer.take(4, sched::kNoWait).empty());
    CHECK_FALSE(readable(world.queue.fd()));
    world.scheduler.clock_advance(2 * kSecond);
    const sched::Item item = take_one(consumer);
    CHECK(item.token() == 42);
    CHECK(item.run_id() != 0);
    const sched::Run run = item.run();
    CHECK(std::string(run.task_id()) == "a");
    CHECK(run.folded() == 2);
    CHECK_FALSE(readable(world.queue.fd()));
    CHECK(world.scheduler.stats().in_flight == 1);
    const std::string json = "[1]";
    world.queue.finish(sched::Result(item.run_id()).set_result(json));
    world.scheduler.wait_idle(kLong);
    const auto rows = world.scheduler.history().all();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == "done");
    CHECK(rows[0].result == "[1]");
    world.queue.finish(sched::Result(item.run_id()));  // not under way any more
    world.queue.finish(sched::Result(987654321));
    CHECK(world.scheduler.history().all().size() == 1);
}

TEST_CASE("results come in batches: all of one or none") {
    World world;
    sched::Consumer consumer(world.queue, 8);
    for (const char* id : {"a", "b", "c"}) world.add(id);
    world.scheduler.start();
    world.scheduler.clock_advance(kSecond);
    std::vector<sched_result> results;
    for (const auto status : {sched::RunStatus::done, sched::RunStatus::failed, sched::RunStatus::cancelled}) {
        results.push_back(sched::Result(take_one(consumer).run_id(), status).get());
    }
    const std::string why = "because";
    results[1].error = why.data();
    results[1].error_length = why.size();
    results[2].result = "{";
    results[2].result_length = 1;
    CHECK_FAILS(sched_queue_finish(world.queue.get(), results.data(), 3), UVSCHED_EINVAL, "results[2].result");
    results[2].result = nullptr;
    CHECK_FAILS(sched_queue_finish(world.queue.get(), results.data(), 3), UVSCHED_EINVAL, "results[2].result: NULL");
    results[2].result_length = 0;
    results[2].status = 9;
    CHECK_FAILS(sched_queue_finish(world.queue.get(), results.data(), 3), UVSCHED_EINVAL, "results[2].status: 9");
    CHECK(world.scheduler.stats().in_flight == 3);
    results[2].status = UVSCHED_RUN_CANCELLED;
    CHECK(sched_queue_finish(world.queue.get(), results.data(), 3) == UVSCHED_OK);
    world.scheduler.wait_idle(kLong);
    std::map<std::string, int> states;
    for (const auto& row : world.scheduler.history().all()) states[row.state + " " + row.error]++;
    CHECK(states == std::map<std::string, int>{{"done ", 1}, {"failed because", 1}, {"cancelled ", 1}});
}

TEST_CASE("no more is claimed than consumers have room for") {
    World world;
    sched::Consumer consumer(world.queue, 2);
    for (int i = 0; i < 10; ++i) world.add("task " + std::to_string(i));
    world.scheduler.start();
    world.scheduler.clock_advance(kSecond);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 10; ++i) {
        const sched::Item item = take_one(consumer);
        CHECK(seen.insert(item.run_id()).second);
        CHECK(world.scheduler.stats().in_flight <= 2 + i + 1);
        world.queue.finish(sched::Result(item.run_id()));
    }
    world.scheduler.wait_idle(kLong);
    CHECK(world.scheduler.stats().finished == 10);
}

TEST_CASE("several consumers share the work") {
    World world;
    for (int i = 0; i < 200; ++i) world.add("task " + std::to_string(i));
    std::mutex mutex;
    std::set<std::uint64_t> seen;
    bool twice = false;
    Signal worked;
    std::atomic<bool> over{false};
    std::atomic<int> left{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, consumer = sched::Consumer(world.queue, 8)]() mutable {
            while (!over) {
                std::vector<sched::Result> results;
                for (const sched::Item& item : consumer.take(3, kLong)) {
                    if (item.tag() != sched::ItemTag::run) continue;
                    results.emplace_back(item.run_id());
                    const std::lock_guard lock(mutex);
                    twice = twice || !seen.insert(item.run_id()).second;
                }
                if (!results.empty()) world.queue.finish(results);
                // Told when they are over: a task whose run is under way would skip its next time.
                for (std::size_t n = 0; n < results.size(); ++n) worked.set();
            }
            consumer.reset();
            ++left;
        });
    }
    world.scheduler.start();
    for (int i = 1; i <= 5; ++i) {
        world.scheduler.clock_advance(kSecond);
        CHECK(worked.wait(200 * i));
    }
    world.scheduler.shutdown(kLong);
    over = true;
    while (left < 4) {
        world.queue.wake();
        std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(seen.size() == 1000);
    CHECK_FALSE(twice);
}

TEST_CASE("one thread at a time takes for a consumer, and detaching ends its wait") {
    World world;
    sched::Consumer consumer(world.queue, 1);
    sched_consumer* const raw = consumer.get();
    std::atomic<int> result{1};
    std::thread waiting([&] {
        sched_item item{};
        std::size_t count = 0;
        do {
            result = sched_consumer_take(&item, 1, &count, raw, -1);
        } while (result == UVSCHED_EINVAL);
    });
    // A second take is refused as soon as the first one waits; until then either may be the one that is refused.
    sched_item item{};
    std::size_t count = 0;
    while (sched_consumer_take(&item, 1, &count, raw, 0) == UVSCHED_OK) std::this_thread::yield();
    CHECK(std::string(sched_last_error()) == "sched_consumer_take: consumer: another thread is taking from it");
    consumer.reset();
    waiting.join();
    CHECK((result == UVSCHED_OK || result == UVSCHED_EHANDLE));
}

TEST_CASE("the end of one life is not told to who attaches for the next") {
    World world;
    sched::Consumer first(world.queue, 1);
    world.scheduler.start();
    world.scheduler.shutdown(kLong);
    first.reset();  // with STOPPED not taken
    sched::Consumer second(world.queue, 1);
    world.scheduler.start();
    CHECK(second.take(8, sched::kNoWait).empty());
    world.scheduler.shutdown(kLong);
    CHECK(take_one(second, sched::ItemTag::stopped).tag() == sched::ItemTag::stopped);
}

TEST_CASE("wake ends a wait with nothing") {
    World world;
    sched::Consumer consumer(world.queue, 1);
    std::atomic<bool> woken{false};
    std::thread waiting([&] { woken = consumer.take(1, sched::kForever).empty(); });
    while (!woken) {
        world.queue.wake();
        std::this_thread::yield();
    }
    waiting.join();
    CHECK(consumer.take(1, sched::Millis(1)).empty());
}

TEST_CASE("a queue's notify function is called when items begin to wait, and not again until all were taken") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    Signal told;
    const auto tell = [](void* signal) { static_cast<Signal*>(signal)->set(); };
    world.queue.set_notify(tell, &told);
    CHECK(told.count() == 0);
    for (const char* id : {"a", "b", "c"}) world.add(id, kMinute);
    world.scheduler.start();
    world.scheduler.clock_advance(kMinute);
    REQUIRE(told.wait());
    for (int taken = 0; taken < 3; ++taken) {
        const sched::Item item = take_one(consumer);
        world.queue.finish(sched::Result(item.run_id()));
    }
    world.scheduler.wait_idle(kLong);
    const int before = told.count();
    CHECK(before <= 3);  // one for each time that the consumer came first
    CHECK_FALSE(readable(world.queue.fd()));
    for (int i = 0; i < 3; ++i) world.scheduler.register_token("work", 43 + static_cast<std::uint64_t>(i), world.queue);
    CHECK(told.count() == before + 1);  // three RELEASE items
    CHECK(readable(world.queue.fd()));
    CHECK(consumer.take(2, sched::kNoWait).size() == 2);
    world.scheduler.register_token("work", 46, world.queue);
    CHECK(told.count() == before + 1);  // one of the three waits still
    CHECK(consumer.take(8, sched::kNoWait).size() == 2);
    world.scheduler.register_token("work", 47, world.queue);
    CHECK(told.count() == before + 2);
}

TEST_CASE("a notify function that comes late is told of what waits, and one that was replaced hears nothing more") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    std::atomic<int> first{0};
    std::atomic<int> second{0};
    const auto count = [](void* counter) { ++*static_cast<std::atomic<int>*>(counter); };
    world.scheduler.register_token("work", 43, world.queue);
    world.queue.set_notify(count, &first);
    CHECK(first == 1);
    world.queue.set_notify(count, &second);
    CHECK(first == 1);
    CHECK(second == 1);
    CHECK(consumer.take(8, sched::kNoWait).size() == 1);
    world.scheduler.register_token("work", 44, world.queue);
    CHECK(first == 1);
    CHECK(second == 2);
    world.queue.set_notify(nullptr, nullptr);
    CHECK(consumer.take(8, sched::kNoWait).size() == 1);
    world.scheduler.register_token("work", 45, world.queue);
    CHECK(second == 2);
}

TEST_CASE("a notify function is told of what waits when a consumer attaches") {
    World world;
    std::atomic<int> told{0};
    world.queue.set_notify([](void* counter) { ++*static_cast<std::atomic<int>*>(counter); }, &told);
    world.scheduler.register_token("work", 43, world.queue);  // a RELEASE item, which nobody takes
    CHECK(told == 1);
    world.add("a", kMinute);
    world.scheduler.start();
    sched::Consumer consumer(world.queue, 4);
    CHECK(told == 2);
    world.scheduler.clock_advance(kMinute);
    CHECK(take_one(consumer, sched::ItemTag::release).token() == 42);
    world.queue.finish(sched::Result(take_one(consumer).run_id()));
    world.scheduler.wait_idle(kLong);
    CHECK(told <= 3);  // the run found the queue empty, or not yet
    world.queue.set_notify(nullptr, nullptr);
}

TEST_CASE("a callback outlives the handle that set it, until another handle clears it") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    std::atomic<int> told{0};
    world.scheduler.get_queue("queue").set_notify([](void* counter) { ++*static_cast<std::atomic<int>*>(counter); },
                                                  &told);
    world.scheduler.register_token("work", 43, world.queue);
    CHECK(told == 1);
    CHECK(consumer.take(8, sched::kNoWait).size() == 1);
    world.queue.set_notify(nullptr, nullptr);
    world.scheduler.register_token("work", 44, world.queue);
    CHECK(told == 1);
}

TEST_CASE("results keep their texts, wherever they are moved") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    const std::string json = "\"a text that is too long for a string's own room\"";
    for (const char* id : {"a", "b", "c"}) world.add(id, kMinute);
    world.scheduler.start();
    world.scheduler.clock_advance(kMinute);
    std::vector<sched::Result> results;
    for (int i = 0; i < 3; ++i) {
        const sched::Item item = take_one(consumer);
        const std::string id = item.run().task_id();
        sched::Result result(item.run_id(), id == "c" ? sched::RunStatus::failed : sched::RunStatus::done);
        if (id == "a") result.set_result("\"short\"");
        if (id == "b") result.set_result(json + " ");
        if (id == "c") result.set_error("it went wrong in a way that takes many words");
        results.push_back(std::move(result));
    }
    world.queue.finish(results);
    world.scheduler.wait_idle(kLong);
    std::map<std::string, std::string> ends;
    for (const sched::HistoryRow& row : world.scheduler.history().all()) ends[row.task_id] = row.result + row.error;
    CHECK(ends["a"] == "\"short\"");
    CHECK(ends["b"] == json + " ");
    CHECK(ends["c"] == "it went wrong in a way that takes many words");
}

TEST_CASE("detaching releases what waits, for the next consumer") {
    World world;
    sched::Consumer first(world.queue, 4);
    for (const char* id : {"a", "b", "c"}) world.add(id, kMinute);
    world.scheduler.start();
    world.scheduler.clock_advance(kMinute);
    const sched::Item taken = take_one(first);
    std::set<std::string> ids{taken.run().task_id()};
    first.reset();
    world.queue.finish(sched::Result(taken.run_id()));
    sched::Consumer second(world.queue, 4);
    for (int i = 0; i < 2; ++i) {
        const sched::Item item = take_one(second);
        ids.insert(item.run().task_id());
        world.queue.finish(sched::Result(item.run_id()));
    }
    CHECK(ids == std::set<std::string>{"a", "b", "c"});
    world.scheduler.wait_idle(kLong);
    CHECK(world.scheduler.stats().finished == 3);
}

TEST_CASE("a stop that cancels asks for each run's end") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    world.add("a");
    world.scheduler.start();
    world.scheduler.clock_advance(kSecond);
    const sched::Item item = take_one(consumer);
    world.scheduler.stop(sched::StopMode::cancel);
    const sched::Item cancel = take_one(consumer, sched::ItemTag::cancel);
    CHECK(cancel.run_id() == item.run_id());
    CHECK(item.run().cancelled());
    world.queue.finish(sched::Result(item.run_id(), sched::RunStatus::cancelled));
    CHECK(take_one(consumer, sched::ItemTag::stopped).run().get() == nullptr);
}

TEST_CASE("tokens come back once, when nothing uses them") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    world.scheduler.start();
    sched::Task task("work");
    task.set_id("a").set_executor("queue").set_interval(kSecond).set_token(7, world.queue);
    world.scheduler.add_task(task);
    CHECK(task.info().token == 7);
    world.scheduler.clock_advance(kSecond);
    const sched::Item run = take_one(consumer);
    CHECK(run.token() == 7);  // the task's wins over the function's
    world.scheduler.delete_task("a");
    CHECK(consumer.take(4, sched::kNoWait).empty());  // its run is still under way
    world.queue.finish(sched::Result(run.run_id()));
    CHECK(take_one(consumer, sched::ItemTag::release).token() == 7);

    world.scheduler.register_token("work", 43, world.queue);
    CHECK(take_one(consumer, sched::ItemTag::release).token() == 42);
    sched::Task bad("work");
    bad.set_store("nowhere").set_executor("queue").set_token(8, world.queue);
    CHECK(sched_add_task(world.scheduler.get(), bad.get(), 0) == UVSCHED_ENOTFOUND);
    world.scheduler.unregister_function("work");
    CHECK(take_one(consumer, sched::ItemTag::release).token() == 43);
    CHECK(consumer.take(4, sched::kNoWait).empty());
}

TEST_CASE("events reach consumers that asked for them, and stay until the next take") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    world.queue.subscribe(UVSCHED_EVENT_TASK_ADDED | UVSCHED_EVENT_TASK_REMOVED);
    world.scheduler.start();
    world.add("a");
    CHECK(readable(world.queue.fd()));
    const sched::Item added = take_one(consumer, sched::ItemTag::event);
    world.scheduler.delete_task("a");
    const sched::Event event = added.event();
    CHECK(event.code() == UVSCHED_EVENT_TASK_ADDED);
    CHECK(std::string(event.task_id()) == "a");
    CHECK(take_one(consumer, sched::ItemTag::event).event().code() == UVSCHED_EVENT_TASK_REMOVED);
    world.queue.subscribe(0);
    world.add("b");
    CHECK(consumer.take(4, sched::kNoWait).empty());
}

TEST_CASE("events that nobody takes are dropped and counted") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    world.queue.subscribe(UVSCHED_EVENT_SCHEDULER_PAUSED | UVSCHED_EVENT_SCHEDULER_RESUMED);
    world.scheduler.start();
    for (int i = 0; i < 10'000; ++i) {
        world.scheduler.pause();
        world.scheduler.resume();
    }
    const sched::Event first = take_one(consumer, sched::ItemTag::event).event();
    CHECK(first.code() == UVSCHED_EVENT_EVENTS_DROPPED);
    CHECK(first.count() > 0);
    std::int64_t rest = first.count();
    while (true) {
        const auto items = consumer.take(5000, sched::kNoWait);
        if (items.empty()) break;
        rest += static_cast<std::int64_t>(items.size());
    }
    CHECK(rest == 20'000);
}

TEST_CASE("queue handles outlive their scheduler") {
    World world;
    sched::Consumer consumer(world.queue, 4);
    world.scheduler.start();
    world.scheduler.shutdown(kLong);
    world.scheduler.reset();
    take_one(consumer, sched::ItemTag::stopped);
    CHECK(take_one(consumer, sched::ItemTag::release).token() == 42);
    const sched_result result = sched::Result(1).get();
    CHECK_FAILS(sched_queue_finish(world.queue.get(), &result, 1), UVSCHED_ENOTRUNNING, "freed");
    sched_consumer* out = nullptr;
    CHECK_FAILS(sched_consumer_new(&out, world.queue.get(), 1), UVSCHED_ENOTRUNNING, "freed");
    CHECK_FALSE(readable(world.queue.fd()));
    consumer.reset();
}
