// Start, stop, restart, recovery, fork.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/core/engine/support.hpp"
#include "tests/support/quiet.hpp"

using namespace uvsched;
using namespace uvsched::test;

TEST_CASE("starting twice, stopping twice, and stopping what does not run") {
    Fixture f;
    CHECK(code_of([&] { f.scheduler->stop(StopMode::wait); }) == Code::not_running);
    CHECK(f.scheduler->wait(0) == Code::not_running);
    f.start();
    CHECK(code_of([&] { f.start(); }) == Code::already);
    f.scheduler->stop(StopMode::wait);
    const auto fine = [](Code code) { return code == Code::ok || code == Code::not_running; };
    CHECK(fine(code_of([&] { f.scheduler->stop(StopMode::wait); })));
    CHECK(fine(f.scheduler->wait(std::nullopt)));
    CHECK(f.scheduler->state() == SchedulerState::stopped);
    CHECK(code_of([&] { f.scheduler->pause(); }) == Code::not_running);
}

TEST_CASE("more executors or stores than a scheduler takes are refused") {
    Config executors;
    for (int i = 0; i <= 1'000; ++i) executors.add_executor("e" + std::to_string(i), "inline");
    CHECK_THROWS_WITH_AS(Scheduler::create(std::move(executors)),
                         "executors: there are 1002; a scheduler takes at most 1000", Error);
    Config stores;
    for (int i = 0; i <= 1'000; ++i) stores.add_store("s" + std::to_string(i), "memory");
    CHECK_THROWS_WITH_AS(Scheduler::create(std::move(stores)), "stores: there are 1002; a scheduler takes at most 1000",
                         Error);
}

TEST_CASE("a scheduler that has stopped starts again, and goes on") {
    Fixture f;
    f.start();
    f.add(f.task("tick", Fixture::every(kSecond)));
    f.advance(kSecond);
    f.stop();
    f.clock->advance(5 * kSecond);
    CHECK(f.runs() == 1);
    f.start();
    f.settle();
    REQUIRE(f.runs() == 2);
    CHECK(f.seen[1].folded == 5);
}

TEST_CASE("two threads that wait get the same result") {
    Fixture f("memory", "threadpool:1");
    f.start();
    f.add(f.task("slow", Fixture::every(kSecond), "wait"));
    f.clock->advance(kSecond);
    f.gate.wait_for_waiting(1);
    f.scheduler->stop(StopMode::wait);
    CHECK(f.scheduler->wait(0) == Code::timed_out);
    CHECK(f.scheduler->state() == SchedulerState::stopping);
    Code first = Code::internal;
    Code second = Code::internal;
    std::thread a([&] { first = f.scheduler->wait(std::nullopt); });
    std::thread b([&] { second = f.scheduler->wait(std::nullopt); });
    f.gate.open();
    a.join();
    b.join();
    const auto fine = [](Code code) { return code == Code::ok || code == Code::not_running; };
    CHECK(fine(first));
    CHECK(fine(second));
}

TEST_CASE("a stop from a callback begins, and waiting there is refused") {
    for (const char* executor : {"inline", "threadpool:2"}) {
        CAPTURE(executor);
        Fixture f("memory", executor);
        static Code waited = Code::ok;
        f.add_function("stopper", [](const Run*, void* data) {
            const auto scheduler = static_cast<Fixture*>(data)->scheduler;
            scheduler->stop(StopMode::wait);
            waited = scheduler->wait(std::nullopt);
            return 0;
        });
        f.start();
        f.add(f.task("stopper", Fixture::every(kSecond), "stopper"));
        f.clock->advance(kSecond);
        f.hear(EventCode::scheduler_shutdown);
        f.scheduler->wait(std::nullopt);
        CHECK(waited == Code::deadlock);
    }
}

TEST_CASE("an inline callback cannot wait for a durable store, and one on the pool can") {
    const TemporaryFolder folder;
    static Code added = Code::ok;
    const auto adder = [](const Run*, void* data) {
        Fixture& f = *static_cast<Fixture*>(data);
        added = code_of([&] { f.add(f.task("child", Fixture::every(kHour))); });
        return 0;
    };
    for (const char* executor : {"inline", "threadpool:2"}) {
        Fixture f("sqlite:" + folder / executor, executor);
        f.add_function("adder", adder);
        f.start();
        f.add(f.task("adder", Fixture::every(kSecond), "adder"));
        f.advance(kSecond);
        CHECK(added == (std::string(executor) == "inline" ? Code::deadlock : Code::ok));
    }
}

TEST_CASE("a restart goes on where it was, and what was missed is one coalesced run") {
    const TemporaryFolder folder;
    const std::string url = "sqlite:" + folder / "tasks.db";
    Instant left = 0;
    {
        Fixture f(url);
        f.start();
        f.add(f.task("tick", Fixture::on_grid(kSecond, kStart + kSecond)));
        for (int i = 0; i < 3; ++i) f.advance(kSecond);
        CHECK(f.runs() == 3);
        f.stop();
        left = f.clock->wall();
    }
    Fixture f(url);
    f.clock->advance(left - kStart + 10 * kSecond);
    f.add(f.task("tick", Fixture::on_grid(kSecond, kStart + kSecond)));
    f.start();
    f.settle();
    REQUIRE(f.runs() == 1);
    CHECK(f.seen[0].folded == 10);
    CHECK(f.history("tick").size() == 4);
}

TEST_CASE("a stored task whose function nobody registered stays, the others run, and it is told") {
    const TemporaryFolder folder;
    const std::string url = "sqlite:" + folder / "tasks.db";
    {
        Fixture f(url);
        f.start();
        f.add_function("gone", [](const Run*, void*) { return 0; });
        f.add(f.task("orphan", Fixture::every(kSecond), "gone"));
        f.add(f.task("tick", Fixture::every(kSecond)));
    }
    Fixture f(url);
    f.clock->advance(kMinute);
    f.start();
    f.hear(EventCode::task_unrunnable);
    f.settle();
    CHECK(f.runs() == 1);
    CHECK(f.scheduler->get("", "orphan").definition->function == "gone");
    f.add_function("gone", [](const Run* run, void* data) {
        static_cast<Fixture*>(data)->note(*run);
        return 0;
    });
    f.settle();
    CHECK(f.runs() == 2);
}

TEST_CASE("a second scheduler on the same file shares it with the first") {
    const TemporaryFolder folder;
    const std::string url = "sqlite:" + folder / "tasks.db";
    Fixture first(url);
    first.start();
    first.add(first.task("tick", Fixture::every(kSecond)));
    Fixture second(url);
    second.start();
    first.advance(kSecond);
    CHECK(first.runs() == 1);
    second.advance(kSecond);
    CHECK(second.runs() == 0);
    first.stop();
    second.advance(kSecond);
    CHECK(second.runs() == 1);
    CHECK(second.history().size() == 2);
}

TEST_CASE("a stop that cancels asks runs to end early") {
    Fixture f("memory", "threadpool:1");
    f.add_function("patient", [](const Run* run, void* data) {
        static_cast<Fixture*>(data)->gate.pass();
        while (!run->cancelled.load()) std::this_thread::yield();
        return 1;
    });
    f.start();
    f.add(f.task("patient", Fixture::every(kSecond), "patient"));
    f.clock->advance(kSecond);
    f.gate.wait_for_waiting(1);
    f.gate.open();
    f.scheduler->stop(StopMode::cancel);
    f.scheduler->wait(std::nullopt);
    f.hear(EventCode::task_cancelled);
    CHECK(f.history("patient")[0].state == FireState::cancelled);
}

#if !defined(__SANITIZE_THREAD__)  // ThreadSanitizer does not follow a fork of a process with threads
TEST_CASE("after fork the child never fires, its calls are refused, and it may have a scheduler of its own") {
    const TemporaryFolder folder;
    Fixture f("sqlite:" + folder / "parent.db");
    f.start();
    f.add(f.task("tick", Fixture::every(kSecond)));
    f.advance(kSecond);
    const std::string child_file = folder / "child.db";
    wait_until_others_sleep();
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        int wrong = 0;
        wrong += code_of([&] { f.scheduler->get("", "tick"); }) == Code::forked ? 0 : 1;
        wrong += code_of([&] { f.scheduler->stop(StopMode::wait); }) == Code::forked ? 0 : 2;
        const std::size_t before = f.seen.size();
        f.clock->advance(kMinute);
        wrong += f.seen.size() == before ? 0 : 4;
        {
            Fixture own("sqlite:" + child_file);
            own.start();
            own.add(own.task("tick", Fixture::every(kSecond)));
            own.advance(kSecond);
            wrong += own.runs() == 1 ? 0 : 8;
            own.stop();
        }
        _exit(wrong);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    f.advance(kSecond);
    CHECK(f.runs() == 2);
    CHECK(f.history("tick").size() == 2);
}
#endif

TEST_CASE("a consumer that comes after a stop hears nothing of it") {
    Fixture f;
    const auto queue = f.scheduler->queue("queue");
    std::vector<QueueItem> items(4);
    const ConsumerId first = queue->attach(1);
    f.start();
    f.stop();
    REQUIRE(queue->take(first, items, std::nullopt) == 1);
    CHECK(items[0].tag == ItemTag::stopped);
    queue->detach(first);
    f.start();
    f.stop();
    const ConsumerId second = queue->attach(1);
    CHECK(queue->take(second, items, std::chrono::milliseconds(0)) == 0);
    queue->detach(second);
}

TEST_CASE("a destroy function that waits for its scheduler is refused, whatever thread calls it") {
    Fixture f;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Code> waited;
    TaskSpec spec = f.task("once", Fixture::once(kStart + kSecond));
    spec.token = 7;
    spec.release = [&] {
        const Code code = f.scheduler->wait(kSecond);  // on the loop thread, which has ended the task
        const std::lock_guard lock(mutex);
        waited = code;
        changed.notify_all();
    };
    f.start();
    f.add(std::move(spec));
    f.clock->advance(kSecond);
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waited.has_value(); });
    CHECK(*waited == Code::deadlock);
}
