// Start, stop, wait, pause, the clock.
#include <thread>

#include "support.hpp"

using namespace capi_test;

namespace {

// A pool run that waits until the test lets it go, or until it is asked to end.
struct Slow {
    Signal begun;
    Signal go_on;
    std::atomic<bool> was_cancelled{false};

    static int run(const sched_run* run, void* self) {
        auto& slow = *static_cast<Slow*>(self);
        slow.begun.set();
        static_cast<void>(slow.go_on.wait());
        slow.was_cancelled = sched_run_cancelled(run) == 1;
        return slow.was_cancelled ? 1 : 0;
    }
};

void start_slow(sched::Scheduler& scheduler, Slow& slow) {
    scheduler.register_function("slow", Slow::run, &slow);
    scheduler.add_task(std::move(sched::Task("slow").set_executor("pool")));
    if (scheduler.state() == sched::State::stopped) scheduler.start();
    REQUIRE(slow.begun.wait());
}

}  // namespace

TEST_CASE("states: stopped, running, paused, and again") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    scheduler.add_task(every_second("count", "a"));
    CHECK(scheduler.state() == sched::State::stopped);
    for (const auto call : {sched_pause, sched_resume}) CHECK(call(scheduler.get()) == UVSCHED_ENOTRUNNING);
    CHECK(sched_wait_idle(scheduler.get(), 0) == UVSCHED_ENOTRUNNING);
    CHECK(sched_wait(scheduler.get(), 0) == UVSCHED_ENOTRUNNING);
    CHECK(sched_stop(scheduler.get(), UVSCHED_STOP_WAIT) == UVSCHED_ENOTRUNNING);
    CHECK(sched_shutdown(scheduler.get(), 0) == UVSCHED_ENOTRUNNING);

    scheduler.start_paused();
    CHECK(scheduler.state() == sched::State::paused);
    CHECK_FAILS(sched_start(scheduler.get()), UVSCHED_EALREADY, "already");
    CHECK_FAILS(sched_start_paused(scheduler.get()), UVSCHED_EALREADY, "already");
    pass(scheduler, kSecond);
    CHECK(runs == 0);
    scheduler.resume();
    CHECK(scheduler.state() == sched::State::running);
    scheduler.wait_idle(kLong);
    CHECK(runs == 1);
    scheduler.pause();
    pass(scheduler, 5 * kSecond);
    CHECK(runs == 1);
    scheduler.resume();
    scheduler.wait_idle(kLong);
    CHECK(runs == 2);

    scheduler.shutdown(kLong);
    CHECK(scheduler.state() == sched::State::stopped);
    CHECK(sched_shutdown(scheduler.get(), 0) == UVSCHED_ENOTRUNNING);
    scheduler.start();
    pass(scheduler, kSecond);
    CHECK(runs == 3);
    scheduler.shutdown(kLong);
}

TEST_CASE("bad modes and timeouts are refused") {
    sched::Scheduler scheduler(manual_config());
    scheduler.start();
    CHECK_FAILS(sched_stop(scheduler.get(), static_cast<sched_stop_mode>(7)), UVSCHED_EINVAL, "mode: 7");
    for (const auto call : {sched_wait, sched_shutdown, sched_wait_idle}) {
        CHECK_FAILS(call(scheduler.get(), -2), UVSCHED_EINVAL, "timeout_ms: -2");
    }
    CHECK(scheduler.state() == sched::State::running);
    CHECK_FAILS(sched_get_state(nullptr, scheduler.get()), UVSCHED_EINVAL, "out: NULL");
    sched_stats stats{};
    CHECK_FAILS(sched_get_stats(&stats, scheduler.get()), UVSCHED_EINVAL, "out->size: 0");
    sched_scheduler* out = nullptr;
    CHECK(sched_new(nullptr, nullptr) == UVSCHED_EINVAL);
    CHECK(sched_new(&out, nullptr) == UVSCHED_EHANDLE);
}

TEST_CASE("a deadline passes, the stop goes on, and every waiter gets the same result") {
    sched::Scheduler scheduler(manual_config());
    Slow slow;
    start_slow(scheduler, slow);
    CHECK_FAILS(sched_wait_idle(scheduler.get(), 1), UVSCHED_ETIMEDOUT, "after 1 ms");
    CHECK_FAILS(sched_shutdown(scheduler.get(), 1), UVSCHED_ETIMEDOUT, "after 1 ms");
    CHECK(scheduler.state() == sched::State::stopping);
    CHECK_FAILS(sched_wait(scheduler.get(), 0), UVSCHED_ETIMEDOUT, "after 0 ms");
    CHECK(sched_start(scheduler.get()) == UVSCHED_EALREADY);
    CHECK(sched_pause(scheduler.get()) == UVSCHED_ENOTRUNNING);
    int results[2] = {1, 1};
    std::thread one([&] { results[0] = sched_shutdown(scheduler.get(), sched::to_c(kLong)); });
    std::thread two([&] { results[1] = sched_wait(scheduler.get(), sched::to_c(kLong)); });
    slow.go_on.set();
    one.join();
    two.join();
    // A waiter that comes when all is over is told so.
    for (const int result : results) CHECK((result == UVSCHED_OK || result == UVSCHED_ENOTRUNNING));
    CHECK(scheduler.state() == sched::State::stopped);
    CHECK_FALSE(slow.was_cancelled);
}

TEST_CASE("stop with cancel asks what runs to end") {
    sched::Scheduler scheduler(manual_config());
    Slow slow;
    Signal asked;
    scheduler.register_function("ask", [&](const sched::Run& run) {
        slow.begun.set();
        while (!run.cancelled()) std::this_thread::yield();
        asked.set();
        throw std::runtime_error("asked to end");
    });
    scheduler.add_task(std::move(sched::Task("ask").set_id("a").set_executor("pool")));
    scheduler.start();
    REQUIRE(slow.begun.wait());
    scheduler.stop(sched::StopMode::cancel);
    scheduler.stop(sched::StopMode::wait);
    CHECK(asked.wait());
    const int result = sched_wait(scheduler.get(), sched::to_c(kLong));
    CHECK((result == UVSCHED_OK || result == UVSCHED_ENOTRUNNING));
    const auto rows = scheduler.history().all();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == "cancelled");
}

TEST_CASE("shutdown inside a callback begins the stop and cannot wait") {
    for (const char* executor : {"default", "pool"}) {
        CAPTURE(executor);
        sched::Scheduler scheduler(manual_config());
        std::atomic<int> shutdown{1};
        std::atomic<int> wait{1};
        std::atomic<int> idle{1};
        scheduler.register_function("end", [&](const sched::Run&) {
            idle = sched_wait_idle(scheduler.get(), sched::to_c(kLong));
            shutdown = sched_shutdown(scheduler.get(), sched::to_c(kLong));
            wait = sched_wait(scheduler.get(), -1);
        });
        scheduler.add_task(std::move(sched::Task("end").set_executor(executor)));
        scheduler.start();
        const int result = sched_wait(scheduler.get(), sched::to_c(kLong));
        CHECK((result == UVSCHED_OK || result == UVSCHED_ENOTRUNNING));
        CHECK(scheduler.state() == sched::State::stopped);
        CHECK(idle == UVSCHED_EDEADLK);
        CHECK(shutdown == UVSCHED_EDEADLK);
        CHECK(wait == UVSCHED_EDEADLK);
    }
}

TEST_CASE("shutdown inside a listener begins the stop and cannot wait") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> result{1};
    Signal told;
    scheduler.add_listener(UVSCHED_EVENT_SCHEDULER_STARTED, [&](const sched::Event&) {
        result = sched_shutdown(scheduler.get(), sched::to_c(kLong));
        told.set();
    });
    scheduler.start();
    REQUIRE(told.wait());
    CHECK(result == UVSCHED_EDEADLK);
    const int waited = sched_wait(scheduler.get(), sched::to_c(kLong));
    CHECK((waited == UVSCHED_OK || waited == UVSCHED_ENOTRUNNING));
}

TEST_CASE("a wait inside a listener is refused, also if the scheduler has stopped meanwhile") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> result{1};
    Signal told;
    scheduler.add_listener(UVSCHED_EVENT_SCHEDULER_SHUTDOWN, [&](const sched::Event&) {
        result = sched_wait(scheduler.get(), 0);
        told.set();
    });
    scheduler.start();
    scheduler.shutdown();
    REQUIRE(told.wait());
    CHECK(result == UVSCHED_EDEADLK);
}

TEST_CASE("a running scheduler may be freed, from outside and from its own callbacks") {
    {
        Slow slow;
        Signal gone;
        sched::Scheduler scheduler(manual_config());
        const auto say_gone = [](const sched_event*, void*) {};
        const auto destroy = [](void* signal) { static_cast<Signal*>(signal)->set(); };
        scheduler.add_listener(UVSCHED_EVENT_ALL, say_gone, &gone, destroy);
        start_slow(scheduler, slow);
        scheduler.reset();
        slow.go_on.set();
        CHECK(gone.wait());
    }
    for (const char* executor : {"default", "pool"}) {
        CAPTURE(executor);
        sched_scheduler* raw = sched::Scheduler(manual_config()).release();
        struct State {
            sched_scheduler* scheduler;
            Signal freed;
            Signal destroyed;
        } state{raw, {}, {}};
        const auto free_it = [](const sched_run*, void* user_data) {
            auto& own = *static_cast<State*>(user_data);
            sched_free(own.scheduler);
            own.freed.set();
            return sched_start(own.scheduler) == UVSCHED_EHANDLE ? 0 : 1;
        };
        const auto destroy = [](void* user_data) { static_cast<State*>(user_data)->destroyed.set(); };
        REQUIRE(sched_register_function(raw, "free", free_it, &state, destroy) == UVSCHED_OK);
        sched::Task task("free");
        REQUIRE(sched_add_task(raw, task.set_executor(executor).get(), 0) == UVSCHED_OK);
        REQUIRE(sched_start(raw) == UVSCHED_OK);
        CHECK(state.freed.wait());
        CHECK(state.destroyed.wait());
    }
}

TEST_CASE("freeing ends a wait of another thread") {
    sched::Scheduler scheduler(manual_config());
    scheduler.start();
    sched_scheduler* const raw = scheduler.get();
    int result = 1;
    Signal waiting;
    std::thread waiter([&] {
        waiting.set();
        result = sched_wait(raw, -1);
    });
    REQUIRE(waiting.wait());
    scheduler.reset();
    waiter.join();
    CHECK((result == UVSCHED_OK || result == UVSCHED_EHANDLE || result == UVSCHED_ENOTRUNNING));
}

TEST_CASE("the manual clock advances and steps; the system's does not") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    std::atomic<int> steps{0};
    scheduler.register_function("count", count_run, &runs);
    Signal stepped;
    const ShutDownAtEnd end(scheduler);
    scheduler.add_listener(UVSCHED_EVENT_CLOCK_STEP, [&](const sched::Event& event) {
        steps = static_cast<int>(sched::Micros(event.count()) / kSecond);
        stepped.set();
    });
    scheduler.add_task(std::move(every_second("count", "grid").set_start_at(kStart)));
    scheduler.start();
    scheduler.wait_idle(kLong);
    CHECK(runs == 1);
    CHECK_FAILS(sched_clock_advance(scheduler.get(), -1), UVSCHED_EINVAL, "microseconds: -1");
    for (const std::int64_t far : {INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1}) {
        CHECK_FAILS(sched_clock_step(scheduler.get(), far), UVSCHED_EINVAL, "1970 to 2199");
    }
    CHECK_FAILS(sched_clock_advance(scheduler.get(), INT64_MAX), UVSCHED_EINVAL, "1970 to 2199");
    scheduler.clock_step(10 * kSecond);
    scheduler.wait_idle(kLong);
    CHECK(scheduler.clock_now() == kStart + 10 * kSecond);
    CHECK(stepped.wait());
    CHECK(steps == 10);
    CHECK(runs == 2);  // what was jumped over is one coalesced run
    scheduler.clock_step(-5 * kSecond);
    scheduler.wait_idle(kLong);
    CHECK(stepped.wait(2));
    CHECK(steps == -5);
    CHECK(runs == 2);
    pass(scheduler, 5 * kSecond);
    CHECK(runs == 2);  // that slot had its run
    pass(scheduler, kSecond);
    CHECK(runs == 3);

    sched::Scheduler real{sched::Config()};
    CHECK(sched_clock_advance(real.get(), 1) == UVSCHED_EUNSUPPORTED);
    CHECK(sched_clock_step(real.get(), 1) == UVSCHED_EUNSUPPORTED);
    CHECK(real.clock_now() > kStart);
}

TEST_CASE("stats count") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    const ShutDownAtEnd end(scheduler);
    scheduler.register_function("count", count_run, &runs);
    scheduler.add_task(every_second("count", "a"));
    scheduler.start();
    for (int i = 0; i < 4; ++i) pass(scheduler, kSecond);
    const sched_stats stats = scheduler.stats();
    CHECK(stats.fires == 4);
    CHECK(stats.finished == 4);
    CHECK(stats.in_flight == 0);
    CHECK(stats.missed == 0);
}
