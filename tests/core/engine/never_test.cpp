// Tasks that are over when they are added: it is said at once, in every store alike.
#include <doctest/doctest.h>

#include "tests/core/engine/support.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

TriggerPtr ended(Instant end) {
    IntervalOptions options;
    options.period = kHour;
    options.start_at = kStart - kDay;
    options.end_at = end;
    return make_interval_trigger(options);
}

void check_told(Fixture& f, Reason reason, std::int64_t count) {
    const auto missed = f.told(EventCode::task_missed);
    REQUIRE(missed.size() == 1);
    CHECK(missed[0].reason == reason);
    CHECK(missed[0].count == count);
    CHECK(f.told(EventCode::task_finished).size() == 1);
    const auto rows = f.history("t");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == FireState::missed);
    CHECK(rows[0].reason == reason);
    CHECK(rows[0].folded == count);
    if (reason == Reason::never_fires) CHECK(rows[0].error == missed[0].message);
    const TaskView task = f.scheduler->get("", "t");
    CHECK(task.state.status == TaskStatus::finished);
    CHECK_FALSE(task.next_run().has_value());
    CHECK(f.scheduler->list("default", "", 9, false).empty());
}

}  // namespace

TEST_CASE("what will never fire is told when it is added: an event, a row with its reason; the task can be asked") {
    for (const bool before_start : {false, true}) {
        CAPTURE(before_start);
        on_each_store([&](Fixture& f) {
            if (!before_start) f.start();
            f.add(f.task("t", ended(kStart - 1)));
            if (before_start) f.start();
            check_told(f, Reason::never_fires, 0);
            CHECK(f.history("t")[0].error.starts_with("it will never fire: interval of 1 h"));
            CHECK(f.history("t")[0].error.ends_with(
                "has no time from 2026-01-01T00:00:00Z on; give it another trigger, or delete it"));
            f.scheduler->remove("", "t");
            CHECK_THROWS_AS(f.scheduler->get("", "t"), Error);
        });
    }
}

TEST_CASE("a date that was over when it was added is told the same way") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::once(kStart - kHour)));
        check_told(f, Reason::past_when_added, 1);
    });
}

TEST_CASE("so is a task that a change, or another declaration, leaves without a time") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::every(kHour)));
        SUBCASE("change") {
            TaskChanges changes;
            changes.trigger = ended(kStart - 1);
            f.scheduler->change("", "t", changes);
        }
        SUBCASE("replace") { f.add(f.task("t", ended(kStart - 1)), AddMode::replace); }
        check_told(f, Reason::never_fires, 0);
    });
}

TEST_CASE("a paused task is not over, whatever its trigger") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::every(kHour)));
        f.scheduler->pause_task("", "t");
        f.add(f.task("t", ended(kStart - 1)), AddMode::replace);
        CHECK(f.scheduler->get("", "t").state.status == TaskStatus::paused);
        CHECK(f.told(EventCode::task_missed).empty());
        CHECK(f.history("t").empty());
    });
}

TEST_CASE("a task that has run for the last time can be asked, and its id is free") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::once(kStart)));
        f.settle();
        CHECK(f.scheduler->get("", "t").state.status == TaskStatus::finished);
        CHECK_FALSE(f.scheduler->get("default", "t").next_run().has_value());
        f.scheduler->remove("", "t");
        CHECK(f.add(f.task("t", Fixture::every(kHour))).result == AddOutcome::Result::created);
        CHECK(f.scheduler->get("", "t").state.status == TaskStatus::active);
    });
}

TEST_CASE("a memory store forgets what is over with the last row of its history") {
    Config config;
    config.add_store("default", "memory");
    config.stores.at("default").history = 3;
    config.add_executor("default", "inline");
    Fixture f(std::move(config));
    f.start();
    for (int round = 0; round < 5; ++round) {
        f.add(f.task("t", Fixture::once(f.clock->wall())));
        f.settle();
    }
    for (const char* id : {"a", "b"}) f.add(f.task(id, ended(kStart - 1)));
    CHECK(f.scheduler->get("", "t").state.status == TaskStatus::finished);
    f.add(f.task("c", ended(kStart - 1)));
    CHECK_THROWS_AS(f.scheduler->get("", "t"), Error);
    CHECK(f.scheduler->get("", "a").state.status == TaskStatus::finished);
}
