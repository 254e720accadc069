// Each allocation of a scheduler's life fails in turn. Nothing aborts, nothing is lost, nothing is left behind.
#include <climits>
#include <cstdlib>

#include "failing.h"
#include "tests/limits/process.hpp"
#include "tests/limits/spared_code.hpp"

using namespace capi_test;
using namespace limits_test;

namespace {

constexpr int kRounds = 3;

// What a child says when it ends: 0, or the step at which something was wrong.
struct Wrong {
    int step = 0;
};

// A call that may fail once, for want of memory, or of the thread that would have needed it; then it works.
template <class Call>
void insist(int step, Call&& call) {
    int code = call();
    if (code == UVSCHED_ENOMEM || code == UVSCHED_ENOTHREAD) code = call();
    if (code != UVSCHED_OK && code != UVSCHED_EALREADY) {
        std::fprintf(stderr, "step %d: %s: %s\n", step, sched_error_name(code), sched_last_error());
        throw Wrong{step};
    }
}

void require(int step, bool holds) {
    if (!holds) throw Wrong{step};
}

struct Seen {
    std::atomic<int> inline_runs{0};
    std::atomic<int> pool_runs{0};
    std::atomic<int> destroyed{0};
};

void add_task(sched_scheduler* scheduler, const char* function, const char* executor) {
    sched_task* task = nullptr;
    insist(10, [&] { return sched_task_new(&task, function); });
    insist(11, [&] { return sched_task_set_id(task, function); });
    insist(12, [&] { return sched_task_set_executor(task, executor); });
    insist(13, [&] { return sched_task_set_interval(task, micros(kSecond)); });
    insist(14, [&] { return sched_add_task(scheduler, task, 0); });
    sched_task_free(task);
}

void live(sched_scheduler* scheduler, Seen& seen, int base) {
    const int before_inline = seen.inline_runs;
    const int before_pool = seen.pool_runs;
    insist(20, [&] { return sched_start(scheduler); });
    for (int round = 1; round <= kRounds; ++round) {
        insist(21, [&] { return sched_clock_advance(scheduler, micros(kSecond)); });
        // The loop and the store's thread try again what they had no memory for.
        for (int tries = 0; seen.inline_runs < before_inline + round || seen.pool_runs < before_pool + round; ++tries) {
            require(22, tries < 20'000);
            usleep(500);
        }
        insist(23, [&] { return sched_wait_idle(scheduler, sched::to_c(kLong)); });
    }
    require(24, seen.inline_runs == before_inline + kRounds && seen.pool_runs == before_pool + kRounds);
    std::size_t rows = 0;
    insist(25, [&] {
        rows = 0;
        sched_history_iterator* history = nullptr;
        sched_history_row row = UVSCHED_HISTORY_ROW_INIT;
        int code = sched_history(&history, scheduler, nullptr);
        for (; code == UVSCHED_OK; ++rows) {
            code = sched_history_iterator_next(&row, history);
            if (code == UVSCHED_EEND) break;
        }
        sched_history_iterator_free(history);
        return code == UVSCHED_EEND ? static_cast<int>(UVSCHED_OK) : code;
    });
    require(26, rows == static_cast<std::size_t>(base + 2 * kRounds));
    insist(27, [&] { return sched_shutdown(scheduler, sched::to_c(kLong)); });
}

void scenario(const std::string& store, Seen& seen, long* allocations) {
    sched_config* config = nullptr;
    sched_scheduler* scheduler = nullptr;
    insist(1, [&] { return sched_config_new(&config); });
    insist(2, [&] { return sched_config_set_manual_clock(config, sched::to_c(kStart)); });
    insist(3, [&] { return sched_config_add_store(config, "default", store.c_str()); });
    insist(4, [&] { return sched_config_add_executor(config, "default", "inline"); });
    insist(5, [&] { return sched_config_add_executor(config, "pool", "threadpool:2"); });
    insist(6, [&] { return sched_new(&scheduler, config); });
    insist(7, [&] { return sched_register_function(scheduler, "inline", count_run, &seen.inline_runs, nullptr); });
    insist(7, [&] { return sched_register_function(scheduler, "pool", count_run, &seen.pool_runs, nullptr); });
    std::uint64_t listener = 0;
    insist(8, [&] {
        const auto ignore = [](const sched_event*, void*) {};
        return sched_add_listener(&listener, scheduler, UVSCHED_EVENT_ALL, ignore, &seen.destroyed, count_destroy);
    });
    add_task(scheduler, "inline", "default");
    add_task(scheduler, "pool", "pool");
    live(scheduler, seen, 0);
    *allocations = failing_allocations();
    failing_allocation(0);
    live(scheduler, seen, 2 * kRounds);  // as if nothing had been
    sched_free(scheduler);
    sched_config_free(config);
    require(30, seen.destroyed == 1);
}

// The scenario with its n-th allocation failing. What the child found wrong; 0 where nothing is.
int run(const std::string& store, long n, long* allocations) {
    const std::ptrdiff_t threads = listed("task");
    const std::ptrdiff_t descriptors = listed("fd");
    Seen seen;
    failing_allocation(n);
    try {
        scenario(store, seen, allocations);
    } catch (const Wrong& wrong) {
        return wrong.step;
    }
    if (!back_to("task", threads)) return 40;
    if (!back_to("fd", descriptors)) return 41;
    return child_is_fine() ? 0 : 42;
}

void fail_each(const std::string& kind, long most) {
    Folder folder;
    const auto store = [&](long n) {
        return kind == "memory" ? kind : "sqlite:" + folder.file(std::to_string(n) + ".db") + "?synchronous=normal";
    };
    long total = 0;
    {
        Seen seen;
        scenario(store(0), seen, &total);  // what is made once for a process is made now
    }
    REQUIRE(run(store(-1), LONG_MAX, &total) == 0);
    REQUIRE(total > 100);
    const long step = std::getenv("UVSCHED_TEST_LONG") != nullptr ? 1 : std::max(1L, total / most);
    MESSAGE(kind << ": each " << step << ". of " << total << " allocations");
    for (long n = 1; n <= total; n += step) {
        CAPTURE(n);
        CHECK(in_child([&] {
                  alarm(60);
                  return run(store(n), n, &total);
              }) == 0);
    }
}

}  // namespace

TEST_CASE("each allocation fails once, on the memory store") {
    spare_json();
    fail_each("memory", 200);
}

TEST_CASE("each allocation fails once, on SQLite") {
    spare_json();
    fail_each("sqlite", 80);
}
