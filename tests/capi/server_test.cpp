// The C ABI on a real server, whose store is a module that is found when it is asked for.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>

#include "support.hpp"
#include "tests/stores/chosen_server.hpp"
#include "tests/stores/store_name.hpp"

using namespace capi_test;

namespace {

std::string url(const std::string& place) { return chosen_server().url_of(place, "&lease=2"); }

// A process's scheduler: a thread pool, and a function that counts its calls.
class Node {
public:
    explicit Node(const std::string& place) : scheduler_(config(place)) {
        scheduler_.register_function("count", count_run, &runs_);
    }
    [[nodiscard]] sched::Scheduler& scheduler() { return scheduler_; }
    [[nodiscard]] int runs() const { return runs_; }

private:
    static sched::Config config(const std::string& place) {
        sched::Config config;
        config.add_store("default", url(place));
        config.add_executor("default", "threadpool:2");
        return config;
    }

    std::atomic<int> runs_{0};
    sched::Scheduler scheduler_;
    ShutDownAtEnd end_{scheduler_};
};

}  // namespace

TEST_CASE("schedulers share a server: each due time runs once, and is in the history") {
    constexpr int kTasks = 50;
    Node first("capi_shared");
    Node second("capi_shared");
    first.scheduler().start();
    second.scheduler().start();
    Signal ended;
    first.scheduler().add_listener(UVSCHED_EVENT_TASK_EXECUTED, [&](const sched::Event&) { ended.set(); });
    second.scheduler().add_listener(UVSCHED_EVENT_TASK_EXECUTED, [&](const sched::Event&) { ended.set(); });
    for (int i = 0; i < kTasks; ++i) {
        sched::Task task("count");
        task.set_id("task-" + std::to_string(i));
        task.set_date(std::chrono::time_point_cast<sched::Micros>(sched::Instant::clock::now()) + kSecond);
        first.scheduler().add_task(task);
    }
    REQUIRE(ended.wait(kTasks));
    CHECK(first.runs() + second.runs() == kTasks);
    const auto rows = second.scheduler().history().all();
    std::set<std::string> tasks;
    for (const sched::HistoryRow& row : rows) {
        CHECK(row.state == "done");
        tasks.insert(row.task_id);
    }
    CHECK(rows.size() == kTasks);
    CHECK(tasks.size() == kTasks);
}

// Its beats are two minutes apart: only what the store tells comes in time.
TEST_CASE("a scheduler that is polled begins at once what another process adds") {
    if (store_name() == "mongodb") return;  // which tells nothing
    const std::string place = chosen_server().url_of("capi_polled", "&lease=600");
    sched::Config polled;
    polled.add_store("default", place);
    polled.add_executor("default", "inline");
    polled.set_driver(sched::Driver::caller);
    std::atomic<int> runs{0};
    sched::Scheduler mine(polled);
    mine.register_function("count", count_run, &runs);
    mine.start();
    sched::Config other;
    other.add_store("default", place);
    other.set_role(sched::Role::visitor);
    sched::Scheduler theirs(other);
    theirs.start();
    const ShutDownAtEnd end(theirs);
    const auto rest = [&] {
        const int timeout = static_cast<int>(mine.poll_timeout().count());
        pollfd descriptor{.fd = mine.poll_fd(), .events = POLLIN, .revents = 0};
        const int longest = static_cast<int>(kLong.count());
        return ::poll(&descriptor, 1, timeout < 0 ? longest : std::min(timeout, longest));
    };
    for (int added = 1; added <= 3; ++added) {
        mine.poll();
        sched::Task task("count");
        task.set_id("task-" + std::to_string(added));
        theirs.add_task(task);
        const auto give_up = std::chrono::steady_clock::now() + kLong;
        while (runs < added && std::chrono::steady_clock::now() < give_up) {
            rest();
            mine.poll();
        }
        REQUIRE(runs == added);
    }
    mine.shutdown(kLong);
}

TEST_CASE("the children of a thousand forks run nothing, and cost the parent nothing") {
    Node node("capi_forks");
    Signal executed;
    node.scheduler().start();
    node.scheduler().add_listener(UVSCHED_EVENT_TASK_EXECUTED, [&](const sched::Event&) { executed.set(); });
    sched::Task task("count");
    task.set_id("often").set_interval(std::chrono::milliseconds(50));
    node.scheduler().add_task(task);
    REQUIRE(executed.wait());
    constexpr int kForks = 1'000;
    int wrong = 0;
    for (int i = 0; i < kForks; ++i) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            // AddressSanitizer's allocator may be locked in a child.
#if !defined(__SANITIZE_ADDRESS__)
            if (sched_pause(node.scheduler().get()) != UVSCHED_EFORKED) ::_exit(1);
#endif
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++wrong;
    }
    CHECK(wrong == 0);
    REQUIRE(executed.wait(executed.count() + 3));
    node.scheduler().delete_task("often");
    std::set<std::string> fires;
    const auto rows = node.scheduler().history().all();
    for (const sched::HistoryRow& row : rows) {
        fires.insert(row.fire_id);
        // A fork holds the process up: due times may come while a run is under way, or be looked at too late.
        const std::string reason = row.reason;
        CHECK((row.state == "done" || reason == "deleted" || reason == "max_instances" || reason == "misfire"));
    }
    CHECK(fires.size() == rows.size());
    node.scheduler().shutdown(kLong);
}

TEST_CASE("tasks are there after a restart") {
    {
        Node node("capi_restart");
        node.scheduler().start();
        node.scheduler().add_task(every_second("count", "tick"));
        node.scheduler().shutdown(kLong);
    }
    Node node("capi_restart");
    node.scheduler().start();
    CHECK(node.scheduler().get_task("tick").function() == std::string("count"));
}

TEST_CASE("what is wrong with a URL is named, and no password") {
    sched::Config config;
    CHECK_FAILS(sched_config_add_store(config.get(), "default", (url("a") + "&leese=3").c_str()), UVSCHED_EINVAL,
                "leese: unknown option; did you mean lease");
    config.add_store("default", chosen_server().unanswered_url());
    const sched::Scheduler scheduler(config);
    CHECK_FAILS(sched_start(scheduler.get()), UVSCHED_ESTORE, "127.0.0.1:1/");
    CHECK(std::string(sched_last_error()).find("s3cret") == std::string::npos);
}
