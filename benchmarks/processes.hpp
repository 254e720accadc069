// Processes that share one store: fires per second of all of them together, how the work is shared, how long a writer
// that is no part of it waits for its commit, and how late the last of many tasks starts that are due at one instant.
#pragma once

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "benchmarks/bench.hpp"

namespace bench {

inline constexpr std::size_t kMost = 4;  // processes
inline constexpr std::int64_t kTasks = 50'000;
inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr int kBatch = 256;  // as many as a node claims at once for an inline executor
inline constexpr auto kWarm = std::chrono::seconds(2);
inline constexpr auto kSpan = std::chrono::seconds(5);

// How many tasks there are, more than can be run in a second, and how many of them are due at one instant.
struct Scale {
    std::int64_t tasks = kTasks;
    std::int64_t at_once = 5'000;
};

// In memory that all processes see.
struct Shared {
    std::atomic<int> ready{0};
    std::atomic<bool> begun{false};
    std::atomic<bool> over{false};
    std::array<std::atomic<std::int64_t>, kMost> calls{};
    std::atomic<std::int64_t> latest{0};  // microseconds between due time and call
};

inline Shared& shared() {
    static Shared* const memory = [] {
        void* const at = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) die("mmap failed");
        return new (at) Shared;
    }();
    return *memory;
}

inline void wait_until(const std::function<bool()>& holds) {
    while (!holds()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

inline std::int64_t all_calls() {
    std::int64_t sum = 0;
    for (const auto& calls : shared().calls) sum += calls;
    return sum;
}

// `count` processes that call this with their number; they end when it returns.
class Processes {
public:
    Processes(std::size_t count, const std::function<void(std::size_t)>& body) {
        new (&shared()) Shared;
        for (std::size_t number = 0; number < count; ++number) {
            const pid_t process = fork();
            if (process < 0) die("fork failed");
            if (process == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                body(number);
                _exit(0);
            }
            processes_.push_back(process);
        }
        wait_until([count] { return shared().ready == static_cast<int>(count); });
        shared().begun = true;
    }
    ~Processes() {
        shared().over = true;
        for (const pid_t process : processes_) {
            int status = 0;
            if (waitpid(process, &status, 0) != process || status != 0) die("a process failed");
        }
    }
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;

private:
    std::vector<pid_t> processes_;
};

inline void ready() {
    ++shared().ready;
    wait_until([] { return shared().begun.load(); });
}

// ---- uvsched ----

inline int on_fire(const sched_run* run, void* user_data) {
    ++*static_cast<std::atomic<std::int64_t>*>(user_data);
    const std::int64_t late = wall_microseconds() - sched_run_scheduled_time(run);
    std::int64_t latest = shared().latest;
    while (late > latest && !shared().latest.compare_exchange_weak(latest, late)) {
    }
    return 0;
}

class Node {
public:
    // It runs the tasks of that function only, and counts the calls.
    Node(const std::string& url, std::string function, std::atomic<std::int64_t>& calls)
        : function_(std::move(function)) {
        sched_config* config = nullptr;
        check(sched_config_new(&config));
        check(sched_config_add_store(config, "default", url.c_str()));
        check(sched_config_add_executor(config, "default", "inline"));
        check(sched_new(&scheduler_, config));
        sched_config_free(config);
        check(sched_register_function(scheduler_, function_.c_str(), on_fire, &calls, nullptr));
        check(sched_start(scheduler_));
    }
    ~Node() {
        sched_shutdown(scheduler_, -1);
        sched_free(scheduler_);
    }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    template <class SetTrigger>
    void add(const std::string& id, const SetTrigger& set_trigger) {
        sched_task* task = nullptr;
        check(sched_task_new(&task, function_.c_str()));
        check(sched_task_set_id(task, id.c_str()));
        set_trigger(task);
        check(sched_add_task(scheduler_, task, 0));
        sched_task_free(task);
    }

private:
    const std::string function_;
    sched_scheduler* scheduler_ = nullptr;
};

inline void serve(const std::string& url, std::size_t number) {
    const Node node(url, "nothing", shared().calls[number]);
    ready();
    wait_until([] { return shared().over.load(); });
}

// The tasks are there before anybody runs them.
template <class SetTrigger>
void fill(const std::string& url, std::int64_t tasks, const SetTrigger& set_trigger) {
    sched_config* config = nullptr;
    sched_scheduler* scheduler = nullptr;
    check(sched_config_new(&config));
    check(sched_config_add_store(config, "default", url.c_str()));
    check(sched_new(&scheduler, config));
    sched_config_free(config);
    check(sched_register_function(scheduler, "nothing", on_fire, &shared().calls[0], nullptr));
    sched_task* task = nullptr;
    check(sched_task_new(&task, "nothing"));
    set_trigger(task);
    for (std::int64_t i = 0; i < tasks; ++i) {
        check(sched_task_set_id(task, ("task-" + std::to_string(i)).c_str()));
        check(sched_add_task(scheduler, task, 0));
    }
    sched_task_free(task);
    check(sched_start_paused(scheduler));
    check(sched_shutdown(scheduler, -1));
    sched_free(scheduler);
}

struct Work {
    double per_second = 0;
    double share = 0;             // of the process that did least, of an equal share
    std::vector<double> waits{};  // of an outsider's commits, in microseconds
};

inline double share_of_least(std::size_t count) {
    double least = 1e18;
    for (std::size_t i = 0; i < count; ++i) least = std::min(least, static_cast<double>(shared().calls[i]));
    return least * static_cast<double>(count) / static_cast<double>(std::max<std::int64_t>(1, all_calls()));
}

// Every task is due each second, more than can be done: who is late runs once for what it missed.
inline Work saturate(const std::string& url, std::size_t count, std::int64_t tasks) {
    const std::int64_t begin = wall_microseconds() / kSecond * kSecond;
    fill(url, tasks, [&](sched_task* task) {
        check(sched_task_set_interval(task, kSecond));
        check(sched_task_set_start_at(task, begin));
    });
    Work work;
    const Processes processes(count, [&](std::size_t number) { serve(url, number); });
    std::this_thread::sleep_for(kWarm);
    const std::int64_t calls = all_calls();
    const double from = seconds();
    std::this_thread::sleep_for(kSpan);
    work.per_second = static_cast<double>(all_calls() - calls) / (seconds() - from);
    work.share = share_of_least(count);
    std::atomic<std::int64_t> none{0};
    Node outsider(url, "outside", none);  // in this process, after the forks
    const double until = seconds() + static_cast<double>(kSpan.count());
    const std::int64_t far = wall_microseconds() + 86'400 * kSecond;
    for (int i = 0; seconds() < until; ++i) {
        const double asked = seconds();
        outsider.add("outsider-" + std::to_string(i), [&](sched_task* task) { check(sched_task_set_date(task, far)); });
        work.waits.push_back((seconds() - asked) * 1e6);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return work;
}

inline Work all_at_once(const std::string& url, std::size_t count, std::int64_t tasks) {
    const std::int64_t due = wall_microseconds() + 5 * kSecond;
    fill(url, tasks, [&](sched_task* task) { check(sched_task_set_date(task, due)); });
    const Processes processes(count, [&](std::size_t number) { serve(url, number); });
    if (wall_microseconds() > due) die("the tasks were due before all processes ran");
    wait_until([tasks] { return all_calls() == tasks; });
    Work work;
    work.share = share_of_least(count);
    return work;
}

// The same without a scheduler: each process asks `connect` for an object, whose fire(first, count) writes a claim and
// a finish for each of `count` tasks.
template <class Connect>
double fire_bare(std::size_t count, const Connect& connect, std::int64_t tasks = kTasks) {
    const Processes processes(count, [&](std::size_t number) {
        auto database = connect();
        ready();
        auto first = static_cast<std::int64_t>(number) * (tasks / static_cast<std::int64_t>(kMost));
        for (; !shared().over; first += kBatch) {
            database.fire(first, kBatch);
            shared().calls[number] += kBatch;
        }
    });
    std::this_thread::sleep_for(kWarm);
    const std::int64_t calls = all_calls();
    const double from = seconds();
    std::this_thread::sleep_for(kSpan);
    return static_cast<double>(all_calls() - calls) / (seconds() - from);
}

// One, two and four processes. `url`: of a store that is new for each name.
inline void measure(const std::string& place, const std::function<std::string(const std::string& name)>& url,
                    const std::string& peer_name, const std::function<double(std::size_t count)>& bare,
                    const Scale& scale = {}) {
    for (const std::size_t count : {1U, 2U, 4U}) {
        const std::string number = std::to_string(count);
        const std::string processes = number + (count == 1 ? " process " : " processes ") + place;
        Control control;
        control.look();
        Peer peer{peer_name, {bare(count)}};
        const Work work = saturate(url("uvsched" + number), count, scale.tasks);
        const Work once = all_at_once(url("once" + number), count, scale.at_once);
        const double latest = static_cast<double>(shared().latest);
        control.look();
        control.judge();
        row(processes + ", fires", {work.per_second}, "fires/s", &peer);
        row(processes + ", the least busy one, of an equal share", work.share, "x");
        row(processes + ", an outsider's commit, median", quantile(work.waits, 0.5), "us");
        row(processes + ", an outsider's commit, p99", quantile(work.waits, 0.99), "us");
        const std::string due = scale.at_once == Scale().at_once ? "5,000" : std::to_string(scale.at_once);
        row(processes + ", " + due + " tasks due at once, the last start", latest, "us");
        row(processes + ", the same, the least busy one, of an equal share", once.share, "x");
    }
}

}  // namespace bench
