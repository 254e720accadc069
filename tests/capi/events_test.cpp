#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

// Keeps the names of the events it hears, and says when one came.
class Log {
public:
    void add(const sched::Event& event) {
        {
            const std::lock_guard lock(mutex_);
            names_.emplace_back(event.name());
        }
        heard.set();
    }
    [[nodiscard]] std::vector<std::string> names() {
        const std::lock_guard lock(mutex_);
        return names_;
    }
    Signal heard;

private:
    std::mutex mutex_;
    std::vector<std::string> names_;
};

}  // namespace

TEST_CASE("bad masks and listeners are refused") {
    sched::Scheduler scheduler(manual_config());
    const auto ignore = [](const sched_event*, void*) {};
    CHECK_FAILS(sched_add_listener(nullptr, scheduler.get(), 0, ignore, nullptr, nullptr), UVSCHED_EINVAL, "mask: 0");
    CHECK_FAILS(sched_add_listener(nullptr, scheduler.get(), 1ULL << 40, ignore, nullptr, nullptr), UVSCHED_EINVAL,
                "mask: 1099511627776");
    CHECK_FAILS(sched_remove_listener(scheduler.get(), 12345), UVSCHED_ENOTFOUND, "12345");
}

TEST_CASE("a listener hears what its mask names, in order") {
    Log log;
    std::string name;
    std::string fire_id;
    sched::Instant scheduled;
    std::int64_t count = 0;
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    scheduler.add_listener(UVSCHED_EVENT_ALL & ~UVSCHED_EVENT_TASK_SUBMITTED, [&](const sched::Event& event) {
        if (event.code() == UVSCHED_EVENT_TASK_EXECUTED) {
            name = event.task_name();
            fire_id = event.fire_id();
            scheduled = event.scheduled_time();
            count = event.count();
        }
        log.add(event);
    });
    scheduler.start();
    scheduler.add_task(every_second("count", "a"));
    pass(scheduler, 2 * kSecond);
    scheduler.delete_task("a");
    REQUIRE(log.heard.wait(4));
    CHECK(log.names() == std::vector<std::string>{"scheduler_started", "task_added", "task_executed", "task_removed"});
    CHECK(name == "count");
    CHECK(fire_id.size() == 32);
    CHECK(scheduled == kStart + 2 * kSecond);
    CHECK(count == 2);
    scheduler.shutdown(kLong);
    REQUIRE(log.heard.wait(5));
    CHECK(log.names().back() == "scheduler_shutdown");
}

TEST_CASE("events say whether a call asked for them") {
    std::mutex mutex;
    std::vector<std::string> asked;
    std::vector<std::string> decided;
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    Signal stopped;
    scheduler.add_listener(UVSCHED_EVENT_ALL, [&](const sched::Event& event) {
        const std::lock_guard lock(mutex);
        (event.asked() ? asked : decided).emplace_back(event.name());
        if (event.code() == UVSCHED_EVENT_SCHEDULER_SHUTDOWN) stopped.set();
    });
    scheduler.start();
    scheduler.pause();
    scheduler.resume();
    scheduler.add_task(every_second("count", "a"));
    scheduler.pause_task("a");
    scheduler.delete_task("a");
    sched::Task once("count");
    once.set_id("once");
    scheduler.add_task(once);  // it is gone when it has run, which nobody asked for
    pass(scheduler, kSecond);
    scheduler.remove_all_tasks();
    scheduler.shutdown(kLong);
    REQUIRE(stopped.wait());
    const std::lock_guard lock(mutex);
    CHECK(asked == std::vector<std::string>{"scheduler_started", "scheduler_paused", "scheduler_resumed", "task_added",
                                            "task_modified", "task_removed", "task_added", "all_tasks_removed"});
    CHECK(decided == std::vector<std::string>{"task_finished", "task_submitted", "task_executed", "task_removed",
                                              "scheduler_shutdown"});
}

TEST_CASE("a removed listener is not called again, and its user data destroyed once") {
    Log log;
    std::atomic<int> destroyed{0};
    sched::Scheduler scheduler(manual_config());
    const auto ignore = [](const sched_event*, void*) {};
    const std::uint64_t first = scheduler.add_listener(UVSCHED_EVENT_ALL, ignore, &destroyed, count_destroy);
    const std::uint64_t second =
        scheduler.add_listener(UVSCHED_EVENT_ALL, [&](const sched::Event& event) { log.add(event); });
    scheduler.remove_listener(first);
    CHECK(destroyed == 1);
    CHECK(code_of([&] { scheduler.remove_listener(first); }) == UVSCHED_ENOTFOUND);
    scheduler.start();
    REQUIRE(log.heard.wait(1));
    scheduler.remove_listener(second);
    const int heard = log.heard.count();
    scheduler.pause();
    scheduler.resume();
    scheduler.shutdown(kLong);
    CHECK(log.heard.count() == heard);
    CHECK(destroyed == 1);
}

TEST_CASE("a listener may remove itself, and removing waits for a call under way") {
    sched::Scheduler scheduler(manual_config());
    Signal called;
    std::atomic<std::uint64_t> self{0};
    Signal known;
    self = scheduler.add_listener(UVSCHED_EVENT_ALL, [&](const sched::Event&) {
        static_cast<void>(known.wait());
        scheduler.remove_listener(self);
        called.set();
    });
    known.set();
    scheduler.start();
    REQUIRE(called.wait());

    Signal begun;
    Signal go_on;
    std::atomic<bool> over{false};
    const std::uint64_t slow = scheduler.add_listener(UVSCHED_EVENT_ALL, [&](const sched::Event&) {
        begun.set();
        static_cast<void>(go_on.wait());
        over = true;
    });
    scheduler.pause();
    REQUIRE(begun.wait());
    std::thread helper([&] { go_on.set(); });
    scheduler.remove_listener(slow);
    CHECK(over);
    helper.join();
    CHECK(called.count() == 1);
}

TEST_CASE("freeing the scheduler destroys its listeners' user data") {
    Signal destroyed;
    sched::Scheduler scheduler(manual_config());
    const auto ignore = [](const sched_event*, void*) {};
    const auto destroy = [](void* signal) { static_cast<Signal*>(signal)->set(); };
    scheduler.add_listener(UVSCHED_EVENT_ALL, ignore, &destroyed, destroy);
    scheduler.start();
    scheduler.shutdown(kLong);
    scheduler.reset();
    CHECK(destroyed.wait());
    CHECK(destroyed.count() == 1);
}

TEST_CASE("no listener is called after a stopped scheduler was freed") {
    for (int round = 0; round < 50; ++round) {
        std::atomic<bool> freed{false};
        std::atomic<bool> late{false};
        std::atomic<int> heard{0};
        {
            sched::Scheduler scheduler(manual_config());
            scheduler.add_listener(UVSCHED_EVENT_ALL, [&](const sched::Event&) {
                ++heard;
                if (freed) late = true;
            });
            scheduler.start();
            scheduler.shutdown(kLong);
        }
        freed = true;
        CHECK(heard >= 2);  // started, shut down
        CHECK_FALSE(late);
    }
}

TEST_CASE("a listener may free its scheduler when it has stopped, and is destroyed after its call") {
    struct State {
        sched_scheduler* scheduler;
        std::atomic<bool> inside{false};
        std::atomic<bool> destroyed_inside{false};
        Signal destroyed;
    } state{sched::Scheduler(manual_config()).release(), {}, {}, {}};
    const auto free_it = [](const sched_event* event, void* user_data) {
        auto& own = *static_cast<State*>(user_data);
        if (sched_event_code(event) != UVSCHED_EVENT_SCHEDULER_SHUTDOWN) return;
        own.inside = true;
        // The event is told a moment before the state changes.
        for (sched_state now{UVSCHED_STATE_RUNNING};
             now != UVSCHED_STATE_STOPPED && sched_get_state(&now, own.scheduler) == UVSCHED_OK;) {
            std::this_thread::yield();
        }
        sched_free(own.scheduler);
        own.inside = false;
    };
    const auto destroy = [](void* user_data) {
        auto& own = *static_cast<State*>(user_data);
        own.destroyed_inside = own.inside.load();
        own.destroyed.set();
    };
    REQUIRE(sched_add_listener(nullptr, state.scheduler, UVSCHED_EVENT_ALL, free_it, &state, destroy) == UVSCHED_OK);
    REQUIRE(sched_start(state.scheduler) == UVSCHED_OK);
    REQUIRE(sched_stop(state.scheduler, UVSCHED_STOP_WAIT) == UVSCHED_OK);
    CHECK(state.destroyed.wait());
    CHECK_FALSE(state.destroyed_inside);
}

TEST_CASE("a listener that throws does not stop the others") {
    Log log;
    sched::Scheduler scheduler(manual_config());
    scheduler.add_listener(UVSCHED_EVENT_ALL, [](const sched::Event&) { throw std::runtime_error("no"); });
    scheduler.add_listener(UVSCHED_EVENT_ALL, [&](const sched::Event& event) { log.add(event); });
    scheduler.start();
    CHECK(log.heard.wait());
    scheduler.shutdown(kLong);
}

TEST_CASE("getters of no event give nothing") {
    CHECK(sched_event_code(nullptr) == 0);
    CHECK(sched_event_name(nullptr) == nullptr);
    CHECK(sched_event_task_name(nullptr) == nullptr);
    CHECK(sched_event_message(nullptr) == nullptr);
    CHECK(sched_event_count(nullptr) == 0);
    CHECK(sched_event_exact(nullptr) == 0);
    CHECK(sched_event_asked(nullptr) == 0);
}
