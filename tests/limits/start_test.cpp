// A start that fails leaves nothing behind: no thread, no descriptor, no lock, nothing that a fork() would meet.
#include <set>

#include "failing.h"
#include "tests/capi/support.hpp"
#include "tests/limits/process.hpp"

using namespace capi_test;
using namespace limits_test;

namespace {

// One scheduler with a task on each trigger of the scheduler's own life too.
struct World {
    explicit World(const sched::Config& config) : scheduler(config) {
        scheduler.register_function("count", count_run, &runs);
        scheduler.add_task(every_second("count", "tick"));
        scheduler.add_task(std::move(sched::Task("count").set_id("boot").set_cron("@reboot")));
    }
    // It starts and works as if nothing had been.
    void works() {
        scheduler.start();
        scheduler.wait_idle(kLong);
        CHECK(runs == 1);
        pass(scheduler, kSecond);
        CHECK(runs == 2);
        scheduler.shutdown(kLong);
        runs = 0;
    }
    std::atomic<int> runs{0};
    sched::Scheduler scheduler;
};

}  // namespace

TEST_CASE("a start that gets no thread leaves nothing behind, and the next one works") {
    warm_up();
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        const int most = durable ? 3 : 1;  // a loop, and the threads of a store and of its heartbeat
        for (int n = 1; n <= most; ++n) {
            CAPTURE(n);
            Folder folder;
            const std::ptrdiff_t threads = listed("task");
            {
                World world(durable ? sqlite_config(folder.file("tasks.db")) : manual_config());
                const std::ptrdiff_t descriptors = listed("fd");
                failing_thread(n);
                CHECK_FAILS(sched_start(world.scheduler.get()), UVSCHED_ENOTHREAD, "cannot be started");
                failing_thread(0);
                CHECK(std::string(sched_last_error()).find("raise their limit") != std::string::npos);
                CHECK(world.scheduler.state() == sched::State::stopped);
                CHECK(listed("fd") == descriptors);
                CHECK(back_to("task", threads));
                CHECK(child_is_fine());
                world.works();
            }
            // The clock holds no freed scheduler, and fork() meets none.
            CHECK(child_is_fine());
            CHECK(back_to("task", threads));
        }
    }
}

TEST_CASE("a failed start holds no scheduler that is freed") {
    sched::Config config = manual_config();
    {
        World world(config);
        failing_thread(1);
        CHECK(sched_start(world.scheduler.get()) == UVSCHED_ENOTHREAD);
        failing_thread(0);
    }
    sched::Scheduler other(config);  // on the same clock
    other.start();
    pass(other, kSecond);
    CHECK(child_is_fine());
    other.shutdown(kLong);
}

TEST_CASE("each descriptor that a start lacks has a code of its own") {
    warm_up();
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        Folder folder;
        std::set<int> codes;
        World world(durable ? sqlite_config(folder.file("tasks.db")) : manual_config());
        const std::ptrdiff_t before = listed("fd");
        int failures = 0;
        for (int more = 0;; ++more, ++failures) {
            int code = UVSCHED_OK;
            {
                const DescriptorLimit limit(static_cast<rlim_t>(3 + more));
                code = sched_start(world.scheduler.get());
            }
            if (code == UVSCHED_OK) break;
            CAPTURE(more);
            const std::string text = sched_last_error();
            CAPTURE(text);
            CHECK(code == UVSCHED_ENODESCRIPTOR);
            CHECK(text.find("raise the limit") != std::string::npos);
            CHECK(listed("fd") == before);
            REQUIRE(failures < 100);
        }
        CHECK(failures > 2);
        world.scheduler.shutdown(kLong);
        CHECK(back_to("fd", before));  // the loop's thread closes its own when it has told of the end
        world.runs = 0;
        world.works();
    }
}

TEST_CASE("a scheduler with a run queue that gets no descriptor says so") {
    const sched::Config config = manual_config();
    sched_scheduler* scheduler = nullptr;
    const DescriptorLimit limit(3);  // the standard streams
    CHECK_FAILS(sched_new(&scheduler, config.get()), UVSCHED_ENODESCRIPTOR, "raise the limit");
    CHECK(scheduler == nullptr);
}
