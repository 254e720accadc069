// fork(): handles of the parent say so in the child, which may make its own; the parent goes on.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "../support/quiet.hpp"
#include "handle_calls.hpp"
#include "support.hpp"

using namespace capi_test;

namespace {

// Runs `body` in a child. True when it returned true there.
bool in_child(const std::function<bool()>& body) {
    const pid_t pid = fork();
    if (pid == 0) {
        bool fine = false;
        try {
            fine = body();
            if (!fine) std::fprintf(stderr, "child: last error: %s\n", sched_last_error());
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
        }
        _exit(fine ? 0 : 1);
    }
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#if defined(__SANITIZE_THREAD__)
// ThreadSanitizer cannot follow a child of several threads that makes threads itself.
bool works_in_child(const std::string& /*file*/) { return true; }
#else
bool works_in_child(const std::string& file) {
    std::atomic<int> runs{0};
    sched::Config config = file.empty() ? manual_config() : sqlite_config(file);
    config.set_manual_clock(kStart);
    sched::Scheduler scheduler(config);
    scheduler.register_function("count", count_run, &runs);
    scheduler.start();
    scheduler.add_task(every_second("count", "child's"));
    for (int i = 0; i < 3; ++i) pass(scheduler, kSecond);
    scheduler.shutdown(kLong);
    return runs == 3;
}
#endif

// Whether a child may allocate although another thread of the parent was just allocating.
bool allocator_survives_fork() {
#if defined(__SANITIZE_ADDRESS__)
    MESSAGE("not run: the allocator of AddressSanitizer stays locked in a child when another thread was in it");
    return false;
#else
    return true;
#endif
}

}  // namespace

TEST_CASE("the parent's handles say in the child whose they are") {
    sched::Config config = manual_config();
    sched::Scheduler scheduler(config);
    sched::Task task("f");
    sched::Queue queue = scheduler.get_queue("queue");
    sched::Consumer consumer(queue, 1);
    sched::TaskIterator tasks = scheduler.get_tasks();
    sched::HistoryIterator rows = scheduler.history();
    sched::Trigger trigger = sched::Trigger::from_cron("@daily");
    scheduler.start();
    uvsched::test::wait_until_others_sleep();
    CHECK(in_child([&] {
        void* const handles[] = {config.get(),   scheduler.get(), task.get(),  queue.get(),
                                 consumer.get(), trigger.get(),   tasks.get(), rows.get()};
        for (const HandleCall& call : handle_calls()) {
            if (call.kind == Handle::config || call.kind == Handle::task || call.kind == Handle::trigger) continue;
            if (!call.refuses(handles[static_cast<int>(call.kind)])) return false;
            const std::string text = sched_last_error();
            if (text.find(call.function + ": " + call.argument + ": the handle was made before fork()") != 0)
                return false;
        }
        if (sched_start(scheduler.get()) != UVSCHED_EFORKED) return false;
        consumer.reset();
        queue.reset();
        tasks.reset();
        rows.reset();
        trigger.reset();
        task.reset();
        scheduler.reset();
        config.reset();
        return works_in_child("");
    }));
    CHECK(scheduler.state() == sched::State::running);
    CHECK(task.function() == "f");
    scheduler.shutdown(kLong);
}

TEST_CASE("a config, tasks and triggers made before fork() are used in the child") {
    Folder folder;
    sched::Config config = manual_config();
    sched::Trigger trigger = sched::Trigger::from_cron("*/5 * * * * *");
    sched::Task task = every_second("count", "tick");
    sched::Task other("count");
    other.set_id("cron").set_trigger(trigger);
    const auto works = [&] {
#if !defined(__SANITIZE_THREAD__)
        std::atomic<int> runs{0};
        config.add_store("default", "sqlite:" + folder.file(std::to_string(getpid()) + ".db"));
        task.set_name("the child's");
        {
            sched::Scheduler scheduler(config);
            scheduler.register_function("count", count_run, &runs);
            scheduler.add_task(task);
            scheduler.add_task(other);
            scheduler.start();
            for (int i = 0; i < 5; ++i) pass(scheduler, kSecond);
            scheduler.shutdown(kLong);
        }
        if (runs != 7 || task.name() != "the child's") return false;
#endif
        task.reset();
        other.reset();
        trigger.reset();
        config.reset();
        return true;
    };
    CHECK(in_child(works));
    CHECK(task.name().empty());  // the parent's own
    CHECK(in_child([&] { return in_child(works); }));
}

TEST_CASE("a child ends what it has of the parent's data while the parent's scheduler runs") {
    sched::Config config = manual_config();
    sched::Scheduler scheduler(config);
    scheduler.start();
    uvsched::test::wait_until_others_sleep();
    CHECK(in_child([&] {
        config.reset();
        if (sched_start(scheduler.get()) != UVSCHED_EFORKED) return false;
        scheduler.reset();
        return works_in_child("");
    }));
    CHECK(scheduler.state() == sched::State::running);
    scheduler.shutdown(kLong);
}

TEST_CASE("forks during writes lose nothing, in the parent or in the child") {
    if (!allocator_survives_fork()) return;
    Folder folder;
    std::atomic<int> runs{0};
    sched::Scheduler scheduler(sqlite_config(folder.file("parent.db")));
    scheduler.register_function("count", count_run, &runs);
    scheduler.start();
    std::atomic<bool> over{false};
    std::atomic<int> added{0};
    std::thread writer([&] {
        for (; !over; ++added) scheduler.add_task(every_second("count", "task " + std::to_string(added)));
    });
    for (int i = 0; i < 8; ++i) {
        const int before = added;
        CHECK(in_child([&] { return works_in_child(folder.file("child " + std::to_string(i) + ".db")); }));
        while (added == before) std::this_thread::yield();  // the parent's store writes on
    }
    over = true;
    writer.join();
    pass(scheduler, kSecond);
    CHECK(runs == added);
    scheduler.shutdown(kLong);
    const int count = added;
    runs = 0;

    // All of them are in the file.
    sched::Scheduler again(sqlite_config(folder.file("parent.db")));
    again.register_function("count", count_run, &runs);
    again.start();
    int found = 0;
    sched::TaskIterator tasks = again.get_tasks();
    while (tasks.next()) ++found;
    CHECK(found == count);
    again.shutdown(kLong);
}

TEST_CASE("a child may share the parent's file") {
    Folder folder;
    const std::string file = folder.file("tasks.db");
    sched::Scheduler scheduler(sqlite_config(file));
    scheduler.start();
    uvsched::test::wait_until_others_sleep();
    CHECK(in_child([&] { return works_in_child(file); }));
    scheduler.shutdown(kLong);
}

TEST_CASE("forks while other threads make and free handles leave the table usable") {
    if (!allocator_survives_fork()) return;
    std::atomic<bool> over{false};
    std::thread busy([&] {
        while (!over) const sched::Task task("f");
    });
    for (int i = 0; i < 50; ++i) {
        CHECK(in_child([] {
            for (int n = 0; n < 100; ++n) const sched::Task task("f");
            return true;
        }));
    }
    over = true;
    busy.join();
}

TEST_CASE("a child that returns from a callback ends with a message") {
    const Folder folder;
    const std::string told = folder.file("stderr");
    std::atomic<int> status{-1};
    Signal done;
    // The child allocates nothing.
    const auto fork_and_return = [&] {
        const int out = open(told.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        const pid_t pid = fork();
        if (pid == 0) {
            dup2(out, STDERR_FILENO);
            return;
        }
        int how = 0;
        if (waitpid(pid, &how, 0) == pid && WIFEXITED(how)) status = WEXITSTATUS(how);
        close(out);
        done.set();
    };
    sched::Scheduler scheduler(manual_config());
    scheduler.register_function("fork", [&](const sched::Run&) { fork_and_return(); });
    SUBCASE("inline") { scheduler.add_task(sched::Task("fork")); }
    SUBCASE("in a pool") { scheduler.add_task(std::move(sched::Task("fork").set_executor("pool"))); }
    SUBCASE("a listener") {
        scheduler.add_listener(UVSCHED_EVENT_SCHEDULER_STARTED, [&](const sched::Event&) { fork_and_return(); });
    }
    SUBCASE("a custom trigger") {
        scheduler.register_trigger("fork", [&](const sched::Ask&) -> std::optional<sched::Instant> {
            fork_and_return();
            return std::nullopt;
        });
        scheduler.add_task(std::move(sched::Task("fork").set_custom_trigger("fork")));
    }
    scheduler.start();
    REQUIRE(done.wait());
    CHECK(status == 1);
    std::ifstream file(told);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK(text.find("has forked and returned in the child too") != std::string::npos);
    scheduler.shutdown(kLong);
}

TEST_CASE("fork inside a callback") {
    if (!allocator_survives_fork()) return;
    Signal done;
    std::atomic<bool> fine{false};
    sched::Scheduler scheduler(manual_config());
    scheduler.register_function("fork", [&](const sched::Run& run) {
        fine = in_child([&] {
            return sched_delete_task(scheduler.get(), run.task_id(), nullptr) == UVSCHED_EFORKED && works_in_child("");
        });
        done.set();
    });
    scheduler.add_task(std::move(sched::Task("fork").set_executor("pool")));
    scheduler.start();
    REQUIRE(done.wait());
    CHECK(fine);
    scheduler.shutdown(kLong);
}
