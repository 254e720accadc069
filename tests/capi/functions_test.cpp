// Functions, what becomes of their user data, and what callbacks may do.
#include <string>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

// User data that says when it is destroyed.
struct Data {
    std::atomic<int> runs{0};
    Signal destroyed;

    static int run(const sched_run* /*run*/, void* self) {
        static_cast<Data*>(self)->runs.fetch_add(1);
        return 0;
    }
    static void destroy(void* self) { static_cast<Data*>(self)->destroyed.set(); }
};

}  // namespace

TEST_CASE("bad functions and names are refused, and their user data is left alone") {
    Data data;
    sched::Scheduler scheduler(manual_config());
    sched_scheduler* const raw = scheduler.get();
    CHECK_FAILS(sched_register_function(raw, "f", nullptr, &data, Data::destroy), UVSCHED_EINVAL, "fn: NULL");
    CHECK_FAILS(sched_register_function(raw, nullptr, Data::run, &data, Data::destroy), UVSCHED_EINVAL, "name: NULL");
    CHECK_FAILS(sched_register_function(raw, "", Data::run, &data, Data::destroy), UVSCHED_EINVAL, "empty");
    CHECK_FAILS(sched_register_function(raw, "\xFF", Data::run, &data, Data::destroy), UVSCHED_EINVAL, "not UTF-8");
    std::atomic<int> runs{0};
    scheduler.register_function("f", count_run, &runs);
    CHECK_FAILS(sched_register_function(raw, "f", Data::run, &data, Data::destroy), UVSCHED_EALREADY, "\"f\"");
    CHECK_FAILS(sched_unregister_function(raw, "g"), UVSCHED_ENOTFOUND, "\"g\"");
    CHECK_FAILS(sched_add_listener(nullptr, raw, 1, nullptr, &data, Data::destroy), UVSCHED_EINVAL, "callback: NULL");
    scheduler.reset();
    CHECK(data.destroyed.count() == 0);
}

TEST_CASE("user data is destroyed once: unregistered") {
    Data data;
    sched::Scheduler scheduler(manual_config());
    scheduler.register_function("f", Data::run, &data, Data::destroy);
    scheduler.unregister_function("f");
    CHECK(data.destroyed.wait());
    scheduler.reset();
    CHECK(data.destroyed.count() == 1);
}

TEST_CASE("user data is destroyed once: scheduler freed, never started") {
    Data data;
    sched::Scheduler scheduler(manual_config());
    scheduler.register_function("f", Data::run, &data, Data::destroy);
    scheduler.reset();
    CHECK(data.destroyed.wait());
    CHECK(data.destroyed.count() == 1);
}

TEST_CASE("user data is destroyed once: scheduler freed after it ran") {
    Data data;
    sched::Scheduler scheduler(manual_config());
    scheduler.register_function("f", Data::run, &data, Data::destroy);
    scheduler.add_task(every_second("f", "a"));
    scheduler.start();
    pass(scheduler, kSecond);
    CHECK(data.runs == 1);
    scheduler.shutdown(kLong);
    CHECK(data.destroyed.count() == 0);
    scheduler.reset();
    CHECK(data.destroyed.wait());
    CHECK(data.destroyed.count() == 1);
}

TEST_CASE("user data outlives the run that uses it") {
    Data data;
    struct Pinned {
        Data* data;
        Signal begun;
        Signal go_on;
        std::atomic<int> destroyed_during_run{-1};
    } pinned{&data, {}, {}, {}};
    sched::Scheduler scheduler(manual_config());
    const auto hold = [](const sched_run*, void* self) {
        auto& own = *static_cast<Pinned*>(self);
        own.begun.set();
        static_cast<void>(own.go_on.wait());
        own.destroyed_during_run = own.data->destroyed.count();
        return 0;
    };
    const auto destroy = [](void* self) { static_cast<Pinned*>(self)->data->destroyed.set(); };
    scheduler.register_function("hold", hold, &pinned, destroy);
    scheduler.add_task(std::move(sched::Task("hold").set_executor("pool")));
    scheduler.start();
    REQUIRE(pinned.begun.wait());
    scheduler.unregister_function("hold");
    std::atomic<int> runs{0};
    scheduler.register_function("hold", count_run, &runs);
    CHECK(data.destroyed.count() == 0);
    pinned.go_on.set();
    CHECK(data.destroyed.wait());
    CHECK(pinned.destroyed_during_run == 0);
    scheduler.shutdown(kLong);
    CHECK(data.destroyed.count() == 1);
}

TEST_CASE("a run knows what it is") {
    sched::Scheduler scheduler(manual_config());
    struct Seen {
        std::string id, name, function, store, arguments, kind, fire_id;
        sched::Instant scheduled, first;
        std::int64_t folded = 0;
        int attempt = 0;
        bool exact = false;
    };
    std::vector<Seen> seen;
    const ShutDownAtEnd end(scheduler);
    scheduler.register_function("look", [&](const sched::Run& run) {
        seen.push_back({run.task_id(), run.task_name(), run.function(), run.store(), run.arguments(), run.kind(),
                        run.fire_id(), run.scheduled_time(), run.first_time(), run.folded(), run.attempt(),
                        run.exact()});
    });
    sched::Task task = every_second("look", "a");
    scheduler.add_task(task.set_name("the look").set_arguments("[1, 2]"));
    scheduler.start();
    pass(scheduler, 3 * kSecond);
    scheduler.run_task("a");
    scheduler.wait_idle(kLong);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].id == "a");
    CHECK(seen[0].name == "the look");
    CHECK(seen[0].function == "look");
    CHECK(seen[0].store == "default");
    CHECK(seen[0].arguments == "[1,2]");
    CHECK(seen[0].kind == "scheduled");
    CHECK(seen[0].scheduled == kStart + 3 * kSecond);
    CHECK(seen[0].first == kStart + kSecond);
    CHECK(seen[0].folded == 3);
    CHECK(seen[0].exact);
    CHECK(seen[0].attempt == 1);
    CHECK(seen[0].fire_id.size() == 32);
    CHECK(seen[1].kind == "manual");
    CHECK(seen[1].fire_id != seen[0].fire_id);
    CHECK(sched_run_task_id(nullptr) == nullptr);
    CHECK(sched_run_folded(nullptr) == 0);
    CHECK(sched_run_fire_id(nullptr, nullptr) == nullptr);
    CHECK(sched_run_set_result(nullptr, "1", 1) == UVSCHED_EINVAL);
}

TEST_CASE("results and errors reach event and history") {
    sched::Scheduler scheduler(manual_config());
    const ShutDownAtEnd end(scheduler);
    scheduler.register_function("good", [](const sched::Run& run) { run.set_result("{\"n\": 1}"); });
    scheduler.register_function("bad", [](const sched::Run& run) {
        CHECK_FAILS(sched_run_set_result(run.get(), "{", 1), UVSCHED_EINVAL, "json");
        CHECK_FAILS(sched_run_set_result(run.get(), nullptr, 1), UVSCHED_EINVAL, "json: NULL");
        throw std::runtime_error("not today");
    });
    scheduler.register_function("latin", [](const sched::Run& run) {
        static_cast<void>(sched_run_set_error(run.get(), "caf\xE9\0!", 6));
        throw std::runtime_error("caf\xE9");
    });
    scheduler.register_function("code", [](const sched_run*, void*) { return 3; });
    for (const char* name : {"good", "bad", "latin", "code"}) {
        sched::Task task(name);
        scheduler.add_task(task.set_id(name));
    }
    scheduler.start();
    scheduler.wait_idle(kLong);
    const auto row_of = [&](const char* id) {
        sched::HistoryQuery query;
        query.task_id = id;
        const auto rows = scheduler.history(query).all();
        REQUIRE(rows.size() == 1);
        return rows[0];
    };
    CHECK(row_of("good").state == "done");
    CHECK(row_of("good").result == "{\"n\": 1}");
    CHECK(row_of("bad").state == "failed");
    CHECK(row_of("bad").error == "not today");
    CHECK(row_of("latin").error == "caf\xEF\xBF\xBD");
    CHECK(row_of("code").state == "failed");
    CHECK(row_of("code").error == "code returned 3");
}

TEST_CASE("callbacks add, change and remove tasks and functions") {
    for (const char* executor : {"default", "pool"}) {
        CAPTURE(executor);
        sched::Scheduler scheduler(manual_config());
        std::atomic<int> runs{0};
        std::string failed;
        scheduler.register_function("build", [&](const sched::Run& run) {
            try {
                scheduler.register_function("count", count_run, &runs);
                scheduler.add_task(every_second("count", "made"));
                scheduler.add_task(every_second("count", "extra"));
                sched::Task changes = sched::Task::changes();
                scheduler.update_task("made", changes.set_interval(2 * kSecond));
                scheduler.pause_task("extra");
                scheduler.delete_task("extra");
                scheduler.delete_task(run.task_id());
                scheduler.pause();
                scheduler.resume();
            } catch (const sched::Error& error) {
                failed = error.what();
            }
        });
        scheduler.add_task(std::move(every_second("build", "builder").set_executor(executor)));
        scheduler.start();
        pass(scheduler, kSecond);
        CHECK(failed.empty());
        pass(scheduler, 2 * kSecond);
        CHECK(runs == 1);
        CHECK(code_of([&] { static_cast<void>(scheduler.get_task("builder")); }) == UVSCHED_ENOTFOUND);
        scheduler.shutdown(kLong);
    }
}

TEST_CASE("an inline callback cannot wait for a durable store; one of the pool can") {
    for (const char* executor : {"default", "pool"}) {
        CAPTURE(executor);
        Folder folder;
        sched::Config config = manual_config();
        config.add_store("file", "sqlite:" + folder.file("tasks.db"));
        sched::Scheduler scheduler(config);
        std::atomic<int> runs{0};
        std::atomic<int> added{1};
        scheduler.register_function("count", count_run, &runs);
        scheduler.register_function("add", [&](const sched::Run&) {
            sched::Task task = every_second("count", "made");
            added = sched_add_task(scheduler.get(), task.set_store("file").get(), 0);
        });
        scheduler.add_task(std::move(sched::Task("add").set_executor(executor)));
        scheduler.start();
        scheduler.wait_idle(kLong);
        CHECK(added == (std::string(executor) == "pool" ? UVSCHED_OK : UVSCHED_EDEADLK));
        scheduler.shutdown(kLong);
    }
}
