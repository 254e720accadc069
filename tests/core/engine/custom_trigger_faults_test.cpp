// What custom triggers do wrong hurts their own task alone.
#include <atomic>
#include <stdexcept>
#include <thread>

#include "tests/core/engine/custom_triggers.hpp"

using namespace uvsched;
using namespace uvsched::test;

TEST_CASE("an answer that is wrong pauses its own task, with the reason in its history") {
    struct Case {
        const char* what;
        std::function<TriggerAnswer(const TriggerAsk&)> call;
        const char* message;
    };
    const Case cases[] = {
        {"an exception", [](const TriggerAsk&) -> TriggerAnswer { throw std::runtime_error("no luck"); },
         "trigger \"bad\" of task \"t\" failed: no luck"},
        {"an error",
         [](const TriggerAsk&) {
             return TriggerAnswer{.kind = Kind::failed, .ask = 0, .time = 0, .error = "out of days"};
         },
         "trigger \"bad\" of task \"t\" failed: out of days"},
        {"the past", [](const TriggerAsk& ask) { return at(ask.now - 1); },
         "trigger \"bad\" of task \"t\" gave 2025-12-31T23:59:59.999999Z, which is before 2026-01-01T00:00:00Z, the "
         "time of the question"},
        {"out of range", [](const TriggerAsk&) { return at(kHorizon); },
         "trigger \"bad\" of task \"t\" gave 2200-01-01T00:00:00Z, which is not in the years 1970 to 2199"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        with_triggers([&](Fixture& f, Triggers& triggers) {
            triggers.add("bad", c.call);
            triggers.add_every("good", 10 * kSecond);
            f.start();
            f.add(f.task("t", custom("bad")));
            f.add(f.task("other", custom("good")));
            f.settle();
            CHECK(status(f) == TaskStatus::paused);
            CHECK_FALSE(next_run(f).has_value());
            const auto told = f.told(EventCode::trigger_error);
            REQUIRE(told.size() == 1);
            CHECK(told[0].task_id == "t");
            CHECK(told[0].alias == "default");
            CHECK(told[0].reason == Reason::trigger_failed);
            CHECK(told[0].message == std::string(c.message) + "; the task is paused until it is resumed or changed");
            const auto rows = f.history("t");
            REQUIRE(rows.size() == 1);
            CHECK(rows[0].state == FireState::missed);
            CHECK(rows[0].reason == Reason::trigger_failed);
            CHECK(rows[0].error == c.message);
            CHECK(rows[0].folded == 0);

            f.advance(10 * kSecond);
            CHECK(f.runs() == 1);
            CHECK(f.seen[0].task == "other");

            // Repaired and resumed, it goes on from now.
            triggers.add_every("bad", 3 * kSecond);
            f.scheduler->resume_task("", "t");
            f.settle();
            CHECK(next_run(f) == kStart + 13 * kSecond);
        });
    }
}

TEST_CASE("a time that does not come after the last one pauses the task; what ran has run") {
    with_triggers([](Fixture& f, Triggers& triggers) {
        triggers.add("stuck", [](const TriggerAsk& ask) { return at(ask.previous.value_or(ask.now)); });
        f.start();
        f.add(f.task("t", custom("stuck")));
        f.settle();
        CHECK(f.runs() == 1);
        CHECK(status(f) == TaskStatus::paused);
        const auto told = f.told(EventCode::trigger_error);
        REQUIRE(told.size() == 1);
        CHECK(told[0].message.find("which is not later than its previous time, 2026-01-01T00:00:00Z") !=
              std::string::npos);
    });
}

TEST_CASE("a slot that is missed because its trigger failed does not come again when the clock is set back") {
    with_triggers([](Fixture& f, Triggers& triggers) {
        std::atomic<bool> fails{false};
        triggers.add("ten", [&](const TriggerAsk& ask) -> TriggerAnswer {
            if (fails) throw std::runtime_error("no luck");
            return at(ask.previous ? *ask.previous + 10 * kSecond : ask.now + 10 * kSecond);
        });
        f.start();
        f.add(f.task("t", custom("ten")));
        f.settle();
        REQUIRE(next_run(f) == kStart + 10 * kSecond);
        fails = true;
        f.advance(35 * kSecond);  // what piled up is asked for
        REQUIRE(status(f) == TaskStatus::paused);
        f.clock->step(-30 * kSecond);
        fails = false;
        f.scheduler->resume_task("", "t");
        f.settle();
        CHECK(triggers.seen().back().now == kStart + 10 * kSecond + 1);
        f.advance(kMinute);
        std::int64_t of_slot = 0;
        for (const HistoryRow& row : f.history("t")) {
            if (row.first <= kStart + 10 * kSecond) of_slot += row.folded;
        }
        CHECK(of_slot == 1);
    });
}

TEST_CASE("a trigger that loops for ever is given up after its deadline; the others go on") {
    with_triggers([](Fixture& f, Triggers& triggers) {
        Door stuck;
        triggers.add("loop", [&](const TriggerAsk& ask) {
            stuck.pass();
            return at(ask.now + kSecond);
        });
        triggers.add_every("good", 2 * kSecond);
        f.start();
        f.add(f.task("t", custom("loop")));
        stuck.wait_for_waiting(1);
        f.add(f.task("other", custom("good")));
        f.add(f.task("plain", Fixture::every(kSecond)));
        f.clock->advance(5 * kSecond - 1);
        // The loop thread is not held up meanwhile.
        while (f.runs() == 0) std::this_thread::yield();
        CHECK(status(f) == TaskStatus::active);
        f.clock->advance(1);
        f.hear(EventCode::trigger_error);
        f.settle();
        CHECK(status(f) == TaskStatus::paused);
        CHECK(f.told(EventCode::trigger_error)[0].message ==
              "trigger \"loop\" of task \"t\" did not answer within 5 s; the task is paused until it is resumed or "
              "changed");
        CHECK(next_run(f, "other").has_value());
        stuck.open();
        f.advance(2 * kSecond);
        CHECK(status(f) == TaskStatus::paused);  // the late answer is ignored
    });
}

TEST_CASE("a machine that slept through the deadline gives the function its time again") {
    Fixture f;
    Triggers triggers(f);
    Door stuck;
    triggers.add("slow", [&](const TriggerAsk& ask) {
        stuck.pass();
        return at(ask.now + kDay);
    });
    f.start();
    f.add(f.task("t", custom("slow")));
    stuck.wait_for_waiting(1);
    f.clock->advance(kHour);
    f.scheduler->run_now("", "t");
    while (f.runs() == 0) std::this_thread::yield();  // the loop has seen the hour
    CHECK(status(f) == TaskStatus::active);
    stuck.open();
    f.settle();
    CHECK(next_run(f) == kStart + kDay);
    CHECK(f.told(EventCode::trigger_error).empty());
}
