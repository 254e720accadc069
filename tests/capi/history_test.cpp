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
};

}  // namespace

TEST_CASE("bad questions are refused") {
    World world(false);
    sched_scheduler* const raw = world.scheduler.get();
    const auto ignore = [](const sched_history_row*, void*) {};
    CHECK_FAILS(sched_query_history(raw, "cellar", nullptr, nullptr, INT64_MAX, 1, ignore, nullptr), UVSCHED_ENOTFOUND,
                "cellar");
    CHECK_FAILS(sched_query_history(raw, nullptr, nullptr, "asleep", INT64_MAX, 1, ignore, nullptr), UVSCHED_EINVAL,
                "state: \"asleep\"");
    CHECK_FAILS(sched_query_history(raw, nullptr, nullptr, "running", INT64_MAX, 1, ignore, nullptr), UVSCHED_EINVAL,
                "state: \"running\"");
    CHECK_FAILS(sched_query_history(raw, nullptr, "", nullptr, INT64_MAX, 1, ignore, nullptr), UVSCHED_EINVAL,
                "task_id");
    CHECK_FAILS(sched_query_history(raw, nullptr, nullptr, nullptr, INT64_MAX, 1, nullptr, nullptr), UVSCHED_EINVAL,
                "row: NULL");
}

TEST_CASE("tasks of new functions are on time, added to a store that is being looked through") {
    for (int round = 0; round < 60; ++round) {
        CAPTURE(round);
        World world(true);
        world.scheduler.add_task(every_second("count", "good"));
        world.scheduler.add_task(every_second("fail", "bad"));
        pass(world.scheduler, sched::kSecond);
        REQUIRE(world.runs == 1);
        REQUIRE(world.scheduler.query_history({}).size() == 2);
    }
}

TEST_CASE("history is told from new to old, filtered, and in pages") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        world.scheduler.add_task(every_second("count", "good"));
        world.scheduler.add_task(every_second("fail", "bad"));
        for (int i = 0; i < 10; ++i) pass(world.scheduler, sched::kSecond);

        const auto all = world.scheduler.query_history({});
        REQUIRE(all.size() == 20);
        for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].seq < all[i - 1].seq);
        sched::HistoryQuery query;
        query.task_id = "bad";
        const auto bad = world.scheduler.query_history(query);
        REQUIRE(bad.size() == 10);
        CHECK(bad[0].state == "failed");
        CHECK(bad[0].error == "no");
        CHECK(bad[0].kind == "scheduled");
        CHECK(bad[0].first == kStart + 10 * sched::kSecond);
        CHECK(bad[0].last == bad[0].first);
        CHECK(bad[0].folded == 1);
        CHECK(bad[0].exact);
        CHECK(bad[0].fire_id.size() == 32);
        CHECK(bad[0].finished_at == kStart + 10 * sched::kSecond);
        query = {};
        query.state = "done";
        CHECK(world.scheduler.query_history(query).size() == 10);

        std::vector<std::int64_t> seqs;
        query = {};
        query.limit = 7;
        for (std::vector<sched::HistoryRow> page = world.scheduler.query_history(query); !page.empty();
             page = world.scheduler.query_history(query)) {
            CHECK(page.size() <= 7);
            for (const auto& row : page) seqs.push_back(row.seq);
            query.before = page.back().seq;
        }
        REQUIRE(seqs.size() == 20);
        for (std::size_t i = 0; i < seqs.size(); ++i) CHECK(seqs[i] == all[i].seq);
        query.limit = 0;
        CHECK(world.scheduler.query_history(query).empty());
        world.scheduler.shutdown(kLong);
    }
}

TEST_CASE("more rows than the library reads at once come in one call") {
    World world(false);
    world.scheduler.add_task(
        std::move(every_second("count", "a").set_interval(1000).set_coalesce(false).set_max_catch_up(5000)));
    pass(world.scheduler, 2'500'000);
    sched::HistoryQuery query;
    query.limit = SIZE_MAX;
    CHECK(world.scheduler.query_history(query).size() == 2500);
    query.limit = 2100;
    CHECK(world.scheduler.query_history(query).size() == 2100);
}

TEST_CASE("a row's callback may call the scheduler") {
    World world(true);
    world.scheduler.add_task(every_second("count", "a"));
    pass(world.scheduler, sched::kSecond);
    struct State {
        sched_scheduler* scheduler;
        int status;
    } state{world.scheduler.get(), 1};
    const auto remove = [](const sched_history_row* row, void* user_data) {
        auto& own = *static_cast<State*>(user_data);
        own.status = sched_remove_task(own.scheduler, nullptr, row->task_id);
    };
    CHECK(sched_query_history(state.scheduler, nullptr, nullptr, nullptr, INT64_MAX, 5, remove, &state) == UVSCHED_OK);
    CHECK(state.status == UVSCHED_OK);
    world.scheduler.shutdown(kLong);
    CHECK(code_of([&] { static_cast<void>(world.scheduler.query_history({})); }) == UVSCHED_ENOTRUNNING);
}

TEST_CASE("missed and skipped times are rows") {
    World world(false);
    world.scheduler.add_task(
        std::move(every_second("count", "late").set_interval(kMinute).set_grace_time(sched::kSecond)));
    world.scheduler.pause();
    pass(world.scheduler, kMinute + 30 * sched::kSecond);
    world.scheduler.resume();
    world.scheduler.wait_idle(kLong);
    const auto rows = world.scheduler.query_history({});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == "missed");
    CHECK(rows[0].reason == "misfire");
    CHECK(world.scheduler.stats().missed == 1);
    CHECK(world.runs == 0);
}
