// A pull consumer: runs that are taken, called somewhere else, and reported at any later time, from any thread.
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

// What an engine of the program's own keeps of a run: enough to call its function anywhere.
struct Job {
    std::uint64_t run_id;
    std::string fire_id;
    std::string reference;
    std::string arguments;
    std::string task_id;
};

std::vector<Job> take_jobs(sched::Consumer& consumer, std::size_t count) {
    std::vector<Job> jobs;
    while (jobs.size() < count) {
        const auto items = consumer.take(count, kLong);
        REQUIRE_FALSE(items.empty());
        for (const sched::Item& item : items) {
            if (item.tag() != sched::ItemTag::run) continue;
            const sched::Run run = item.run();
            jobs.push_back({item.run_id(), run.fire_id(), run.function(), run.arguments(), run.task_id()});
        }
    }
    return jobs;
}

}  // namespace

TEST_CASE("runs are reported later, in any order, by any thread, and after their consumer is gone") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        Folder folder;
        sched::Scheduler scheduler(durable ? sqlite_config(folder.file("tasks.db")) : manual_config());
        const sched::Queue queue = scheduler.get_queue("queue");
        scheduler.register_token("app:work", 1, queue);
        sched::Consumer consumer(queue, 3);
        for (const char* id : {"a", "b", "c"}) {
            sched::Task task = every_second("app:work", id);
            scheduler.add_task(task.set_executor("queue").set_arguments("[\"" + std::string(id) + "\"]"));
        }
        scheduler.start();
        const ShutDownAtEnd end(scheduler);
        scheduler.clock_advance(kSecond);
        const std::vector<Job> jobs = take_jobs(consumer, 3);
        for (const Job& job : jobs) {
            CHECK(job.reference == "app:work");
            CHECK(job.arguments == "[\"" + job.task_id + "\"]");
            CHECK(job.fire_id.size() == 32);
        }
        CHECK(scheduler.stats().in_flight == 3);

        std::thread([&] { queue.finish(sched::Result(jobs[2].run_id).set_result("2")); }).join();
        std::thread([&] { queue.finish(sched::Result(jobs[0].run_id, sched::RunStatus::failed)); }).join();
        consumer.reset();
        CHECK(scheduler.stats().in_flight == 1);
        std::thread([&] { queue.finish(sched::Result(jobs[1].run_id).set_result("1")); }).join();
        scheduler.wait_idle(kLong);
        CHECK(scheduler.stats().in_flight == 0);

        std::map<std::string, std::string> ended;
        for (const auto& row : scheduler.history().all()) ended[row.fire_id] = row.state + " " + row.result;
        CHECK(ended == std::map<std::string, std::string>{
                           {jobs[0].fire_id, "failed "}, {jobs[1].fire_id, "done 1"}, {jobs[2].fire_id, "done 2"}});
    }
}

TEST_CASE("a run that was taken and never reported ends with a stop that cancels, once its taker says so") {
    sched::Scheduler scheduler(manual_config());
    const sched::Queue queue = scheduler.get_queue("queue");
    scheduler.register_token("app:work", 1, queue);
    sched::Consumer consumer(queue, 1);
    sched::Task task = every_second("app:work", "a");
    scheduler.add_task(task.set_executor("queue"));
    scheduler.start();
    scheduler.clock_advance(kSecond);
    const Job job = take_jobs(consumer, 1).front();
    scheduler.stop(sched::StopMode::cancel);
    CHECK_FALSE(scheduler.wait_for(sched::kNoWait));
    queue.finish(sched::Result(job.run_id, sched::RunStatus::cancelled));
    while (scheduler.state() != sched::State::stopped) std::this_thread::yield();
    const auto rows = scheduler.history().all();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == "cancelled");
    CHECK(rows[0].fire_id == job.fire_id);
}
