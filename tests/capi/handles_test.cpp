#include <set>
#include <thread>
#include <vector>

#include "handle_calls.hpp"
#include "support.hpp"

using namespace capi_test;

namespace {

// One live handle of each kind.
struct Handles {
    sched::Config config = manual_config();
    sched::Scheduler scheduler{config};
    sched::Task task{"f"};
    sched::Queue queue = scheduler.get_queue("queue");
    sched::Consumer consumer{queue, 1};
    sched::TaskIterator tasks = scheduler.get_tasks();
    sched::HistoryIterator rows = scheduler.history();
    sched::Trigger trigger = sched::Trigger::from_json(R"({"type": "interval", "seconds": 1})");

    [[nodiscard]] void* get(Handle kind) const {
        switch (kind) {
            case Handle::config:
                return config.get();
            case Handle::scheduler:
                return scheduler.get();
            case Handle::task:
                return task.get();
            case Handle::queue:
                return queue.get();
            case Handle::consumer:
                return consumer.get();
            case Handle::task_iterator:
                return tasks.get();
            case Handle::history_iterator:
                return rows.get();
            case Handle::trigger:
                return trigger.get();
        }
        return nullptr;
    }
};

constexpr Handle kKinds[] = {Handle::config,   Handle::scheduler, Handle::task,          Handle::queue,
                             Handle::consumer, Handle::trigger,   Handle::task_iterator, Handle::history_iterator};

void check_refused(const HandleCall& call, void* handle, const std::string& why) {
    CAPTURE(call.function);
    CAPTURE(handle);
    CHECK(call.refuses(handle));
    CHECK(doctest::String(sched_last_error()) ==
          doctest::Contains((call.function + ": " + call.argument + ": " + why).c_str()));
}

}  // namespace

TEST_CASE("every function refuses NULL") {
    for (const HandleCall& call : handle_calls()) check_refused(call, nullptr, "NULL");
}

TEST_CASE("every function refuses a handle that was freed") {
    Handles handles;
    void* stale[std::size(kKinds)];
    for (const Handle kind : kKinds) stale[static_cast<int>(kind)] = handles.get(kind);
    handles.trigger.reset();
    handles.tasks.reset();
    handles.rows.reset();
    handles.consumer.reset();
    handles.queue.reset();
    handles.task.reset();
    handles.scheduler.reset();
    handles.config.reset();
    for (const HandleCall& call : handle_calls()) {
        check_refused(call, stale[static_cast<int>(call.kind)], "the handle is stale");
    }
    // New handles take the same places in the table, under other tokens.
    const Handles again;
    for (const HandleCall& call : handle_calls()) {
        check_refused(call, stale[static_cast<int>(call.kind)], "the handle is stale");
    }
}

TEST_CASE("every function refuses a handle of another kind") {
    const Handles handles;
    for (const HandleCall& call : handle_calls()) {
        for (const Handle kind : kKinds) {
            if (kind != call.kind) check_refused(call, handles.get(kind), "this is not a handle of that kind");
        }
    }
}

TEST_CASE("every function refuses pointers that were never handles") {
    const int on_stack = 0;
    const auto on_heap = std::make_unique<int>(0);
    std::vector<std::uintptr_t> garbage{1,
                                        2,
                                        3,
                                        5,
                                        0xF,
                                        0xFFF,
                                        UINTPTR_MAX,
                                        UINTPTR_MAX - 1,
                                        UINTPTR_MAX / 2,
                                        1ULL << 63,
                                        reinterpret_cast<std::uintptr_t>(&on_stack),
                                        reinterpret_cast<std::uintptr_t>(on_heap.get())};
    // Well-formed tokens of every kind, of a slot that is not there.
    for (std::uintptr_t kind = 0; kind < 16; ++kind) garbage.push_back(0xFFFFFFULL << 5 | kind << 1 | 1);
    std::uint64_t random = 42;
    for (int i = 0; i < 200; ++i) garbage.push_back(random = random * 6364136223846793005 + 1442695040888963407);
    for (const HandleCall& call : handle_calls()) {
        for (const std::uintptr_t value : garbage) check_refused(call, reinterpret_cast<void*>(value), "");
    }
}

TEST_CASE("freeing NULL, garbage or twice does nothing") {
    sched_config_free(nullptr);
    sched_free(nullptr);
    sched_task_free(nullptr);
    sched_queue_free(nullptr);
    sched_task_iterator_free(nullptr);
    sched_trigger_free(nullptr);
    int garbage = 0;
    sched_config_free(reinterpret_cast<sched_config*>(&garbage));
    sched_free(reinterpret_cast<sched_scheduler*>(&garbage));

    Handles handles;
    sched_task* const task = handles.task.release();
    sched_task_free(task);
    sched_task_free(task);
    CHECK(std::string(sched_last_error()) == "sched_task_free: task: the handle is stale: it was freed");
    sched_scheduler* const scheduler = handles.scheduler.release();
    sched_free(scheduler);
    sched_free(scheduler);
    CHECK(std::string(sched_last_error()) == "sched_free: scheduler: the handle is stale: it was freed");
}

TEST_CASE("tokens are never given out twice") {
    std::set<sched_task*> seen;
    for (int i = 0; i < 1000; ++i) {
        const sched::Task task("f");
        CHECK(seen.insert(task.get()).second);
    }
    std::vector<sched::Task> many;
    for (int i = 0; i < 10'000; ++i) many.emplace_back("f");
    for (const sched::Task& task : many) CHECK(seen.insert(task.get()).second);
}

TEST_CASE("a handle may be freed while other threads use it") {
    for (int round = 0; round < 200; ++round) {
        sched::Config config;
        sched_config* const raw = config.get();
        std::atomic<bool> wrong{false};
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&, i] {
                for (int n = 0; n < 100; ++n) {
                    sched_scheduler* made = nullptr;
                    const int code = sched_new(&made, raw);
                    sched_free(made);
                    if (code != UVSCHED_OK && code != UVSCHED_EHANDLE) wrong = true;
                    if (i == 0 && n == 50) sched_config_free(raw);
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        CHECK_FALSE(wrong);
        static_cast<void>(config.release());
    }
}

TEST_CASE("a moved-from owner is an error, not a crash") {
    sched::Scheduler first(manual_config());
    sched::Scheduler second = std::move(first);
    CHECK(code_of([&] { first.start(); }) == UVSCHED_EHANDLE);  // NOLINT: on purpose
    CHECK(second.state() == sched::State::stopped);
}
