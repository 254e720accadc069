#include <sqlite3.h>

#include <cstring>
#include <string>
#include <thread>

#include "core/base/error.hpp"
#include "core/executors/run_queue.hpp"
#include "core/model/event.hpp"
#include "support.hpp"

using namespace capi_test;

TEST_CASE("codes have names") {
    CHECK(std::string(sched_error_name(UVSCHED_OK)) == "UVSCHED_OK");
    CHECK(std::string(sched_error_name(UVSCHED_EINVAL)) == "UVSCHED_EINVAL");
    CHECK(std::string(sched_error_name(UVSCHED_EDEADLK)) == "UVSCHED_EDEADLK");
    CHECK(std::string(sched_error_name(UVSCHED_EINTERNAL)) == "UVSCHED_EINTERNAL");
    for (const int unknown : {1, 4, INT32_MAX, UVSCHED_EEND - 1, INT32_MIN}) {
        CHECK(std::string(sched_error_name(unknown)) == "UVSCHED_?");
    }
}

TEST_CASE("the library has the header's version") {
    const std::string version = std::to_string(UVSCHED_VERSION_MAJOR) + "." + std::to_string(UVSCHED_VERSION_MINOR) +
                                "." + std::to_string(UVSCHED_VERSION_PATCH);
    CHECK(sched_version() == version);
}

TEST_CASE("the details name the libraries that are loaded") {
    const std::string details = sched_version_details();
#ifdef UVSCHED_BUNDLED
    const std::string opening = " (bundled: libuv ";
#else
    const std::string opening = " (libuv ";
#endif
    CHECK(details.starts_with(sched_version() + opening));
    CHECK(details.ends_with(std::string(", SQLite ") + SQLITE_VERSION + ")"));
    CHECK(sched_version_details() == static_cast<const void*>(sched_version_details()));
}

TEST_CASE("the last error belongs to the thread, and stays until the next") {
    CHECK(sched_start(nullptr) == UVSCHED_EHANDLE);
    const std::string here = sched_last_error();
    CHECK(here == "sched_start: scheduler: NULL");
    std::string fresh = "not asked";
    std::thread([&] { fresh = sched_last_error(); }).join();
    CHECK(fresh.empty());
    const sched::Config works;
    CHECK(sched_last_error() == here);
}

TEST_CASE("a text that is too long is cut between characters") {
    sched::Config config;
    std::string json = "{\"stores\": {\"";
    for (int i = 0; i < 20'000; ++i) json += "\xE2\x82\xAC";
    json += "\": 1}}";
    CHECK(sched_config_from_json(nullptr, json.c_str()) == UVSCHED_EINVAL);
    sched_config* out = nullptr;
    CHECK(sched_config_from_json(&out, json.c_str()) == UVSCHED_EINVAL);
    CHECK(out == nullptr);
    const std::string text = sched_last_error();
    CHECK(text.size() < 4096);
    CHECK(text.size() > 20);
}

TEST_CASE("the header repeats the engine's codes") {
    using uvsched::Code;
    const std::pair<int, Code> pairs[] = {
        {UVSCHED_OK, Code::ok},
        {UVSCHED_EINVAL, Code::invalid},
        {UVSCHED_ENOMEM, Code::no_memory},
        {UVSCHED_EHANDLE, Code::bad_handle},
        {UVSCHED_ENOTFOUND, Code::not_found},
        {UVSCHED_ECONFLICT, Code::conflict},
        {UVSCHED_ENOTRUNNING, Code::not_running},
        {UVSCHED_EALREADY, Code::already},
        {UVSCHED_EDEADLK, Code::deadlock},
        {UVSCHED_ETIMEDOUT, Code::timed_out},
        {UVSCHED_EFORKED, Code::forked},
        {UVSCHED_EVERSION, Code::version},
        {UVSCHED_ESTORE, Code::store},
        {UVSCHED_EBUSY, Code::busy},
        {UVSCHED_ECORRUPT, Code::corrupt},
        {UVSCHED_EUNSUPPORTED, Code::unsupported},
        {UVSCHED_EINTERNAL, Code::internal},
        {UVSCHED_ENOTHREAD, Code::no_thread},
        {UVSCHED_ENODESCRIPTOR, Code::no_descriptor},
    };
    for (const auto& [number, code] : pairs) CHECK(number == static_cast<int>(code));
}

TEST_CASE("the header repeats the engine's event codes") {
    using enum uvsched::EventCode;
    const std::pair<std::uint64_t, uvsched::EventCode> pairs[] = {
        {UVSCHED_EVENT_SCHEDULER_STARTED, scheduler_started},
        {UVSCHED_EVENT_SCHEDULER_SHUTDOWN, scheduler_shutdown},
        {UVSCHED_EVENT_SCHEDULER_PAUSED, scheduler_paused},
        {UVSCHED_EVENT_SCHEDULER_RESUMED, scheduler_resumed},
        {UVSCHED_EVENT_EXECUTOR_ADDED, executor_added},
        {UVSCHED_EVENT_EXECUTOR_REMOVED, executor_removed},
        {UVSCHED_EVENT_STORE_ADDED, store_added},
        {UVSCHED_EVENT_STORE_REMOVED, store_removed},
        {UVSCHED_EVENT_ALL_TASKS_REMOVED, all_tasks_removed},
        {UVSCHED_EVENT_TASK_ADDED, task_added},
        {UVSCHED_EVENT_TASK_REMOVED, task_removed},
        {UVSCHED_EVENT_TASK_MODIFIED, task_modified},
        {UVSCHED_EVENT_TASK_EXECUTED, task_executed},
        {UVSCHED_EVENT_TASK_ERROR, task_error},
        {UVSCHED_EVENT_TASK_MISSED, task_missed},
        {UVSCHED_EVENT_TASK_SUBMITTED, task_submitted},
        {UVSCHED_EVENT_TASK_MAX_INSTANCES, task_max_instances},
        {UVSCHED_EVENT_TASK_CANCELLED, task_cancelled},
        {UVSCHED_EVENT_TASK_LOST, task_lost},
        {UVSCHED_EVENT_TASK_RECOVERED, task_recovered},
        {UVSCHED_EVENT_TASK_FINISHED, task_finished},
        {UVSCHED_EVENT_TASK_CONFLICT, task_conflict},
        {UVSCHED_EVENT_TASK_QUARANTINED, task_quarantined},
        {UVSCHED_EVENT_TASK_UNRUNNABLE, task_unrunnable},
        {UVSCHED_EVENT_STORE_ERROR, store_error},
        {UVSCHED_EVENT_STORE_RECOVERED, store_recovered},
        {UVSCHED_EVENT_CLOCK_STEP, clock_step},
        {UVSCHED_EVENT_SLOW_INLINE, slow_inline},
        {UVSCHED_EVENT_EVENTS_DROPPED, events_dropped},
        {UVSCHED_EVENT_TRIGGER_ERROR, trigger_error},
        {UVSCHED_EVENT_RESOURCE_ERROR, resource_error},
        {UVSCHED_EVENT_TASK_REDECLARED, task_redeclared},
        {UVSCHED_EVENT_TASK_UNDECLARED, task_undeclared},
        {UVSCHED_EVENT_TASK_UNNAMED, task_unnamed},
        {UVSCHED_EVENT_TASK_DELAYED, task_delayed},
        {UVSCHED_EVENT_LEASE_LOST, lease_lost},
        {UVSCHED_EVENT_STORE_WARNING, store_warning},
    };
    std::uint64_t all = 0;
    for (const auto& [number, code] : pairs) {
        CHECK(number == uvsched::mask_of(code));
        all |= number;
    }
    CHECK(all == UVSCHED_EVENT_ALL);
    CHECK(UVSCHED_EVENT_ALL == uvsched::kAllEvents);
}

TEST_CASE("the header repeats the engine's item tags") {
    using uvsched::ItemTag;
    const std::pair<unsigned, ItemTag> pairs[] = {
        {UVSCHED_ITEM_RUN, ItemTag::run},
        {UVSCHED_ITEM_EVENT, ItemTag::event},
        {UVSCHED_ITEM_TRIGGER_NEXT, ItemTag::trigger_next},
        {UVSCHED_ITEM_STORE_CALL, ItemTag::store_call},
        {UVSCHED_ITEM_RELEASE, ItemTag::release},
        {UVSCHED_ITEM_STOPPED, ItemTag::stopped},
        {UVSCHED_ITEM_CANCEL, ItemTag::cancel},
    };
    for (const auto& [number, tag] : pairs) CHECK(number == static_cast<unsigned>(tag));
}
