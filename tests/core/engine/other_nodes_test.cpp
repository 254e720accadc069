// What other nodes of a store do, as SQL: this scheduler finds what they made, and an end that is theirs is not told
// as its own.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "tests/core/engine/fixture.hpp"
#include "tests/stores/sql.hpp"

using namespace uvsched;
using namespace uvsched::test;

TEST_CASE("a task of another node, on a lane that was not there before, is found and run") {
    const TemporaryFolder folder;
    const std::string path = folder / "tasks.db";
    Fixture f("sqlite:" + path);
    f.start();
    f.add(f.task("mine", Fixture::on_grid(kMinute, kStart)));
    f.settle();
    ask_sql(path,
            "INSERT INTO lane (executor, fn) VALUES ('default', 'fail');"
            "INSERT INTO def (uid, id, format, def, def_hash) SELECT 77, 'theirs', 1, replace(def, 'note', 'fail'), 77 "
            "FROM def WHERE id = 'mine';"
            "INSERT INTO sched (n, uid, def_hash, rev, gen, clk, lane, anchor, next_due, next_slot, state, runs) "
            "SELECT (SELECT max(n) FROM def), 77, 77, 1, 0, clk, (SELECT max(lane) FROM lane), anchor, next_due, "
            "next_slot, 'active', 0 FROM sched JOIN def USING (n) WHERE id = 'mine';"
            "UPDATE meta SET changes = changes + 1");
    f.scheduler->run_now("default", "mine");
    f.settle();
    f.advance(kMinute);
    CHECK(std::any_of(f.seen.begin(), f.seen.end(), [](const Seen& seen) { return seen.task == "theirs"; }));
    CHECK(f.told(EventCode::task_unrunnable).empty());
}

TEST_CASE("a run whose fire another node took away is told as one that lost its lease, and not as executed") {
    const TemporaryFolder folder;
    const std::string path = folder / "tasks.db";
    Fixture f("sqlite:" + path, "threadpool:2");
    f.start();
    f.add(f.task("t", Fixture::once(kStart + kSecond), "wait"));
    f.clock->advance(kSecond);
    f.gate.wait_for_waiting(1);
    // Once the start is written; another node then recovers the fire, and it comes back here.
    while (ask_sql(path, "SELECT state FROM open") != "running") std::this_thread::yield();
    ask_sql(path,
            "UPDATE open SET state = 'ready', ready_at = 0, owner = NULL, token = token + 1, claimed_at = NULL, "
            "started_at = NULL; UPDATE meta SET changes = changes + 1");
    f.gate.open();
    f.hear(EventCode::task_executed);
    f.settle();
    const auto lost = f.told(EventCode::lease_lost);
    REQUIRE(lost.size() == 1);
    CHECK(lost[0].task_id == "t");
    CHECK(lost[0].fire_id == f.seen[0].fire);
    CHECK(lost[0].message ==
          "it ended as done when its fire was not this process's any more: the end is not recorded as the fire's own");
    CHECK(f.told(EventCode::task_executed).size() == 1);
    CHECK(f.runs() == 2);
    CHECK(f.history("t").size() == 1);
}

TEST_CASE("two schedulers that start together declare 1,200 equal tasks once, and a third start changes none of them") {
    const TemporaryFolder folder;
    const std::string path = folder / "tasks.db";
    const auto declare = [](Fixture& f) {
        for (int i = 0; i < 1'200; ++i) {
            f.scheduler->add(f.task("task-" + std::to_string(i), Fixture::every(kHour)), AddMode::declare);
        }
    };
    Fixture one("sqlite:" + path + "?synchronous=normal");
    Fixture two("sqlite:" + path + "?synchronous=normal");
    declare(one);
    declare(two);
    std::thread beside([&] { two.start(); });
    one.start();
    beside.join();
    CHECK(ask_sql(path, "SELECT count(*) FROM def") == "1200");
    CHECK(one.told(EventCode::task_added).size() + two.told(EventCode::task_added).size() == 1'200);
    for (Fixture* each : {&one, &two}) {
        CHECK(each->told(EventCode::task_redeclared).empty());
        CHECK(each->told(EventCode::store_error).empty());
    }
    const char* const all = "SELECT sum(rev), (SELECT changes FROM meta), (SELECT count(*) FROM open) FROM sched";
    const std::string before = ask_sql(path, all);
    Fixture three("sqlite:" + path + "?synchronous=normal");
    declare(three);
    three.start();
    CHECK(ask_sql(path, all) == before);
}

TEST_CASE("a conflict among many declarations fails the start, and the next one writes nothing twice") {
    const TemporaryFolder folder;
    const std::string path = folder / "tasks.db";
    Fixture other("sqlite:" + path);
    other.start();
    other.add(other.task("task-700", Fixture::every(kSecond)));
    Fixture f("sqlite:" + path);
    for (int i = 0; i < 1'200; ++i) {
        f.scheduler->add(f.task("task-" + std::to_string(i), Fixture::every(kHour)),
                         i == 700 ? AddMode::raise : AddMode::declare);
    }
    try {
        f.start();
        FAIL("started");
    } catch (const Error& error) {
        CHECK(error.code() == Code::conflict);
        CHECK(error.message().find("task \"task-700\" differs from the one in store \"default\"") == 0);
    }
    other.scheduler->remove("default", "task-700");
    f.start();
    CHECK(ask_sql(path, "SELECT count(*), max(rev) FROM def JOIN sched USING (n)") == "1200|1");
}

TEST_CASE("a lease that is another one than was asked for is a warning, and no error of the store") {
    const TemporaryFolder folder;
    const std::string url = "sqlite:" + (folder / "tasks.db");
    Fixture first(url + "?lease=2");
    first.start();
    Fixture second(url + "?lease=3");
    second.start();
    second.hear(EventCode::store_warning);
    const auto told = second.told(EventCode::store_warning);
    REQUIRE(told.size() == 1);
    CHECK(told[0].alias == "default");
    CHECK(told[0].message ==
          (folder / "tasks.db") +
              ": the lease is 2 s, as whoever came first set it, and not 3 s; give all processes the "
              "same");
    CHECK(second.told(EventCode::store_error).empty());
    CHECK(first.told(EventCode::store_warning).empty());
}
