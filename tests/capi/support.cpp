#include "support.hpp"

#include <cstdlib>

namespace capi_test {

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "uvsched-capi-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

sched::Config manual_config() {
    sched::Config config;
    config.set_manual_clock(kStart);
    config.add_executor("default", "inline").add_executor("pool", "threadpool:2").add_executor("queue", "queue");
    return config;
}

sched::Config sqlite_config(const std::string& file) {
    sched::Config config = manual_config();
    config.add_store("default", "sqlite:" + file + "?synchronous=normal");
    return config;
}

int count_run(const sched_run* /*run*/, void* counter) {
    static_cast<std::atomic<int>*>(counter)->fetch_add(1);
    return 0;
}

void count_destroy(void* counter) { static_cast<std::atomic<int>*>(counter)->fetch_add(1); }

sched::Task every_second(const std::string& function, const std::string& id) {
    sched::Task task(function);
    task.set_id(id).set_interval(kSecond);
    return task;
}

void pass(sched::Scheduler& scheduler, sched::Micros span) {
    scheduler.clock_advance(span);
    scheduler.wait_idle(kLong);
}

}  // namespace capi_test
