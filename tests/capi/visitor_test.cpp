// A scheduler that visits its stores: what operators' programs do beside those that run the tasks.
#include <string>

#include "support.hpp"

using namespace capi_test;

namespace {

sched::Config visiting(const std::string& file) {
    sched::Config config;
    config.add_store("default", "sqlite:" + file);
    config.set_role(sched::Role::visitor);
    return config;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a visitor makes no store; it can be made before") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    sched::Config config = visiting(file);
    sched::Scheduler visitor(config);
    CHECK_FAILS(sched_start(visitor.get()), UVSCHED_ENOTFOUND, "there is no such file");
    const std::string shown = config.migrate_store("default", sched::Migration::show);
    CHECK(has(shown, "{\"from\":0,\"statements\":[\""));
    CHECK(has(shown, "CREATE TABLE"));
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK(has(config.migrate_store("default"), "{\"from\":0,\"statements\":[],\"to\":"));
    CHECK(has(config.migrate_store("default", sched::Migration::show), "\"statements\":[]"));
    visitor.start();
    CHECK(visitor.count_tasks().scheduled == 0);
    visitor.shutdown(kLong);
}

TEST_CASE("a visitor looks and changes beside the scheduler that runs the tasks") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    std::atomic<int> runs{0};
    sched::Config config;
    config.add_store("default", "sqlite:" + file);
    config.set_identity("worker");
    sched::Scheduler worker(config);
    worker.register_function("count", count_run, &runs);
    Signal executed;
    worker.start();
    const ShutDownAtEnd end(worker);
    sched::Task task("count");
    task.set_id("later").set_date(sched::from_c(4'070'908'800'000'000));  // 2099
    worker.add_task(task);
    worker.add_listener(UVSCHED_EVENT_TASK_EXECUTED, [&](const sched::Event&) { executed.set(); });

    sched::Scheduler visitor(visiting(file));
    visitor.start();
    const ShutDownAtEnd end_too(visitor);
    CHECK(visitor.get_tasks().all().size() == 1);
    visitor.pause_task("later");
    CHECK(worker.count_tasks().paused == 1);
    visitor.resume_task("later");
    CHECK(worker.count_tasks().scheduled == 1);
    visitor.run_task("later");
    REQUIRE(executed.wait());
    CHECK(runs == 1);
    const auto rows = visitor.history().all();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].owner == "worker");

    const std::string report = visitor.check_store();
    CHECK(has(report, "\"server\":\"SQLite "));
    CHECK(has(report, "\"label\":\"worker\""));
    CHECK(has(report, "\"state\":\"open\""));
    CHECK(has(report, "\"has_node\":true"));
    CHECK(has(report, "\"problems\":[]"));

    sched::Task asked("count");
    asked.set_id("asked");
    visitor.add_task(asked);  // by the name of its function, which is not there
    REQUIRE(executed.wait(2));
    visitor.delete_task("later");
    CHECK(worker.get_tasks().all().empty());
}

TEST_CASE("a visitor runs nothing") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    sched::Config config = visiting(file);
    static_cast<void>(config.migrate_store("default"));
    std::atomic<int> runs{0};
    sched::Scheduler visitor(config);
    visitor.register_function("count", count_run, &runs);  // it need not
    sched::Task before("count");
    before.set_id("before");
    visitor.add_task(before);
    visitor.start();
    sched::Task after("count");
    after.set_id("after");
    visitor.add_task(after);
    visitor.run_task("after");
    CHECK_FAILS(sched_resume(visitor.get()), UVSCHED_EUNSUPPORTED, "a visitor of its stores");
    CHECK(visitor.state() == sched::State::paused);
    const std::string report = visitor.check_store();
    CHECK(has(report, "\"fires\":{\"ready\":1}"));
    CHECK(has(report, "\"nodes\":[]"));
    visitor.shutdown(kLong);
    CHECK(runs == 0);

    sched::Config running;
    running.add_store("default", "sqlite:" + file);
    sched::Scheduler worker(running);
    worker.register_function("count", count_run, &runs);
    Signal executed;
    worker.add_listener(UVSCHED_EVENT_TASK_EXECUTED, [&](const sched::Event&) { executed.set(); });
    worker.start();
    REQUIRE(executed.wait(2));
    worker.shutdown(kLong);
    CHECK(runs >= 2);
}

TEST_CASE("what cannot be visited or checked") {
    sched::Config config;
    CHECK_FAILS(sched_config_set_role(config.get(), static_cast<sched_role>(2)), UVSCHED_EINVAL, "role: 2");
    const char* out = nullptr;
    CHECK_FAILS(sched_config_migrate_store(&out, config.get(), "x", UVSCHED_MIGRATE), UVSCHED_ENOTFOUND, "\"x\"");
    config.add_store("default", "memory");
    CHECK_FAILS(sched_config_migrate_store(&out, config.get(), "default", UVSCHED_MIGRATE), UVSCHED_EUNSUPPORTED,
                "in memory");
    CHECK_FAILS(sched_config_migrate_store(&out, config.get(), "default", static_cast<sched_migration>(7)),
                UVSCHED_EINVAL, "how: 7");
    sched::Scheduler scheduler(config);
    CHECK_FAILS(sched_check_store(&out, scheduler.get(), nullptr, 0), UVSCHED_EUNSUPPORTED, "in memory");
    CHECK_FAILS(sched_check_store(&out, scheduler.get(), "other", 0), UVSCHED_ENOTFOUND, "other");
    CHECK_FAILS(sched_check_store(&out, scheduler.get(), nullptr, -2), UVSCHED_EINVAL, "watch_ms: -2");
    Folder folder;
    sched::Scheduler closed(sqlite_config(folder.file("tasks.db")));
    CHECK_FAILS(sched_check_store(&out, closed.get(), nullptr, 0), UVSCHED_ENOTRUNNING, "start it first");
}
