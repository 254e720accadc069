// What the ledger's rules say, in the memory store and in SQLite alike.
#include "tests/stores/alike/side.hpp"

using namespace alike;

namespace {

TaskSpec queueing(const Side& side, const std::string& id, Micros period) {
    TaskSpec spec = side.task(id, Fixture::on_grid(period, kStart + period));
    spec.policies.coalesce = false;  // what finds no free place waits
    return spec;
}

TriggerPtr with_jitter(Micros period, Micros jitter) {
    IntervalOptions options;
    options.period = period;
    options.start_at = kStart + period;
    options.jitter = jitter;
    return make_interval_trigger(options);
}

TaskChanges first_at(Instant time) {
    TaskChanges changes;
    changes.next_run_time = std::optional(time);
    return changes;
}

TaskChanges other_trigger(TriggerPtr trigger) {
    TaskChanges changes;
    changes.trigger = std::move(trigger);
    return changes;
}

std::vector<HistoryRow> history(Scheduler& scheduler, const std::string& id) {
    HistoryQuery query;
    query.task_id = id;
    return scheduler.history("default", query);
}

}  // namespace

TEST_CASE("a run that waits begins when a place is free, and not when any run of the task ends") {
    Both both;
    both.add(queueing(both.memory, "t", 10 * kSecond));
    both.advance(20 * kSecond);
    CHECK(both.memory.held().size() == 1);  // of two, at max_instances 1
    both.run_now("t");
    both.each([](Side& side) {
        REQUIRE(side.held().size() == 2);
        side.end(0, FireState::done);  // the one asked for by hand
        CHECK(side.held().size() == 1);
        side.end(0, FireState::done);
        REQUIRE(side.held().size() == 1);
        CHECK(side.held()[0].line.starts_with("t scheduled scheduled 20000000"));
    });
    both.compare();
}

TEST_CASE("a replaced trigger ends what has not started, but not what was asked for by hand") {
    Both both;
    both.add(queueing(both.memory, "t", 10 * kSecond));
    both.advance(20 * kSecond);  // one runs, one waits
    both.while_paused([](Scheduler& scheduler) {
        scheduler.run_now("default", "t");
        scheduler.change("default", "t", other_trigger(Fixture::on_grid(kHour, kStart + kHour)));
    });
    both.each([](Side& side) {
        REQUIRE(side.held().size() == 2);
        CHECK(side.held()[0].line.starts_with("t manual"));
        const auto rows = history(side.scheduler(), "t");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].state == FireState::skipped);
        CHECK(rows[0].reason == Reason::replaced);
        CHECK(rows[0].last == kStart + 20 * kSecond);
    });
    both.compare();
}

TEST_CASE("a replaced trigger misses the times that were due, first time given by the caller included") {
    Both both;
    TaskSpec spec = both.memory.task("t", Fixture::on_grid(10 * kSecond, kStart + 10 * kSecond));
    spec.next_run_time = std::optional(kStart + 7 * kSecond);
    both.add(spec);
    both.while_paused([](Scheduler& scheduler) {
        static_cast<ManualClock&>(*scheduler.clock()).advance(25 * kSecond);
        scheduler.change("default", "t", other_trigger(Fixture::on_grid(kHour, kStart + kHour)));
    });
    both.each([](Side& side) {
        const auto rows = history(side.scheduler(), "t");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].state == FireState::missed);
        CHECK(rows[0].reason == Reason::replaced);
        CHECK(rows[0].first == kStart + 7 * kSecond);
        CHECK(rows[0].last == kStart + 20 * kSecond);
        CHECK(rows[0].folded == 3);
    });
    both.compare();
}

TEST_CASE("a time that jitter still holds back is not overdue") {
    Both both;
    both.each([](Side& side) {
        side.scheduler().add(side.task("t", with_jitter(10 * kSecond, kDay)), AddMode::declare);
        side.while_paused([&](Scheduler& scheduler) {
            const Instant due = *scheduler.get("default", "t").next_run();
            REQUIRE(due > kStart + 20 * kSecond);
            side.clock().advance(due - 1 - kStart);
            scheduler.change("default", "t", other_trigger(with_jitter(kHour, kDay)));
        });
        CHECK(history(side.scheduler(), "t").empty());
    });
}

TEST_CASE("a schedule that moves back to times that ran gives its runs other fire ids") {
    Both both;
    both.add(both.memory.task("t", Fixture::on_grid(10 * kSecond, kStart + 10 * kSecond)));
    for (int i = 0; i < 3; ++i) {
        both.advance(10 * kSecond);
        both.end(0);
    }
    both.change("t", first_at(kStart + 10 * kSecond));
    both.each([](Side& side) { CHECK(side.held().size() == 1); });
    both.end(0);
    both.compare();  // which sees two rows with one fire_id

    TaskSpec spec = both.memory.task("t", Fixture::on_grid(10 * kSecond, kStart + 10 * kSecond));
    spec.next_run_time = std::optional(kStart + 20 * kSecond);
    both.add(spec, AddMode::replace);
    both.compare();
}

TEST_CASE("resuming runs nothing again, whatever the clock says") {
    Both both;
    both.add(both.memory.task("t", Fixture::on_grid(10 * kSecond, kStart + 10 * kSecond)));
    both.advance(20 * kSecond);
    both.end(0);
    both.pause("t");
    SUBCASE("at the time that ran") {}
    SUBCASE("on a clock that was set back") { both.step(-15 * kSecond); }
    both.resume("t");
    both.each([](Side& side) {
        CHECK(side.held().empty());
        CHECK(side.scheduler().get("default", "t").next_run() == kStart + 30 * kSecond);
    });
    both.compare();
}

TEST_CASE("what a deletion ends is told in wall time, of one task and of all") {
    for (const bool all : {false, true}) {
        CAPTURE(all);
        Both both;
        TaskSpec spec = both.memory.task("t", Fixture::every(10 * kSecond));
        spec.policies.coalesce = false;
        both.add(spec);
        both.step(kHour);
        both.advance(20 * kSecond);  // one runs, one waits
        both.run_now("t");
        if (all) {
            both.remove_all();
        } else {
            both.remove("t");
        }
        both.each([](Side& side) {
            const auto told = side.told(EventCode::task_missed);
            REQUIRE(told.size() == 1);
            CHECK(told[0].reason == Reason::deleted);
            CHECK(told[0].scheduled == kStart + kHour + 20 * kSecond);
        });
        both.compare();
    }
}

TEST_CASE("a run asked for by hand that never begins has the time when it was asked for") {
    Both both;
    both.add(both.memory.task("t", Fixture::every(kHour)));
    both.advance(kSecond);
    both.while_paused([](Scheduler& scheduler) {
        scheduler.run_now("default", "t");
        scheduler.remove("default", "t");
    });
    both.each([](Side& side) {
        const auto rows = history(side.scheduler(), "t");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].first == kStart + kSecond);
        CHECK(rows[0].last == kStart + kSecond);
    });
    both.compare();
}

TEST_CASE("a task that never fires can be asked about") {
    Both both;
    IntervalOptions ended;
    ended.period = kHour;
    ended.end_at = kStart - 1;
    both.add(both.memory.task("t", make_interval_trigger(ended)));
    CHECK(both.ask([](Scheduler& scheduler) {
        return std::to_string(scheduler.preview("default", "t", 3, std::nullopt).size()) + " " +
               text(scheduler.get("default", "t").next_run());
    }) == "0 -");
    both.compare();
}

TEST_CASE("a task that is known and is declared again between two starts is listed once") {
    Side side("memory");
    side.scheduler().add(side.task("t", Fixture::every(kHour)), AddMode::declare);
    side.restart([&](Scheduler& scheduler) {
        scheduler.add(side.task("t", Fixture::every(kHour)), AddMode::declare);
        CHECK(scheduler.list("default", "", 10, false).size() == 2);  // with the probe
        ListPlace place;
        std::size_t listed = 0;
        for (std::size_t page = 1; page > 0; listed += page) page = scheduler.list("default", place, 1, false).size();
        CHECK(listed == 2);
        CHECK(scheduler.get("default", "t").pending);
        scheduler.remove("default", "t");  // the declaration alone
        CHECK_FALSE(scheduler.get("default", "t").pending);
    });
}

TEST_CASE("an executor that a task leaves runs nothing of it any more") {
    Both both;
    both.add(both.memory.task("t", Fixture::every(kHour)));
    both.while_paused([](Scheduler& scheduler) {
        scheduler.run_now("default", "t");
        TaskChanges changes;
        changes.executor = "default";  // inline
        changes.function = "note";
        scheduler.change("default", "t", changes);
    });
    both.each([](Side& side) {
        CHECK(side.held().empty());
        CHECK(history(side.scheduler(), "t").size() == 1);
    });
    both.compare();
}

TEST_CASE("pausing or resuming twice changes nothing more") {
    Both both;
    both.add(both.memory.task("t", Fixture::every(kHour)));
    both.resume("t");
    both.pause("t");
    both.pause("t");
    both.resume("t");
    both.resume("t");
    both.compare();
}

TEST_CASE("resuming a task whose last time has passed meanwhile finishes it") {
    Both both;
    both.add(both.memory.task("t", Fixture::once(kStart + kSecond)));
    both.pause("t");
    both.advance(kMinute);
    both.resume("t");
    both.each([](Side& side) { CHECK(side.told(EventCode::task_finished).size() == 1); });
    both.compare();
}

TEST_CASE("a task is finished as soon as it has no further time, whether its last run has ended or not") {
    Both both;
    both.add(both.memory.task("t", Fixture::once(kStart + kSecond)));
    both.advance(kMinute);
    both.each([](Side& side) {
        REQUIRE(side.held().size() == 1);
        CHECK(side.told(EventCode::task_finished).size() == 1);
        CHECK(side.scheduler().get("default", "t").state.status == TaskStatus::finished);
        side.end(0, FireState::done);
        CHECK(side.told(EventCode::task_finished).size() == 1);
    });
    both.compare();
}

TEST_CASE("a task whose change leaves it no further time is finished while it runs") {
    Both both;
    both.add(both.memory.task("t", Fixture::on_grid(kMinute, kStart + kMinute)));
    both.advance(kMinute);
    IntervalOptions ended;
    ended.period = kMinute;
    ended.start_at = kStart;
    ended.end_at = kStart + kSecond;
    both.change("t", other_trigger(make_interval_trigger(ended)));
    both.each([](Side& side) { CHECK(side.told(EventCode::task_finished).size() == 1); });
    both.end(0);
    both.compare();
}
