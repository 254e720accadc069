// The C ABI on a real server, whose store is a module that is found when it is asked for.
#include <set>
#include <string>

#include "support.hpp"
#include "tests/stores/chosen_server.hpp"

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
