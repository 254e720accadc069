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
#include "tests/stores/folder.hpp"
#if defined(UVSCHED_TEST_POSTGRESQL)
#include "tests/stores/postgresql_backend.hpp"
#elif defined(UVSCHED_TEST_REDIS)
#include "tests/stores/redis_backend.hpp"
#else
#include "tests/stores/sql.hpp"
#endif

#include <doctest/doctest.h>

using namespace uvsched;

namespace {

constexpr int kTasks = 12;
constexpr int kThreads = 4;
constexpr Micros kPeriod = 100 * kMillisecond;

// Where the store is that they share. What is asked of it: the rows of history ("id first last times state reason"),
// how much is still to be done, and how many tasks there are.
#if defined(UVSCHED_TEST_REDIS)
class Place {
public:
    [[nodiscard]] std::string url() const {
        return RedisServer::shared().url("&prefix=" + prefix_.name() + "&lease=2&retention_per_task=0");
    }
    [[nodiscard]] std::string rows() {
        return prefix_.lua(R"(
            local out = {}
            for _, id in ipairs(redis.call('ZRANGE', P .. 'recorded', 0, -1)) do
              for _, entry in ipairs(redis.call('XRANGE', P .. 'history:' .. id, '-', '+')) do
                local f = {}
                for field in string.gmatch(entry[2][2], '%S+') do f[#f + 1] = field end
                out[#out + 1] = {id, tonumber(f[5]), table.concat({id, f[5], f[6], f[7], f[9], f[10]}, ' ')}
              end
            end
            table.sort(out, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
            for i, row in ipairs(out) do out[i] = row[3] end
            return table.concat(out, '\n'))");
    }
    [[nodiscard]] std::string left() {
        return prefix_.lua(R"(
            local n = redis.call('HLEN', P .. 'fires')
            for _, row in ipairs(redis.call('HVALS', P .. 'rows')) do
              if not string.match(row, ' finished$') then n = n + 1 end
            end
            return n)");
    }
    [[nodiscard]] std::string tasks() { return prefix_.ask("HLEN @ids"); }
    [[nodiscard]] static bool is_whole() { return true; }

private:
    RedisPrefix prefix_;
};
#else
class Place {
public:
    [[nodiscard]] std::string rows() {
        std::string out =
            ask("SELECT task_id, first_at, last_at, folded, state, coalesce(reason, '-') FROM "
                "history ORDER BY task_id, first_at");
        std::replace(out.begin(), out.end(), '|', ' ');
        return out;
    }
    [[nodiscard]] std::string left() {
        return ask("SELECT (SELECT count(*) FROM open) + (SELECT count(*) FROM sched WHERE state <> 'finished')");
    }
    [[nodiscard]] std::string tasks() { return ask("SELECT count(*) FROM def"); }

#ifdef UVSCHED_TEST_POSTGRESQL
    [[nodiscard]] std::string url() const {
        return PostgresqlServer::shared().url("&schema=" + schema_.name() + "&lease=2&retention_per_task=0");
    }
    [[nodiscard]] static bool is_whole() { return true; }

private:
    [[nodiscard]] std::string ask(const std::string& sql) { return schema_.ask(sql); }
    PostgresqlSchema schema_;
#else
    [[nodiscard]] std::string url() const {
        return "sqlite:" + path_ + "?synchronous=normal&lease=2&retention_per_task=0";
    }
    [[nodiscard]] bool is_whole() { return ask("PRAGMA integrity_check") == "ok"; }

private:
    [[nodiscard]] std::string ask(const std::string& sql) { return ask_sql(path_, sql); }
    const Folder folder_;
    const std::string path_ = folder_.file("t.db");
#endif
};
#endif

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
    Place place;
    Plan plan{.url = place.url(), .log_path = folder.file("starts")};
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
        wait_until_done(place);
        workers.end_all();
    }
    check(place, plan, kills + stops);
    MESSAGE(count << " nodes, kills " << kills << ", stops " << stops);
}

std::chrono::milliseconds span() {
    return std::getenv("UVSCHED_TEST_LONG") == nullptr ? std::chrono::seconds(8) : std::chrono::minutes(30);
}

}  // namespace

TEST_CASE("two schedulers in processes share a store through kills and stops") { run_chaos(2, span()); }

TEST_CASE("four schedulers in processes share a store through kills and stops") { run_chaos(4, span()); }
