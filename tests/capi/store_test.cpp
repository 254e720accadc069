// SQLite files: what is wrong with them, and what they remember.
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support.hpp"

using namespace capi_test;

namespace {

int start_on(const std::string& file) {
    sched::Scheduler scheduler(sqlite_config(file));
    const int code = sched_start(scheduler.get());
    if (code == UVSCHED_OK) scheduler.shutdown(kLong);
    return code;
}

// What an operator does with the sqlite3 shell.
void execute(const std::string& file, const char* sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_close(database) == SQLITE_OK);
}

}  // namespace

TEST_CASE("a file that cannot be opened is named, and the scheduler can be started later") {
    Folder folder;
    const std::string file = folder.file("missing/tasks.db");
    sched::Scheduler scheduler(sqlite_config(file));
    CHECK_FAILS(sched_start(scheduler.get()), UVSCHED_ESTORE, "missing/tasks.db");
    CHECK(scheduler.state() == UVSCHED_STATE_STOPPED);
    std::filesystem::create_directory(folder.file("missing"));
    scheduler.start();
    scheduler.shutdown(kLong);
}

TEST_CASE("a folder in the file's place is refused") {
    Folder folder;
    std::filesystem::create_directory(folder.file("tasks.db"));
    const int code = start_on(folder.file("tasks.db"));
    CHECK((code == UVSCHED_ESTORE || code == UVSCHED_ECORRUPT));
    CHECK(doctest::String(sched_last_error()) == doctest::Contains("tasks.db"));
}

TEST_CASE("a file that is no database is refused and left alone") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    const std::string content(10'000, 'x');
    std::ofstream(file) << content;
    CHECK_FAILS(start_on(file), UVSCHED_ECORRUPT, "tasks.db");
    std::ifstream read(file);
    CHECK(std::string(std::istreambuf_iterator<char>(read), {}) == content);
}

TEST_CASE("a newer schema is refused") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    CHECK(start_on(file) == UVSCHED_OK);
    execute(file, "UPDATE meta SET schema = 1000, min_reader = 1000");
    CHECK_FAILS(start_on(file), UVSCHED_EVERSION, "tasks.db");
}

TEST_CASE("a row that cannot be read is told, stays, and does not stop the others") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    std::atomic<int> runs{0};
    {
        sched::Scheduler scheduler(sqlite_config(file));
        scheduler.register_function("count", count_run, &runs);
        scheduler.start();
        scheduler.add_task(every_second("count", "a"));
        scheduler.add_task(every_second("count", "b"));
        scheduler.shutdown(kLong);
    }
    execute(file, "UPDATE def SET def = '{' WHERE id = 'a'");
    Signal told;
    sched::Scheduler scheduler(sqlite_config(file));
    scheduler.register_function("count", count_run, &runs);
    scheduler.add_listener(UVSCHED_EVENT_TASK_QUARANTINED, [&](const sched::Event& event) {
        if (std::string(event.task_id()) == "a") told.set();
    });
    scheduler.start();
    pass(scheduler, sched::kSecond);
    CHECK(told.wait());
    CHECK(runs == 1);
    scheduler.shutdown(kLong);
}

TEST_CASE("a second scheduler on the same file is told that it is in use") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    sched::Scheduler first(sqlite_config(file));
    first.start();
    CHECK_FAILS(start_on(file), UVSCHED_EBUSY, "tasks.db");
    first.shutdown(kLong);
    CHECK(start_on(file) == UVSCHED_OK);
}

TEST_CASE("tasks, their state and history survive a restart") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    std::atomic<int> runs{0};
    {
        sched::Scheduler scheduler(sqlite_config(file));
        scheduler.register_function("count", count_run, &runs);
        scheduler.start();
        scheduler.add_task(std::move(every_second("count", "a").set_arguments("[1]").set_start_at(kStart)));
        scheduler.add_task(every_second("count", "b"));
        scheduler.pause_task("b");
        scheduler.wait_idle(kLong);
        CHECK(runs == 1);
        pass(scheduler, 3 * sched::kSecond);
        scheduler.shutdown(kLong);
    }
    CHECK(runs == 2);
    sched::Config config = sqlite_config(file);
    config.set_manual_clock(kStart + 10 * sched::kSecond);
    sched::Scheduler scheduler(config);
    scheduler.register_function("count", count_run, &runs);
    scheduler.add_task(std::move(every_second("count", "a").set_arguments("[1]").set_start_at(kStart)));
    scheduler.start();
    scheduler.wait_idle(kLong);
    CHECK(runs == 3);  // what was missed meanwhile is one coalesced run
    const sched::Task a = scheduler.get_task("a");
    CHECK(a.info().runs == 3);
    CHECK(a.next_run() == kStart + 11 * sched::kSecond);
    CHECK(scheduler.get_task("b").info().paused == 1);
    const auto rows = scheduler.query_history({});
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].folded == 7);
    CHECK(rows[0].first == kStart + 4 * sched::kSecond);
    scheduler.shutdown(kLong);
}

TEST_CASE("a conflict with a stored task: it stays, or the start fails") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    std::atomic<int> runs{0};
    const auto declare = [&](sched::Scheduler& scheduler, sched::Micros interval, unsigned flags) {
        scheduler.register_function("count", count_run, &runs);
        scheduler.add_task(std::move(every_second("count", "a").set_interval(interval)), flags);
    };
    {
        sched::Scheduler scheduler(sqlite_config(file));
        declare(scheduler, sched::kSecond, 0);
        scheduler.start();
        scheduler.shutdown(kLong);
    }
    {
        Signal told;
        sched::Scheduler scheduler(sqlite_config(file));
        scheduler.add_listener(UVSCHED_EVENT_TASK_CONFLICT, [&](const sched::Event& event) {
            if (std::string(event.task_id()) == "a") told.set();
        });
        declare(scheduler, 2 * sched::kSecond, 0);
        scheduler.start();
        CHECK(told.wait());
        CHECK(scheduler.get_task("a").trigger_text() == "interval of 1 s");
        scheduler.shutdown(kLong);
    }
    {
        sched::Scheduler scheduler(sqlite_config(file));
        declare(scheduler, 2 * sched::kSecond, UVSCHED_RAISE_CONFLICT);
        CHECK_FAILS(sched_start(scheduler.get()), UVSCHED_ECONFLICT, "interval of 2 s");
        CHECK(scheduler.state() == UVSCHED_STATE_STOPPED);
    }
    {
        sched::Scheduler scheduler(sqlite_config(file));
        declare(scheduler, 2 * sched::kSecond, UVSCHED_REPLACE_EXISTING);
        scheduler.start();
        CHECK(scheduler.get_task("a").trigger_text() == "interval of 2 s");
        scheduler.shutdown(kLong);
    }
}

TEST_CASE("a task whose function is not registered here is told, and the others run") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    std::atomic<int> runs{0};
    {
        sched::Scheduler scheduler(sqlite_config(file));
        scheduler.register_function("gone", count_run, &runs);
        scheduler.register_function("count", count_run, &runs);
        scheduler.start();
        scheduler.add_task(every_second("gone", "a"));
        scheduler.add_task(every_second("count", "b"));
        scheduler.shutdown(kLong);
    }
    Signal told;
    sched::Scheduler scheduler(sqlite_config(file));
    scheduler.register_function("count", count_run, &runs);
    scheduler.add_listener(UVSCHED_EVENT_TASK_UNRUNNABLE, [&](const sched::Event&) { told.set(); });
    scheduler.start();
    CHECK(told.wait());
    pass(scheduler, 5 * sched::kSecond);
    CHECK(runs == 1);
    scheduler.register_function("gone", count_run, &runs);
    scheduler.wait_idle(kLong);
    CHECK(runs == 2);
    scheduler.shutdown(kLong);
}

TEST_CASE("durable stores are closed while stopped") {
    Folder folder;
    sched::Scheduler scheduler(sqlite_config(folder.file("tasks.db")));
    CHECK(code_of([&] { static_cast<void>(scheduler.get_task("a")); }) == UVSCHED_ENOTRUNNING);
    CHECK(code_of([&] { scheduler.remove_task("a"); }) == UVSCHED_ENOTRUNNING);
    scheduler.start();
    CHECK(code_of([&] { static_cast<void>(scheduler.get_task("a")); }) == UVSCHED_ENOTFOUND);
    scheduler.shutdown(kLong);
}
