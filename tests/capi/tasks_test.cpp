// Adding, changing and asking about tasks, in a memory store and in an SQLite file.
#include <string>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

struct World {
    explicit World(bool durable) : scheduler(durable ? sqlite_config(folder.file("tasks.db")) : manual_config()) {
        scheduler.register_function("count", count_run, &runs);
        scheduler.register_function("other", count_run, &others);
    }
    Folder folder;
    std::atomic<int> runs{0};
    std::atomic<int> others{0};
    sched::Scheduler scheduler;
    ShutDownAtEnd end{scheduler};
};

}  // namespace

TEST_CASE("a task runs, and its getters show how it is stored") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        sched::Task task = every_second("count", "a");
        world.scheduler.add_task(task);
        CHECK(task.info().pending == 1);
        CHECK(task.store() == "default");
        CHECK(task.executor() == "default");
        CHECK(task.name() == "count");
        world.scheduler.start();
        for (int i = 0; i < 3; ++i) pass(world.scheduler, kSecond);
        CHECK(world.runs == 3);
        const sched::Task stored = world.scheduler.get_task("a");
        CHECK(stored.info().pending == 0);
        CHECK(stored.info().runs == 3);
        CHECK(stored.next_run_time() == kStart + 4 * kSecond);
        CHECK(stored.trigger_text() == "interval of 1 s");
        CHECK(stored.trigger_json() == R"({"seconds":1,"type":"interval"})");
        world.scheduler.shutdown(kLong);
    }
}

TEST_CASE("adding again: equal changes nothing, different is a conflict, or replaces") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        const auto outcome = [](const sched::Task& task) {
            sched_task_info info = UVSCHED_TASK_INFO_INIT;
            REQUIRE(sched_task_get_info(&info, task.get()) == UVSCHED_OK);
            return int{info.outcome};
        };
        sched::Task early = every_second("count", "early");
        CHECK(outcome(early) == 0);
        world.scheduler.add_task(early);
        CHECK(outcome(early) == UVSCHED_ADD_PENDING);
        world.scheduler.add_task(early, sched::OnExisting::replace);
        CHECK(outcome(early) == UVSCHED_ADD_REPLACED);
        world.scheduler.delete_task("early");
        world.scheduler.start();
        sched::Task first = every_second("count", "a");
        world.scheduler.add_task(first);
        CHECK(outcome(first) == UVSCHED_ADD_CREATED);
        first.set_interval(kSecond);
        CHECK(outcome(first) == 0);
        pass(world.scheduler, kSecond);
        sched::Task same = every_second("count", "a");
        world.scheduler.add_task(same);
        CHECK(outcome(same) == UVSCHED_ADD_UNCHANGED);
        CHECK(same.info().runs == 1);
        CHECK(same.next_run_time() == kStart + 2 * kSecond);
        sched::Task other = every_second("count", "a");
        other.set_interval(5 * kSecond);
        CHECK_FAILS(sched_add_task(world.scheduler.get(), other.get(), 0), UVSCHED_ECONFLICT, "interval of 5 s");
        world.scheduler.add_task(other, sched::OnExisting::replace);
        CHECK(outcome(other) == UVSCHED_ADD_REPLACED);
        CHECK(other.info().runs == 1);
        CHECK(other.next_run_time() == kStart + 6 * kSecond);
        world.scheduler.shutdown(kLong);
    }
}

TEST_CASE("a description may be added many times") {
    World world(false);
    world.scheduler.start();
    sched::Task task("count");
    task.set_interval(kSecond);
    for (int i = 0; i < 5; ++i) world.scheduler.add_task(task.set_id("task " + std::to_string(i)));
    sched::Task once("count");
    world.scheduler.add_task(once);
    const std::string first = once.id();
    CHECK_FALSE(first.empty());
    world.scheduler.add_task(once);
    CHECK(once.id() != first);
    pass(world.scheduler, sched::Micros(0));
    CHECK(world.runs == 2);
    pass(world.scheduler, kSecond);
    CHECK(world.runs == 7);
}

TEST_CASE("unknown functions, stores, executors and ids are named") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        world.scheduler.start();
        sched_scheduler* const raw = world.scheduler.get();
        const auto refused = [&](sched::Task task, const char* part) {
            CHECK_FAILS(sched_add_task(raw, task.get(), 0), UVSCHED_ENOTFOUND, part);
        };
        refused(every_second("nothing", "a"), "nothing");
        refused(std::move(every_second("count", "a").set_store("cellar")), "cellar");
        refused(std::move(every_second("count", "a").set_executor("gpu")), "gpu");
        sched_task* out = nullptr;
        CHECK_FAILS(sched_get_task(&out, raw, "who", nullptr), UVSCHED_ENOTFOUND, "\"who\"");
        CHECK_FAILS(sched_get_task(&out, raw, "who", "cellar"), UVSCHED_ENOTFOUND, "cellar");
        CHECK_FAILS(sched_delete_task(raw, "who", "default"), UVSCHED_ENOTFOUND, "\"who\"");
        CHECK_FAILS(sched_pause_task(raw, "who", nullptr), UVSCHED_ENOTFOUND, "\"who\"");
        CHECK_FAILS(sched_resume_task(raw, "who", nullptr), UVSCHED_ENOTFOUND, "\"who\"");
        CHECK_FAILS(sched_run_task(raw, "who", nullptr), UVSCHED_ENOTFOUND, "\"who\"");
        CHECK_FAILS(sched_get_task(&out, raw, nullptr, nullptr), UVSCHED_EINVAL, "sched_get_task: id: NULL");
        CHECK_FAILS(sched_delete_task(raw, std::string(300, 'x').c_str(), nullptr), UVSCHED_EINVAL, "300 bytes");
        CHECK(out == nullptr);
    }
}

TEST_CASE("a durable store refuses what another process could not resolve") {
    World world(true);
    sched::Queue queue = world.scheduler.get_queue("queue");
    sched::Task local = every_second("count", "a");
    local.set_local();
    CHECK_FAILS(sched_add_task(world.scheduler.get(), local.get(), 0), UVSCHED_EINVAL, "durable");
    sched::Task token = every_second("count", "a");
    token.set_executor("queue").set_token(7, queue);
    CHECK_FAILS(sched_add_task(world.scheduler.get(), token.get(), 0), UVSCHED_EINVAL, "token");
    world.scheduler.start();
    world.scheduler.add_task(every_second("count", "a"));
    sched::Task changes = sched::Task::changes();
    changes.set_local();
    CHECK_FAILS(sched_update_task(world.scheduler.get(), "a", nullptr, changes.get()), UVSCHED_EINVAL, "durable");
}

TEST_CASE("pause, resume, run now, remove") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        world.scheduler.start();
        world.scheduler.add_task(every_second("count", "a"));
        world.scheduler.pause_task("a");
        CHECK(world.scheduler.get_task("a").info().paused == 1);
        pass(world.scheduler, 10 * kSecond + sched::Micros(1));
        CHECK(world.runs == 0);
        world.scheduler.run_task("a");
        world.scheduler.wait_idle(kLong);
        CHECK(world.runs == 1);
        world.scheduler.resume_task("a", "default");
        pass(world.scheduler, kSecond);
        CHECK(world.runs == 2);
        world.scheduler.delete_task("a");
        pass(world.scheduler, 10 * kSecond);
        CHECK(world.runs == 2);
        CHECK(code_of([&] { static_cast<void>(world.scheduler.get_task("a")); }) == UVSCHED_ENOTFOUND);
        for (const char* id : {"a", "b", "c"}) world.scheduler.add_task(every_second("count", id));
        CHECK(world.scheduler.remove_all_tasks() == 3);
        CHECK(sched_remove_all_tasks(nullptr, world.scheduler.get(), "default") == UVSCHED_OK);
        world.scheduler.shutdown(kLong);
    }
}

TEST_CASE("changes apply what was set, and nothing else") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        world.scheduler.start();
        sched::Task task = every_second("count", "a");
        world.scheduler.add_task(task.set_arguments("[1]").set_max_instances(4));
        sched::Task changes = sched::Task::changes();
        world.scheduler.update_task("a", changes.set_function("other").set_name("new name"));
        sched::Task now = world.scheduler.get_task("a");
        CHECK(now.function() == "other");
        CHECK(now.name() == "new name");
        CHECK(now.arguments() == "[1]");
        CHECK(now.info().max_instances == 4);
        CHECK(now.next_run_time() == kStart + kSecond);

        sched::Task jitter = sched::Task::changes();
        world.scheduler.update_task("a", jitter.set_jitter(kSecond));
        CHECK(world.scheduler.get_task("a").trigger_json() == R"({"jitter":1,"seconds":1,"type":"interval"})");
        sched::Task slower = sched::Task::changes();
        world.scheduler.update_task("a", slower.set_interval(10 * kSecond).set_coalesce(false));
        now = world.scheduler.get_task("a");
        CHECK(now.trigger_json() == R"({"seconds":10,"type":"interval"})");
        CHECK(now.info().coalesce == 0);
        pass(world.scheduler, 10 * kSecond);
        CHECK(world.others == 1);

        sched::Task moved = sched::Task::changes();
        moved.set_id("b");
        CHECK_FAILS(sched_update_task(world.scheduler.get(), "a", nullptr, moved.get()), UVSCHED_EINVAL, "id: \"a\"");
        sched::Task away = sched::Task::changes();
        away.set_store("elsewhere");
        CHECK_FAILS(sched_update_task(world.scheduler.get(), "a", "default", away.get()), UVSCHED_EINVAL, "store");
        world.scheduler.shutdown(kLong);
    }
}

TEST_CASE("a fetched task can be edited and added again") {
    World world(false);
    world.scheduler.start();
    sched::Task task = every_second("count", "a");
    world.scheduler.add_task(
        task.set_arguments("{\"k\":1}").set_mistrigger_grace_time(sched::Micros(5)).set_start_at(kStart));
    sched::Task copy = world.scheduler.get_task("a");
    copy.set_id("b");
    CHECK(copy.arguments() == "{\"k\":1}");
    CHECK(copy.trigger_json() == R"({"seconds":1,"start_at":"2026-01-01T00:00:00Z","type":"interval"})");
    CHECK(copy.info().mistrigger_grace_time == sched::Micros(5));
    CHECK(copy.info().runs == 0);
    world.scheduler.add_task(copy);
    CHECK(world.scheduler.get_task("b").trigger_json() == world.scheduler.get_task("a").trigger_json());
    sched::Task again = world.scheduler.get_task("a");
    world.scheduler.add_task(again);
    CHECK(again.id() == "a");
}

TEST_CASE("preview gives the next times") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        world.scheduler.start();
        sched::Task task = every_second("count", "a");
        world.scheduler.add_task(task.set_start_at(kStart).set_end_at(kStart + 4 * kSecond));
        world.scheduler.wait_idle(kLong);
        CHECK(world.scheduler.preview_task_runs("a", 2) ==
              std::vector<sched::Instant>{kStart + kSecond, kStart + 2 * kSecond});
        CHECK(world.scheduler.preview_task_runs("a", 9, kStart + 3 * kSecond) ==
              std::vector<sched::Instant>{kStart + 4 * kSecond});
        CHECK(world.scheduler.preview_task_runs("a", 0).empty());
        std::size_t count = 0;
        CHECK_FAILS(sched_preview_task_runs(nullptr, 1, &count, world.scheduler.get(), "a", nullptr, 0), UVSCHED_EINVAL,
                    "out: NULL");
        world.scheduler.shutdown(kLong);
    }
}

TEST_CASE("iteration gives every task once, in order of store and id") {
    Folder folder;
    sched::Config config = sqlite_config(folder.file("tasks.db"));
    config.add_store("aside", "memory");
    sched::Scheduler scheduler(config);
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    scheduler.start();
    std::vector<std::string> expected;
    for (int i = 0; i < 300; ++i) {
        const std::string id = "task " + std::to_string(1000 + i);
        expected.push_back(id);
        scheduler.add_task(std::move(every_second("count", id).set_store("aside")));
    }
    expected.emplace_back("last");
    scheduler.add_task(every_second("count", "last"));

    std::vector<std::string> seen;
    sched::TaskIterator all = scheduler.get_tasks();
    while (const auto task = all.next()) seen.push_back(task->id());
    CHECK(seen == expected);
    sched::TaskIterator one = scheduler.get_tasks("default");
    CHECK(one.next()->store() == "default");
    CHECK_FALSE(one.next());
    CHECK_FALSE(one.next());
    sched_task_iterator* out = nullptr;
    CHECK_FAILS(sched_get_tasks(&out, scheduler.get(), "cellar"), UVSCHED_ENOTFOUND, "cellar");

    sched::TaskIterator late = scheduler.get_tasks();
    scheduler.shutdown(kLong);
    scheduler.reset();
    CHECK(code_of([&] { static_cast<void>(late.next()); }) == UVSCHED_ENOTRUNNING);
}

TEST_CASE("tasks are counted without being read") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        World world(durable);
        const auto counts = [&](const std::string& store = {}) {
            const sched_task_counts found = world.scheduler.count_tasks(store);
            return std::vector<std::int64_t>{found.scheduled, found.idle, found.paused, found.pending};
        };
        using Counts = std::vector<std::int64_t>;
        CHECK(counts() == Counts{0, 0, 0, 0});
        for (const char* const id : {"a", "b", "c"}) {
            sched::Task task = every_second("count", id);
            world.scheduler.add_task(task);
        }
        CHECK(counts() == Counts{0, 0, 0, 3});
        world.scheduler.start();
        CHECK(counts() == Counts{3, 0, 0, 0});
        world.scheduler.pause_task("b");
        sched::Task once("count");
        once.set_id("once").set_date(kStart + kSecond);
        world.scheduler.add_task(once);
        sched::Task event("count");
        event.set_id("event").set_trigger_json(R"({"type": "shutdown"})");
        world.scheduler.add_task(event);
        CHECK(counts() == Counts{3, 1, 1, 0});
        CHECK(counts("default") == counts());
        pass(world.scheduler, 2 * kSecond);
        CHECK(counts() == Counts{2, 1, 1, 0});  // what is over does not count
        CHECK_FAILS(sched_count_tasks(nullptr, world.scheduler.get(), nullptr), UVSCHED_EINVAL, "out");
        sched_task_counts out = UVSCHED_TASK_COUNTS_INIT;
        CHECK_FAILS(sched_count_tasks(&out, world.scheduler.get(), "nowhere"), UVSCHED_ENOTFOUND, "nowhere");
        world.scheduler.shutdown(kLong);
        if (durable) {
            CHECK_FAILS(sched_count_tasks(&out, world.scheduler.get(), nullptr), UVSCHED_ENOTRUNNING, "closed");
        } else {
            sched::Task again = every_second("other", "a");
            world.scheduler.add_task(again, sched::OnExisting::replace);
            CHECK(counts() == Counts{2, 1, 1, 0});  // a task that is there does not count twice
        }
    }
}
