// Tasks on the shutdown trigger and on "@reboot", as C programs have them.
#include <mutex>
#include <string>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

// "TASK KIND" of each run, in order.
struct Notes {
    void add(const sched_run* run) {
        const std::lock_guard lock(mutex);
        lines.push_back(std::string(sched_run_task_id(run)) + " " + sched_run_kind(run));
    }
    std::mutex mutex;
    std::vector<std::string> lines;
};

int note(const sched_run* run, void* notes) {
    static_cast<Notes*>(notes)->add(run);
    return 0;
}

sched::Task on(const char* trigger, const char* id, const char* executor = "default") {
    sched::Task task("note");
    task.set_id(id).set_executor(executor).set_trigger_json(trigger);
    return task;
}

constexpr const char* kAtShutdown = R"({"type": "shutdown"})";
constexpr const char* kAtBoot = R"({"type": "cron", "expression": "@reboot"})";

}  // namespace

TEST_CASE("start and shutdown run their tasks, inline and on a pool, whatever the store") {
    const Folder folder;
    for (const bool stored : {false, true}) {
        CAPTURE(stored);
        for (const char* executor : {"default", "pool"}) {
            CAPTURE(executor);
            Notes notes;
            sched::Scheduler scheduler(stored ? sqlite_config(folder.file(executor)) : manual_config());
            scheduler.register_function("note", note, &notes);
            scheduler.add_task(on(kAtShutdown, "bye", executor));
            scheduler.add_task(on(kAtBoot, "hello", executor));
            for (int i = 0; i < 2; ++i) {
                scheduler.start();
                pass(scheduler, kMinute);
                REQUIRE(sched_shutdown(scheduler.get(), sched::to_c(kLong)) == UVSCHED_OK);
            }
            CHECK(notes.lines == std::vector<std::string>{"hello boot", "bye shutdown", "hello boot", "bye shutdown"});
        }
    }
}

TEST_CASE("a stop that cancels runs them too") {
    Notes notes;
    sched::Scheduler scheduler(manual_config());
    scheduler.register_function("note", note, &notes);
    scheduler.add_task(on(kAtShutdown, "bye", "pool"));
    scheduler.start();
    REQUIRE(sched_stop(scheduler.get(), UVSCHED_STOP_CANCEL) == UVSCHED_OK);
    const int waited = sched_wait(scheduler.get(), sched::to_c(kLong));
    CHECK((waited == UVSCHED_OK || waited == UVSCHED_ENOTRUNNING));
    CHECK(notes.lines == std::vector<std::string>{"bye shutdown"});
}

TEST_CASE("a scheduler that is freed while it runs runs them; what their function uses is released afterwards") {
    Signal released;
    struct Data {
        Notes notes;
        Signal* released = nullptr;
        std::size_t runs = 0;
    };
    Data data;
    data.released = &released;
    {
        sched::Scheduler scheduler(manual_config());
        const auto run = [](const sched_run* r, void* d) {
            static_cast<Data*>(d)->notes.add(r);
            return 0;
        };
        const auto destroy = [](void* d) {
            Data& gone = *static_cast<Data*>(d);
            gone.runs = gone.notes.lines.size();
            gone.released->set();
        };
        REQUIRE(sched_register_function(scheduler.get(), "note", run, &data, destroy) == UVSCHED_OK);
        scheduler.add_task(on(kAtShutdown, "bye", "pool"));
        scheduler.start();
    }
    REQUIRE(released.wait());
    CHECK(data.runs == 1);
}

TEST_CASE("a run queue's consumer gets them before STOPPED") {
    sched::Scheduler scheduler(manual_config());
    sched::Queue queue = scheduler.get_queue("queue");
    scheduler.register_token("note", 42, queue);
    scheduler.add_task(on(kAtShutdown, "bye", "queue"));
    scheduler.start();
    sched::Consumer consumer(queue, 1);
    // Until they are called, the counters tell of them.
    const auto told = [&] {
        const sched_stats stats = scheduler.stats();
        return stats.shutdown_to_come + stats.shutdown_left;
    };
    CHECK(told() == 0);
    REQUIRE(sched_stop(scheduler.get(), UVSCHED_STOP_WAIT) == UVSCHED_OK);
    CHECK(told() == 1);
    const auto items = consumer.take(4, kLong);
    REQUIRE(items.size() == 1);
    CHECK(told() == 0);
    REQUIRE(items[0].tag() == sched::ItemTag::run);
    CHECK(items[0].token() == 42);
    CHECK(std::string(items[0].run().kind()) == "shutdown");
    CHECK(sched_wait(scheduler.get(), 0) == UVSCHED_ETIMEDOUT);
    queue.finish(sched::Result(items[0].run_id()));
    const auto last = consumer.take(4, kLong);
    REQUIRE(last.size() == 1);
    CHECK(last[0].tag() == sched::ItemTag::stopped);
}
