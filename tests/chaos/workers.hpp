// Schedulers in processes of their own that share a store: what they run, what is done to them, and the checker, which
// holds an independent log of starts against the ledger.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "core/engine/scheduler.hpp"
#include "core/platform/clocks.hpp"
#include "core/triggers/interval.hpp"
#include "tests/stores/child.hpp"
#include "tests/stores/chosen_store.hpp"
#include "tests/stores/folder.hpp"
#include "tests/stores/store_name.hpp"

#include <doctest/doctest.h>

namespace chaos {

using namespace uvsched;

inline constexpr int kThreads = 4;

struct Course {
    std::string url{};
    std::string log_path{};
    std::size_t nodes = 2;
    int tasks = 12;
    Micros period = 100 * kMillisecond;
    Instant begin = 0;
    Instant end = 0;
    bool keeps_leases = false;  // a worker that others take for dead has failed
};

inline bool runs_once(int task) { return task % 2 == 0; }
inline std::string id_of(int task) { return "task-" + std::to_string(task); }

// Like a side effect: the line is there when write() returns.
inline int log_start(const Run* run, void* data) {
    char line[128];
    const int size = std::snprintf(line, sizeof line, "%s %lld %lld\n", run->task->id.c_str(),
                                   static_cast<long long>(run->key.slot), static_cast<long long>(wall_microseconds()));
    const int log = *static_cast<const int*>(data);
    return write(log, line, static_cast<std::size_t>(size)) == size ? 0 : 1;
}

// A process of an application: starts a scheduler with all tasks, and stops it when it is told to.
inline int serve(Child& self, const Course& plan, const std::function<void(Config&)>& adjust = {}) {
    int log = ::open(plan.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    Config config;
    config.identity = "worker";  // all the same
    config.add_store("default", plan.url);
    config.add_executor("default", "threadpool:" + std::to_string(kThreads));
    if (adjust) adjust(config);
    std::atomic<bool> gave_up{false};
    std::atomic<bool> outcast{false};
    const auto scheduler = Scheduler::create(std::move(config));
    scheduler->add_observer(mask_of(EventCode::store_error),
                            [&gave_up, &outcast](const Event& event) {
                                std::fprintf(stderr, "process %d: %s\n", static_cast<int>(getpid()),
                                             event.message.c_str());
                                if (event.message.find("the scheduler stops") != std::string::npos) gave_up = true;
                                if (event.message.find("declared this one dead") != std::string::npos ||
                                    event.message.find("took this one for dead") != std::string::npos) {
                                    outcast = true;
                                }
                            },
                            {});
    scheduler->register_function("log", {.call = log_start, .token = 0, .user_data = &log, .release = {}}, false);
    for (int task = 0; task < plan.tasks; ++task) {
        TaskSpec spec;
        spec.id = id_of(task);
        spec.function = "log";
        spec.policies.on_crash = runs_once(task) ? OnCrash::mark_lost : OnCrash::rerun;
        spec.policies.max_crashes = 1'000'000;
        spec.trigger = make_interval_trigger({.period = plan.period, .start_at = plan.begin, .end_at = plan.end});
        scheduler->add(std::move(spec), AddMode::declare);
    }
    scheduler->start(false);
    self.tell_parent();
    self.await_parent();
    scheduler->stop(StopMode::wait);
    const Code ended = scheduler->wait(60 * kSecond);
    if (plan.keeps_leases && outcast) return 2;
    return (ended == Code::ok || ended == Code::not_running) && !gave_up ? 0 : 1;  // it may have stopped already
}

class Workers {
public:
    explicit Workers(Course plan) : plan_(std::move(plan)), workers_(plan_.nodes) {
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
    void stop_all_for(std::chrono::milliseconds span) const {
        for (const auto& worker : workers_) kill(worker->pid(), SIGSTOP);
        std::this_thread::sleep_for(span);
        for (const auto& worker : workers_) kill(worker->pid(), SIGCONT);
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

    const Course plan_;
    std::vector<std::unique_ptr<Child>> workers_;
};

struct Row {
    Instant first = 0;
    Instant last = 0;
    std::int64_t times = 0;
    std::string state;
    std::string reason;
};

inline std::map<std::string, std::vector<Row>> read_ledger(Place& place) {
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

inline std::map<std::string, std::map<Instant, int>> read_log(const std::string& path) {
    std::map<std::string, std::map<Instant, int>> out;
    std::ifstream lines(path);
    std::string id;
    for (Instant slot = 0, started = 0; lines >> id >> slot >> started;) {
        ++out[id][slot];
        CHECK(started >= slot);
    }
    return out;
}

inline void wait_until_done(Place& place) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (place.left() != "0") {
        REQUIRE(std::chrono::steady_clock::now() < give_up);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

// Each due time is in exactly one row, by its fire or folded into one, and what was called is there as called.
inline void check(Place& place, const Course& plan, int blows) {
    auto starts = read_log(plan.log_path);
    auto ledger = read_ledger(place);
    int repeats = 0;
    int never_began = 0;
    std::int64_t fires = 0;
    for (int task = 0; task < plan.tasks; ++task) {
        CAPTURE(id_of(task));
        std::set<Instant> called;
        REQUIRE_FALSE(ledger[id_of(task)].empty());
        Instant next = ledger[id_of(task)].front().first;  // after it was added
        CHECK(next < plan.begin + 5 * kSecond + 2 * plan.period);
        for (const Row& row : ledger[id_of(task)]) {
            CAPTURE(row.first);
            CAPTURE(row.state);
            REQUIRE(row.first == next);
            REQUIRE(row.last == row.first + (row.times - 1) * plan.period);
            next = row.last + plan.period;
            const auto found = starts[id_of(task)].find(row.first);
            const int began = found == starts[id_of(task)].end() ? 0 : found->second;
            called.insert(row.first);
            if (row.state == "done") {
                CHECK(began >= 1);
                ++fires;
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
        CHECK(next == plan.end + plan.period);
        for (const auto& [slot, times] : starts[id_of(task)]) CHECK(called.count(slot) == 1);
    }
    CHECK(repeats <= blows * kThreads);
    CHECK(place.is_whole());
    CHECK(place.tasks() == std::to_string(plan.tasks));
    MESSAGE("fires " << fires << ", repeated starts of rerun tasks " << repeats << ", lost though never started "
                     << never_began);
}

}  // namespace chaos
