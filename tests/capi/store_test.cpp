// SQLite files: what is wrong with them, and what they remember.
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

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
    CHECK(scheduler.state() == sched::State::stopped);
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
    pass(scheduler, kSecond);
    CHECK(told.wait());
    CHECK(runs == 1);
    CHECK(scheduler.count_tasks().scheduled == 1);
    scheduler.shutdown(kLong);
}

TEST_CASE("a second scheduler may share a file, by the same name") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    sched::Scheduler first(sqlite_config(file));
    first.start();
    CHECK(start_on(file) == UVSCHED_OK);
    const std::string other = folder.file("other.db");
    std::filesystem::create_hard_link(file, other);
    CHECK_FAILS(start_on(other), UVSCHED_EBUSY, "has the file open as " + file);
    first.shutdown(kLong);
    CHECK(start_on(other) == UVSCHED_OK);
}

TEST_CASE("a scheduler that is stopping is waited for by itself, and not by another one on its file") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    for (const bool freed : {false, true}) {
        CAPTURE(freed);
        sched_scheduler* first = nullptr;
        REQUIRE(sched_new(&first, sqlite_config(file).get()) == UVSCHED_OK);
        REQUIRE(sched_start(first) == UVSCHED_OK);
        CHECK(sched_stop(first, UVSCHED_STOP_WAIT) == UVSCHED_OK);
        if (freed) {
            sched_free(first);
            CHECK(start_on(file) == UVSCHED_OK);
            continue;
        }
        CHECK(sched_start(first) == UVSCHED_OK);
        CHECK(start_on(file) == UVSCHED_OK);
        CHECK(sched_stop(first, UVSCHED_STOP_WAIT) == UVSCHED_OK);
        CHECK(start_on(file) == UVSCHED_OK);
        sched_free(first);
    }
}

TEST_CASE("a removed file is told, and the scheduler stops or goes on, as the store's URL says") {
    for (const char* then : {"stop", "reopen"}) {
        CAPTURE(then);
        Folder folder;
        const std::string file = folder.file("tasks.db");
        sched::Config config;
        config.add_store("default", "sqlite:" + file + "?synchronous=normal&on_file_lost=" + then);
        config.add_executor("default", "inline");
        std::atomic<int> runs{0};
        sched::Scheduler scheduler(config);
        scheduler.register_function("count", count_run, &runs);
        scheduler.start();
        scheduler.add_task(every_second("count", "a"));
        std::filesystem::remove(file);
        CHECK_FAILS(sched_pause_task(scheduler.get(), "a", nullptr), UVSCHED_ESTORE, "the file was removed");
        if (then == std::string("reopen")) {
            while (sched_pause_task(scheduler.get(), "a", nullptr) != UVSCHED_ENOTFOUND) std::this_thread::yield();
            scheduler.shutdown(kLong);
            continue;
        }
        const int waited = sched_wait(scheduler.get(), 30'000);
        CHECK((waited == UVSCHED_OK || waited == UVSCHED_ENOTRUNNING));
    }
}

TEST_CASE("the ledger says which release has the file") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    sched::Scheduler scheduler(sqlite_config(file));
    scheduler.start();
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    sqlite3_stmt* row = nullptr;
    REQUIRE(sqlite3_prepare_v2(database, "SELECT version FROM node", -1, &row, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(row) == SQLITE_ROW);
    CHECK(std::string(reinterpret_cast<const char*>(sqlite3_column_text(row, 0))) == sched_version());
    sqlite3_finalize(row);
    sqlite3_close(database);
    scheduler.shutdown(kLong);
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
        pass(scheduler, 3 * kSecond);
        scheduler.shutdown(kLong);
    }
    CHECK(runs == 2);
    sched::Config config = sqlite_config(file);
    config.set_manual_clock(kStart + 10 * kSecond);
    sched::Scheduler scheduler(config);
    scheduler.register_function("count", count_run, &runs);
    scheduler.add_task(std::move(every_second("count", "a").set_arguments("[1]").set_start_at(kStart)));
    scheduler.start();
    scheduler.wait_idle(kLong);
    CHECK(runs == 3);  // what was missed meanwhile is one coalesced run
    const sched::Task a = scheduler.get_task("a");
    CHECK(a.info().runs == 3);
    CHECK(a.next_run_time() == kStart + 11 * kSecond);
    CHECK(scheduler.get_task("b").info().paused == 1);
    const auto rows = scheduler.history().all();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].folded == 7);
    CHECK(rows[0].first_time == kStart + 4 * kSecond);
    scheduler.shutdown(kLong);
}

TEST_CASE("another declaration at start: it wins, or the stored task stays, or the start fails") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    std::atomic<int> runs{0};
    // The trigger that the task has then, and what was told; or why it did not start.
    const auto start = [&](sched::Micros interval, sched::OnExisting on_existing, std::uint64_t event) -> std::string {
        sched::Scheduler scheduler(sqlite_config(file));
        Signal told;
        std::string message;
        if (event != 0) {
            scheduler.add_listener(event, [&](const sched::Event& heard) {
                if (std::string(heard.task_id()) != "a") return;
                message = heard.message();
                told.set();
            });
        }
        scheduler.register_function("count", count_run, &runs);
        scheduler.add_task(std::move(every_second("count", "a").set_interval(interval)), on_existing);
        if (sched_start(scheduler.get()) != UVSCHED_OK) return sched_last_error();
        const std::string found = scheduler.get_task("a").trigger_text();
        if (event != 0) CHECK(told.wait());
        scheduler.shutdown(kLong);
        return found + ": " + message;
    };
    CHECK(start(kSecond, sched::OnExisting::declare, 0) == "interval of 1 s: ");
    CHECK(start(2 * kSecond, sched::OnExisting::keep, UVSCHED_EVENT_TASK_CONFLICT)
              .starts_with("interval of 1 s: task \"a\" differs"));
    CHECK(start(2 * kSecond, sched::OnExisting::raise, 0).find("interval of 1 s, here interval of 2 s") !=
          std::string::npos);
    CHECK(start(2 * kSecond, sched::OnExisting::declare, UVSCHED_EVENT_TASK_REDECLARED)
              .find("interval of 1 s -> interval of 2 s") != std::string::npos);
    CHECK(start(3 * kSecond, sched::OnExisting::replace, UVSCHED_EVENT_TASK_REDECLARED).starts_with("interval of 3 s"));
}

TEST_CASE("a task that is not declared any more is told, and deleted where the configuration says so") {
    Folder folder;
    std::atomic<int> runs{0};
    for (const char* id : {"a", "b"}) {
        Signal told;
        sched::Config config = sqlite_config(folder.file("tasks.db"));
        sched::Scheduler scheduler(config.set_undeclared(sched::Undeclared::remove));
        scheduler.add_listener(UVSCHED_EVENT_TASK_UNDECLARED, [&](const sched::Event& event) {
            if (event.count() == 1 && std::string(event.task_id()) == "a") told.set();
        });
        scheduler.register_function("count", count_run, &runs);
        scheduler.add_task(every_second("count", id));
        scheduler.start();
        if (*id == 'b') {
            CHECK(told.wait());
            CHECK_FAILS(sched_delete_task(scheduler.get(), "a", nullptr), UVSCHED_ENOTFOUND, "\"a\"");
        }
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
    pass(scheduler, 5 * kSecond);
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
    CHECK(code_of([&] { scheduler.delete_task("a"); }) == UVSCHED_ENOTRUNNING);
    scheduler.start();
    CHECK(code_of([&] { static_cast<void>(scheduler.get_task("a")); }) == UVSCHED_ENOTFOUND);
    scheduler.shutdown(kLong);
}
