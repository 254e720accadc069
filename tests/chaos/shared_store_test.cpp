// Schedulers in processes of their own share one store while they are killed, stopped and restarted at random. An
// independent log of starts and the ledger then account for every due time. UVSCHED_TEST_LONG=1 makes it last an hour.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "core/engine/scheduler.hpp"
#include "core/platform/clocks.hpp"
#include "core/triggers/interval.hpp"
#include "tests/core/time/seed.hpp"
#include "tests/stores/child.hpp"
#include "tests/stores/chosen_store.hpp"
#include "tests/stores/folder.hpp"

#include <doctest/doctest.h>

using namespace uvsched;

namespace {

constexpr int kTasks = 12;
constexpr int kThreads = 4;
constexpr Micros kPeriod = 100 * kMillisecond;

struct Plan {
    std::string url;
    std::string log_path;
    Instant begin = 0;
    Instant end = 0;
};

bool runs_once(int task) { return task % 2 == 0; }
std::string id_of(int task) { return "task-" + std::to_string(task); }

// Like a side effect: the line is there when write() returns.
int log_start(const Run* run, void* data) {
    char line[128];
    const int size = std::snprintf(line, sizeof line, "%s %lld %lld\n", run->task->id.c_str(),
                                   static_cast<long long>(run->key.slot), static_cast<long long>(wall_microseconds()));
    const int log = *static_cast<const int*>(data);
    return write(log, line, static_cast<std::size_t>(size)) == size ? 0 : 1;
}

// A process of an application: starts a scheduler with all tasks, and stops it when it is told to.
int serve(Child& self, const Plan& plan) {
    int log = ::open(plan.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    Config config;
    config.identity = "worker";  // all the same
    config.add_store("default", plan.url);
    config.add_executor("default", "threadpool:" + std::to_string(kThreads));
    std::atomic<bool> gave_up{false};
    const auto scheduler = Scheduler::create(std::move(config));
    scheduler->add_observer(mask_of(EventCode::store_error),
                            [&gave_up](const Event& event) {
                                std::fprintf(stderr, "process %d: %s\n", static_cast<int>(getpid()),
                                             event.message.c_str());
                                if (event.message.find("the scheduler stops") != std::string::npos) gave_up = true;
                            },
                            {});
    scheduler->register_function("log", {.call = log_start, .token = 0, .user_data = &log, .release = {}}, false);
    for (int task = 0; task < kTasks; ++task) {
        TaskSpec spec;
        spec.id = id_of(task);
        spec.function = "log";
        spec.policies.on_crash = runs_once(task) ? OnCrash::mark_lost : OnCrash::rerun;
        spec.policies.max_crashes = 1'000'000;
        spec.trigger = make_interval_trigger({.period = kPeriod, .start_at = plan.begin, .end_at = plan.end});
        scheduler->add(std::move(spec), AddMode::declare);
    }
    scheduler->start(false);
    self.tell_parent();
    self.await_parent();
    scheduler->stop(StopMode::wait);
    const Code ended = scheduler->wait(60 * kSecond);
    return (ended == Code::ok || ended == Code::not_running) && !gave_up ? 0 : 1;  // it may have stopped already
}

class Workers {
public:
    Workers(std::size_t count, Plan plan) : plan_(std::move(plan)), workers_(count) {
        for (auto& worker : workers_) begin(worker);
        for (auto& worker : workers_) worker->await();
    }
    void kill_one(std::size_t which) {
        kill(workers_[which]->pid(), SIGKILL);
        workers_[which]->wait();
        restart(which);
    }
    void stop_for(std::size_t which, std::chrono::milliseconds span) const {
        kill(workers_[which]->pid(), SIGSTOP);
        std::this_thread::sleep_for(span);
        kill(workers_[which]->pid(), SIGCONT);
    }
    void restart_in_order(std::size_t which) {
        end(workers_[which]);
        restart(which);
    }
    void end_all() {
        for (auto& worker : workers_) end(worker);
    }

private:
    void begin(std::unique_ptr<Child>& worker) const {
        worker = std::make_unique<Child>([this](Child& self) {
            try {
                return serve(self, plan_);
            } catch (const Error& error) {
                std::fprintf(stderr, "a worker ended: %s\n", error.message().c_str());
                throw;
            }
        });
    }
    void restart(std::size_t which) {
        begin(workers_[which]);
        workers_[which]->await();
    }
    static void end(const std::unique_ptr<Child>& worker) {
        worker->tell();
        REQUIRE(worker->exit_status() == 0);
    }

    const Plan plan_;
    std::vector<std::unique_ptr<Child>> workers_;
};

struct Row {
    Instant first = 0;
    Instant last = 0;
    std::int64_t times = 0;
    std::string state;
    std::string reason;
};

std::map<std::string, std::vector<Row>> read_ledger(Place& place) {
    std::istringstream lines(place.rows());
    std::map<std::string, std::vector<Row>> out;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string id;
        Row row;
        fields >> id >> row.first >> row.last >> row.times >> row.state >> row.reason;
        out[id].push_back(row);
    }
    return out;
}

std::map<std::string, std::map<Instant, int>> read_log(const std::string& path) {
    std::map<std::string, std::map<Instant, int>> out;
    std::ifstream lines(path);
    std::string id;
    for (Instant slot = 0, started = 0; lines >> id >> slot >> started;) {
        ++out[id][slot];
        CHECK(started >= slot);
    }
    return out;
}

void wait_until_done(Place& place) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (place.left() != "0") {
        REQUIRE(std::chrono::steady_clock::now() < give_up);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

// Each due time is in exactly one row, by its fire or folded into one, and what was called is there as called.
void check(Place& place, const Plan& plan, int blows) {
    auto starts = read_log(plan.log_path);
    auto ledger = read_ledger(place);
    int repeats = 0;
    int never_began = 0;
    for (int task = 0; task < kTasks; ++task) {
        CAPTURE(id_of(task));
        std::set<Instant> called;
        REQUIRE_FALSE(ledger[id_of(task)].empty());
        Instant next = ledger[id_of(task)].front().first;  // after it was added
        CHECK(next < plan.begin + 5 * kSecond);
        for (const Row& row : ledger[id_of(task)]) {
            CAPTURE(row.first);
            CAPTURE(row.state);
            REQUIRE(row.first == next);
            REQUIRE(row.last == row.first + (row.times - 1) * kPeriod);
            next = row.last + kPeriod;
            const auto found = starts[id_of(task)].find(row.first);
            const int began = found == starts[id_of(task)].end() ? 0 : found->second;
            called.insert(row.first);
            if (row.state == "done") {
                CHECK(began >= 1);
            } else if (row.state == "lost") {
                CHECK(runs_once(task));
                never_began += began == 0 ? 1 : 0;
            } else {
                CHECK(row.state == "skipped");
                CHECK(row.reason == "max_instances");
                CHECK(began == 0);
            }
            if (runs_once(task)) CHECK(began <= 1);
            if (began > 1) repeats += began - 1;
        }
        CHECK(next == plan.end + kPeriod);
        for (const auto& [slot, times] : starts[id_of(task)]) CHECK(called.count(slot) == 1);
    }
    CHECK(repeats <= blows * kThreads);
    CHECK(place.is_whole());
    CHECK(place.tasks() == std::to_string(kTasks));
    MESSAGE("repeated starts of rerun tasks " << repeats << ", lost though never started " << never_began);
}

void run_chaos(std::size_t count, std::chrono::milliseconds span) {
    Seeded random;
    CAPTURE(random.seed);
    const Folder folder;
    const auto place = make_place();
    Plan plan{.url = place->url("&lease=2&retention_per_task=0"), .log_path = folder.file("starts")};
    plan.begin = wall_microseconds() / kSecond * kSecond;
    plan.end = plan.begin + std::chrono::duration_cast<std::chrono::seconds>(span).count() * kSecond;
    int kills = 0;
    int stops = 0;
    {
        Workers workers(count, plan);
        while (wall_microseconds() < plan.end - kSecond) {
            std::this_thread::sleep_for(std::chrono::milliseconds(random.between(0, 400)));
            const auto which = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(count) - 1));
            const std::int64_t what = random.between(0, 9);
            if (what < 6) {
                workers.kill_one(which);
                ++kills;
            } else if (what < 8) {
                workers.stop_for(which, std::chrono::milliseconds(random.between(10, 3'500)));  // the lease is 2 s
                ++stops;
            } else {
                workers.restart_in_order(which);
            }
        }
        wait_until_done(*place);
        workers.end_all();
    }
    check(*place, plan, kills + stops);
    MESSAGE(count << " nodes, kills " << kills << ", stops " << stops);
}

std::chrono::milliseconds span() {
    return std::getenv("UVSCHED_TEST_LONG") == nullptr ? std::chrono::seconds(8) : std::chrono::minutes(30);
}

}  // namespace

TEST_CASE("two schedulers in processes share a store through kills and stops") { run_chaos(2, span()); }

TEST_CASE("four schedulers in processes share a store through kills and stops") { run_chaos(4, span()); }
