#include <string>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

struct World {
    explicit World(bool durable) : scheduler(durable ? sqlite_config(folder.file("tasks.db")) : manual_config()) {
        scheduler.register_function("count", count_run, &runs);
        scheduler.register_function("fail", [](const sched::Run&) { throw std::runtime_error("no"); });
        scheduler.start();
    }
    Folder folder;
    std::atomic<int> runs{0};
    sched::Scheduler scheduler;
    ShutDownAtEnd end{scheduler};
};

}  // namespace

TEST_CASE("bad questions are refused") {
    World world(false);
    sched_scheduler* const raw = world.scheduler.get();
    sched_history_iterator* out = nullptr;
    const auto ask = [&](auto&& choose) {
        sched_history_query query = UVSCHED_HISTORY_QUERY_INIT;
        choose(query);
        return sched_history(&out, raw, &query);
    };
    CHECK_FAILS(ask([](auto& query) { query.store = "cellar"; }), UVSCHED_ENOTFOUND, "cellar");
    CHECK_FAILS(ask([](auto& query) { query.state = "asleep"; }), UVSCHED_EINVAL, "state: \"asleep\"");
    CHECK_FAILS(ask([](auto& query) { query.state = "running"; }), UVSCHED_EINVAL, "state: \"running\"");
    CHECK_FAILS(ask([](auto& query) { query.task_id = ""; }), UVSCHED_EINVAL, "task_id");
    CHECK_FAILS(ask([](auto& query) { query.before = -1; }), UVSCHED_EINVAL, "before: -1");
    CHECK_FAILS(ask([](auto& query) { query.limit = INT64_MIN; }), UVSCHED_EINVAL, "limit: -9223372036854775808");
    CHECK_FAILS(sched_history(nullptr, raw, nullptr), UVSCHED_EINVAL, "out: NULL");
    CHECK(out == nullptr);
}

TEST_CASE("the end of history has a code of its own, and no text") {
    World world(false);
    sched_history_iterator* rows = nullptr;
    REQUIRE(sched_history(&rows, world.scheduler.get(), nullptr) == UVSCHED_OK);
    sched_history_row row = UVSCHED_HISTORY_ROW_INIT;
    CHECK(sched_set_zone_data("", nullptr) == UVSCHED_EINVAL);
    const std::string before = sched_last_error();
    for (int i = 0; i < 2; ++i) CHECK(sched_history_iterator_next(&row, rows) == UVSCHED_EEND);
    CHECK(sched_last_error() == before);
    CHECK_FAILS(sched_history_iterator_next(nullptr, rows), UVSCHED_EINVAL, "out: NULL");
    sched_history_iterator_free(rows);
}

TEST_CASE("tasks of new functions are on time, added to a store that is being looked through") {
    for (int round = 0; round < 60; ++round) {
        CAPTURE(round);
        World world(true);
        world.scheduler.add_task(every_second("count", "good"));
        world.scheduler.add_task(every_second("fail", "bad"));
        pass(world.scheduler, kSecond);
        REQUIRE(world.runs == 1);
        REQUIRE(world.scheduler.history().all().size() == 2);
    }
}

TEST_CASE("history is told from new to old, filtered, and in pages") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        world.scheduler.add_task(every_second("count", "good"));
        world.scheduler.add_task(every_second("fail", "bad"));
        for (int i = 0; i < 10; ++i) pass(world.scheduler, kSecond);

        const auto all = world.scheduler.history().all();
        REQUIRE(all.size() == 20);
        for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].number < all[i - 1].number);
        sched::HistoryQuery query;
        query.task_id = "bad";
        const auto bad = world.scheduler.history(query).all();
        REQUIRE(bad.size() == 10);
        CHECK(bad[0].state == "failed");
        CHECK(bad[0].error == "no");
        CHECK(bad[0].kind == "scheduled");
        CHECK(bad[0].first_time == kStart + 10 * kSecond);
        CHECK(bad[0].scheduled_time == bad[0].first_time);
        CHECK(bad[0].folded == 1);
        CHECK(bad[0].exact);
        CHECK(bad[0].fire_id.size() == 32);
        CHECK(bad[0].finished_at == kStart + 10 * kSecond);
        query = {};
        query.state = "done";
        CHECK(world.scheduler.history(query).all().size() == 10);

        std::vector<std::int64_t> numbers;
        query = {};
        query.limit = 7;
        for (std::vector<sched::HistoryRow> page = world.scheduler.history(query).all(); !page.empty();
             page = world.scheduler.history(query).all()) {
            CHECK(page.size() <= 7);
            for (const auto& row : page) numbers.push_back(row.number);
            query.before = page.back().number;
        }
        REQUIRE(numbers.size() == 20);
        for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(numbers[i] == all[i].number);
        world.scheduler.shutdown(kLong);
    }
}

TEST_CASE("more rows than the library reads at once come one after the other") {
    World world(false);
    world.scheduler.add_task(std::move(
        every_second("count", "a").set_interval(sched::Micros(1000)).set_coalesce(false).set_max_catch_up(5000)));
    pass(world.scheduler, sched::Micros(2'500'000));
    sched::HistoryQuery query;
    CHECK(world.scheduler.history(query).all().size() == 2500);
    query.limit = 2100;
    CHECK(world.scheduler.history(query).all().size() == 2100);
}

TEST_CASE("the scheduler may be called between two rows") {
    World world(true);
    world.scheduler.add_task(every_second("count", "a"));
    world.scheduler.add_task(every_second("count", "b"));
    pass(world.scheduler, kSecond);
    sched::HistoryIterator rows = world.scheduler.history();
    int seen = 0;
    while (const auto row = rows.next()) {
        world.scheduler.delete_task(row->task_id);
        ++seen;
    }
    CHECK(seen == 2);
    CHECK(world.scheduler.get_tasks().all().empty());
    sched::HistoryIterator late = world.scheduler.history();
    world.scheduler.shutdown(kLong);
    CHECK(code_of([&] { static_cast<void>(late.next()); }) == UVSCHED_ENOTRUNNING);
}

TEST_CASE("what was asked goes on being seen, and nothing that came later") {
    World world(false);
    world.scheduler.add_task(every_second("count", "a"));
    for (int i = 0; i < 3; ++i) pass(world.scheduler, kSecond);
    sched::HistoryIterator rows = world.scheduler.history();
    REQUIRE(rows.next());
    pass(world.scheduler, kSecond);
    CHECK(rows.all().size() == 2);
    CHECK(world.scheduler.history().all().size() == 4);
}

TEST_CASE("missed and skipped times are rows") {
    World world(false);
    world.scheduler.add_task(
        std::move(every_second("count", "late").set_interval(kMinute).set_mistrigger_grace_time(kSecond)));
    world.scheduler.pause();
    pass(world.scheduler, kMinute + 30 * kSecond);
    world.scheduler.resume();
    world.scheduler.wait_idle(kLong);
    const auto rows = world.scheduler.history().all();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == "missed");
    CHECK(rows[0].reason == "misfire");
    CHECK(world.scheduler.stats().missed == 1);
    CHECK(world.runs == 0);
}
