// From due to run, on the memory store and on SQLite: the same semantics whichever store keeps the task.
#include <doctest/doctest.h>

#include "tests/core/engine/support.hpp"

using namespace uvsched;
using namespace uvsched::test;

TEST_CASE("an interval fires once a period, each time once") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("tick", Fixture::every(kSecond)));
        f.settle();
        CHECK(f.runs() == 0);
        for (int i = 0; i < 5; ++i) f.advance(kSecond);
        REQUIRE(f.runs() == 5);
        for (std::size_t i = 0; i < 5; ++i)
            CHECK(f.seen[i].scheduled == kStart + static_cast<Instant>(i + 1) * kSecond);
        CHECK(f.seen[0].fire != f.seen[1].fire);
        const auto rows = f.history("tick");
        REQUIRE(rows.size() == 5);
        CHECK(rows[0].state == FireState::done);
        CHECK(rows[0].last == kStart + 5 * kSecond);
        CHECK(rows[0].fire_id == f.seen[4].fire);
        CHECK(f.scheduler->get("default", "tick").state.runs == 5);
    });
}

TEST_CASE("an early wake-up runs nothing") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("tick", Fixture::every(kSecond)));
        f.advance(kSecond - 1);
        CHECK(f.runs() == 0);
        f.advance(1);
        CHECK(f.runs() == 1);
    });
}

TEST_CASE("times that piled up run once, for the latest, and the count is told") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("tick", Fixture::every(kSecond)));
        f.advance(100 * kSecond + 5);
        REQUIRE(f.runs() == 1);
        CHECK(f.seen[0].scheduled == kStart + 100 * kSecond);
        CHECK(f.seen[0].folded == 100);
        const auto rows = f.history("tick");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].first == kStart + kSecond);
        CHECK(rows[0].folded == 100);
        f.advance(kSecond);
        CHECK(f.runs() == 2);
    });
}

TEST_CASE("ten years late costs one run and no loop") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("tick", Fixture::on_grid(kSecond, kStart)));
        f.settle();
        const std::size_t before = f.runs();
        f.advance(3653 * kDay);
        REQUIRE(f.runs() == before + 1);
        CHECK(f.seen.back().folded == kCountLimit);
        CHECK_FALSE(f.history("tick")[0].exact);
    });
}

TEST_CASE("not coalesced, each runs, oldest first, one after the other") {
    on_each_store([](Fixture& f) {
        f.start();
        TaskSpec spec = f.task("tick", Fixture::every(kSecond));
        spec.policies.coalesce = false;
        f.add(std::move(spec));
        f.advance(5 * kSecond);
        REQUIRE(f.runs() == 5);
        for (std::size_t i = 0; i < 5; ++i)
            CHECK(f.seen[i].scheduled == kStart + static_cast<Instant>(i + 1) * kSecond);
    });
}

TEST_CASE("a run later than the grace time is a miss with its reason") {
    on_each_store([](Fixture& f) {
        f.start();
        TaskSpec spec = f.task("tick", Fixture::every(10 * kSecond));
        spec.policies.grace = kSecond;
        f.add(std::move(spec));
        f.advance(12 * kSecond);
        CHECK(f.runs() == 0);
        const auto rows = f.history("tick");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].state == FireState::missed);
        CHECK(rows[0].reason == Reason::misfire);
        const auto told = f.told(EventCode::task_missed);
        REQUIRE(told.size() == 1);
        CHECK(told[0].task_id == "tick");
        f.advance(8 * kSecond);
        CHECK(f.runs() == 1);
    });
}

TEST_CASE("max_instances: what comes while it runs is skipped, and told") {
    const TemporaryFolder folder;
    for (const std::string& store : {std::string("memory"), "sqlite:" + (folder / "tasks.db")}) {
        CAPTURE(store);
        Fixture f(store, "threadpool:2");
        f.start();
        f.add(f.task("slow", Fixture::every(kSecond), "wait"));
        f.clock->advance(kSecond);
        f.gate.wait_for_waiting(1);
        f.clock->advance(kSecond);
        f.hear(EventCode::task_max_instances);
        f.gate.open();
        f.settle();
        CHECK(f.runs() == 1);
        const auto rows = f.history("slow");
        REQUIRE(rows.size() == 2);
        const bool skipped = rows[0].state == FireState::skipped || rows[1].state == FireState::skipped;
        CHECK(skipped);
        f.advance(kSecond);
        CHECK(f.runs() == 2);
    }
}

TEST_CASE("a failure is told with its text, and the task goes on") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("bad", Fixture::every(kSecond), "fail"));
        f.advance(kSecond);
        const auto errors = f.told(EventCode::task_error);
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].message == "fail returned 7");
        CHECK(f.history("bad")[0].state == FireState::failed);
        CHECK(f.history("bad")[0].error == "fail returned 7");
        f.advance(kSecond);
        CHECK(f.runs() == 2);
    });
}

TEST_CASE("a date runs once, and the task is over") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("once", Fixture::once(kStart + 3 * kSecond)));
        f.advance(3 * kSecond);
        CHECK(f.runs() == 1);
        f.advance(kDay);
        CHECK(f.runs() == 1);
        CHECK(f.told(EventCode::task_finished).size() == 1);
        CHECK(f.scheduler->list("default", "", 10, false).empty());
    });
}

TEST_CASE("a date long past when added never runs, and says so") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("past", Fixture::once(kStart - kHour)));
        f.advance(kSecond);
        CHECK(f.runs() == 0);
        const auto rows = f.history("past");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].reason == Reason::past_when_added);
    });
}

TEST_CASE("who hears that a date was past hears how it was read: in the trigger's zone, else the scheduler's") {
    for (const char* store : {"memory", "sqlite"}) {
        CAPTURE(store);
        const TemporaryFolder folder;
        Config config;
        config.zone = TimeZone::load("Europe/Madrid");
        config.add_store("default", store == std::string("memory") ? "memory" : "sqlite:" + (folder / "tasks.db"));
        config.add_executor("default", "inline");
        Fixture f(std::move(config));
        f.start();
        f.add(f.task("scheduler's", Fixture::once(kStart - 3 * kMinute)));
        f.add(f.task("own", make_date_trigger({.run_at = kStart - 30 * kHour, .timezone = "Asia/Kolkata"})));
        f.advance(kSecond);
        const auto told = f.told(EventCode::task_missed);
        REQUIRE(told.size() == 2);
        CHECK(told[0].message.find("2026-01-01 00:57:00 read as Europe/Madrid, was 3 min ago") != std::string::npos);
        CHECK(told[1].message.find("2025-12-30 23:30:00 read as Asia/Kolkata, was 30 h ago") != std::string::npos);
    }
}

TEST_CASE("the clock set forward is catch-up on the grid, and nothing for an interval of elapsed time") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("grid", Fixture::on_grid(kMinute, kStart + kMinute)));
        f.add(f.task("elapsed", Fixture::every(kMinute)));
        f.settle();
        f.clock->step(kHour);
        f.settle();
        REQUIRE(f.runs() == 1);
        CHECK(f.seen[0].task == "grid");
        CHECK(f.seen[0].folded == 60);
        CHECK(f.told(EventCode::clock_step).size() == 1);
        f.advance(kMinute);
        CHECK(f.runs() == 3);
        CHECK(f.scheduler->get("default", "elapsed").next_run() == f.clock->wall() + kMinute);
    });
}

TEST_CASE("the clock set back: no slot runs twice, and elapsed time goes on") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("grid", Fixture::on_grid(kMinute, kStart + kMinute)));
        f.add(f.task("elapsed", Fixture::every(kMinute)));
        f.advance(kMinute);
        CHECK(f.runs() == 2);
        f.clock->step(-2 * kMinute);
        f.settle();
        CHECK(f.runs() == 2);
        f.advance(kMinute);
        REQUIRE(f.runs() == 3);
        CHECK(f.seen[2].task == "elapsed");
        f.advance(2 * kMinute);
        std::size_t grid = 0;
        for (const Seen& seen : f.seen) grid += seen.task == "grid" ? 1U : 0U;
        CHECK(grid == 2);
    });
}

TEST_CASE("an interval of elapsed time ends when the wall clock says so, before and after that was set") {
    for (const Micros step : {kHour, -kHour}) {
        on_each_store([step](Fixture& f) {
            f.start();
            f.clock->step(step);
            f.settle();
            const Instant now = f.clock->wall();
            f.add(f.task("t", make_interval_trigger({.period = kMinute, .end_at = now + 3 * kMinute})));
            CHECK(f.scheduler->preview("default", "t", 9, std::nullopt).size() == 3);
            f.scheduler->pause_task("default", "t");
            f.scheduler->resume_task("default", "t");
            for (int i = 0; i < 3; ++i) f.advance(kMinute);
            CHECK(f.runs() == 3);
            CHECK(f.seen.back().scheduled == now + 3 * kMinute);
            CHECK(f.told(EventCode::task_finished).size() == 1);
        });
    }
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", make_interval_trigger({.period = kMinute, .end_at = kStart + 10 * kMinute})));
        f.settle();
        f.clock->step(8 * kMinute);
        for (int i = 0; i < 5; ++i) f.advance(kMinute);
        CHECK(f.runs() == 2);
        CHECK(f.seen.back().scheduled == kStart + 10 * kMinute);
    });
}

TEST_CASE("arguments and manual runs reach the function") {
    on_each_store([](Fixture& f) {
        f.start();
        TaskSpec spec = f.task("hourly", Fixture::every(kHour));
        spec.arguments = R"({"b": 1, "a": [2]})";
        f.add(std::move(spec));
        f.scheduler->run_now("", "hourly");
        f.settle();
        REQUIRE(f.runs() == 1);
        CHECK(f.seen[0].arguments == R"({"a":[2],"b":1})");
        CHECK(f.history("hourly")[0].key.kind == FireKind::manual);
    });
}

TEST_CASE("paused, a scheduler starts nothing; resumed, what piled up runs once") {
    on_each_store([](Fixture& f) {
        f.scheduler->start(true);
        f.add(f.task("tick", Fixture::every(kSecond)));
        f.advance(5 * kSecond);
        CHECK(f.runs() == 0);
        f.scheduler->resume();
        f.settle();
        REQUIRE(f.runs() == 1);
        CHECK(f.seen[0].folded == 5);
    });
}

TEST_CASE("a task whose executor has no room waits for it and loses nothing") {
    on_each_store([](Fixture& f) {
        f.start();
        const auto queue = f.scheduler->queue("queue");
        f.scheduler->register_function("far", {.call = nullptr, .token = 5, .user_data = nullptr, .release = {}},
                                       false);
        TaskSpec spec = f.task("far", Fixture::every(kSecond), "far");
        spec.executor = "queue";
        f.add(std::move(spec));
        f.add(f.task("near", Fixture::every(kSecond)));
        f.advance(kSecond);
        f.advance(kSecond);
        CHECK(f.runs() == 2);
        const ConsumerId consumer = queue->attach(10);
        std::vector<QueueItem> items(10);
        REQUIRE(queue->take(consumer, items, std::nullopt) == 1);
        CHECK(items[0].token == 5);
        CHECK(items[0].run->folded == 2);
        std::vector<RunResult> results{{.run = items[0].run_id, .state = FireState::done, .result = "42", .error = {}}};
        queue->finish(results);
        f.settle();
        CHECK(f.history("far")[0].result == "42");
        queue->detach(consumer);
    });
}

TEST_CASE("a consumer that leaves gives its unstarted runs back") {
    on_each_store([](Fixture& f) {
        f.start();
        const auto queue = f.scheduler->queue("queue");
        f.scheduler->register_function("far", {.call = nullptr, .token = 5, .user_data = nullptr, .release = {}},
                                       false);
        const ConsumerId first = queue->attach(10);
        TaskSpec spec = f.task("far", Fixture::every(kSecond), "far");
        spec.executor = "queue";
        f.add(std::move(spec));
        f.clock->advance(kSecond);
        f.hear(EventCode::task_submitted);
        queue->detach(first);
        f.settle();
        const ConsumerId second = queue->attach(10);
        std::vector<QueueItem> items(10);
        REQUIRE(queue->take(second, items, std::nullopt) == 1);
        CHECK(items[0].run->scheduled == kStart + kSecond);
        std::vector<RunResult> results{{.run = items[0].run_id, .state = FireState::done, .result = {}, .error = {}}};
        queue->finish(results);
        f.settle();
        CHECK(f.history("far").size() == 1);
        queue->detach(second);
    });
}
