// Processes that share one SQLite file, synchronous FULL: fires per second of all of them together, how the work is
// shared, and how long a writer that is no part of it waits for its commit. Beside them as many processes that write
// the same rows with bare SQLite, in batches. And how late the last of 5,000 tasks starts that are due at one instant.
//
//   bench_sqlite_processes [FOLDER]      (/var/tmp: a folder on a real disk)
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "benchmarks/bare_sqlite.hpp"

namespace {

constexpr std::size_t kMost = 4;  // processes
constexpr std::int64_t kTasks = 50'000;
constexpr std::int64_t kAtOnce = 5'000;
constexpr std::int64_t kSecond = 1'000'000;
constexpr int kBatch = 100;
constexpr auto kWarm = std::chrono::seconds(2);
constexpr auto kSpan = std::chrono::seconds(5);

// In memory that all processes see.
struct Shared {
    std::atomic<int> ready{0};
    std::atomic<bool> begun{false};
    std::atomic<bool> over{false};
    std::array<std::atomic<std::int64_t>, kMost> calls{};
    std::atomic<std::int64_t> latest{0};  // microseconds between due time and call
};

Shared& shared() {
    static Shared* const memory = [] {
        void* const at = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) bench::die("mmap failed");
        return new (at) Shared;
    }();
    return *memory;
}

void wait_until(const std::function<bool()>& holds) {
    while (!holds()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::int64_t all_calls() {
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
            if (process < 0) bench::die("fork failed");
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
            if (waitpid(process, &status, 0) != process || status != 0) bench::die("a process failed");
        }
    }
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;

private:
    std::vector<pid_t> processes_;
};

void ready() {
    ++shared().ready;
    wait_until([] { return shared().begun.load(); });
}

// ---- uvsched ----

int on_fire(const sched_run* run, void* user_data) {
    ++*static_cast<std::atomic<std::int64_t>*>(user_data);
    const std::int64_t late = bench::wall_microseconds() - sched_run_scheduled_time(run);
    std::int64_t latest = shared().latest;
    while (late > latest && !shared().latest.compare_exchange_weak(latest, late)) {
    }
    return 0;
}

class Node {
public:
    // It runs the tasks of that function only, and counts the calls.
    Node(const std::string& file, std::string function, std::atomic<std::int64_t>& calls)
        : function_(std::move(function)) {
        sched_config* config = nullptr;
        bench::check(sched_config_new(&config));
        bench::check(sched_config_add_store(config, "default", ("sqlite:" + file).c_str()));
        bench::check(sched_config_add_executor(config, "default", "inline"));
        bench::check(sched_new(&scheduler_, config));
        sched_config_free(config);
        bench::check(sched_register_function(scheduler_, function_.c_str(), on_fire, &calls, nullptr));
        bench::check(sched_start(scheduler_));
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
        bench::check(sched_task_new(&task, function_.c_str()));
        bench::check(sched_task_set_id(task, id.c_str()));
        set_trigger(task);
        bench::check(sched_add_task(scheduler_, task, 0));
        sched_task_free(task);
    }

private:
    const std::string function_;
    sched_scheduler* scheduler_ = nullptr;
};

void serve(const std::string& file, std::size_t number) {
    const Node node(file, "nothing", shared().calls[number]);
    ready();
    wait_until([] { return shared().over.load(); });
}

// The tasks are there before anybody runs them.
template <class SetTrigger>
void fill(const std::string& file, std::int64_t tasks, const SetTrigger& set_trigger) {
    sched_config* config = nullptr;
    sched_scheduler* scheduler = nullptr;
    bench::check(sched_config_new(&config));
    bench::check(sched_config_add_store(config, "default", ("sqlite:" + file).c_str()));
    bench::check(sched_new(&scheduler, config));
    sched_config_free(config);
    bench::check(sched_register_function(scheduler, "nothing", on_fire, &shared().calls[0], nullptr));
    sched_task* task = nullptr;
    bench::check(sched_task_new(&task, "nothing"));
    set_trigger(task);
    for (std::int64_t i = 0; i < tasks; ++i) {
        bench::check(sched_task_set_id(task, ("task-" + std::to_string(i)).c_str()));
        bench::check(sched_add_task(scheduler, task, 0));
    }
    sched_task_free(task);
    bench::check(sched_start_paused(scheduler));
    bench::check(sched_shutdown(scheduler, -1));
    sched_free(scheduler);
}

struct Work {
    double per_second = 0;
    double share = 0;             // of the process that did least, of an equal share
    std::vector<double> waits{};  // of an outsider's commits, in microseconds
};

double share_of_least(std::size_t count) {
    double least = 1e18;
    for (std::size_t i = 0; i < count; ++i) least = std::min(least, static_cast<double>(shared().calls[i]));
    return least * static_cast<double>(count) / static_cast<double>(std::max<std::int64_t>(1, all_calls()));
}

// Every task is due each second, more than can be done: who is late runs once for what it missed.
Work saturate(const std::string& file, std::size_t count) {
    const std::int64_t begin = bench::wall_microseconds() / kSecond * kSecond;
    fill(file, kTasks, [&](sched_task* task) {
        bench::check(sched_task_set_interval(task, kSecond));
        bench::check(sched_task_set_start_at(task, begin));
    });
    Work work;
    const Processes processes(count, [&](std::size_t number) { serve(file, number); });
    std::atomic<std::int64_t> none{0};
    Node outsider(file, "outside", none);  // in this process, after the forks
    std::this_thread::sleep_for(kWarm);
    const std::int64_t calls = all_calls();
    const double from = bench::seconds();
    const double until = from + static_cast<double>(kSpan.count());
    const std::int64_t far = bench::wall_microseconds() + 86'400 * kSecond;
    for (int i = 0; bench::seconds() < until; ++i) {
        const double asked = bench::seconds();
        outsider.add("outsider-" + std::to_string(i),
                     [&](sched_task* task) { bench::check(sched_task_set_date(task, far)); });
        work.waits.push_back((bench::seconds() - asked) * 1e6);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    work.per_second = static_cast<double>(all_calls() - calls) / (bench::seconds() - from);
    work.share = share_of_least(count);
    return work;
}

Work all_at_once(const std::string& file, std::size_t count) {
    const std::int64_t due = bench::wall_microseconds() + 5 * kSecond;
    fill(file, kAtOnce, [&](sched_task* task) { bench::check(sched_task_set_date(task, due)); });
    const Processes processes(count, [&](std::size_t number) { serve(file, number); });
    if (bench::wall_microseconds() > due) bench::die("the tasks were due before all processes ran");
    wait_until([] { return all_calls() == kAtOnce; });
    Work work;
    work.share = share_of_least(count);
    return work;
}

// ---- bare SQLite ----

double bare(const std::string& file, std::size_t count) {
    bench::BareSqlite(file, kTasks);
    const Processes processes(count, [&](std::size_t number) {
        bench::BareSqlite database(file, kTasks);
        ready();
        auto first = static_cast<std::int64_t>(number) * (kTasks / static_cast<std::int64_t>(kMost));
        for (; !shared().over; first += kBatch) {
            database.fire(first, kBatch);
            shared().calls[number] += kBatch;
        }
    });
    std::this_thread::sleep_for(kWarm);
    const std::int64_t calls = all_calls();
    const double from = bench::seconds();
    std::this_thread::sleep_for(kSpan);
    return static_cast<double>(all_calls() - calls) / (bench::seconds() - from);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string parent = argc > 1 ? argv[1] : "/var/tmp";
    for (const std::size_t count : {1U, 2U, 4U}) {
        const std::string processes = std::to_string(count) + (count == 1 ? " process" : " processes");
        bench::Control control;
        control.look();
        const bench::Folder folder(parent);
        bench::Peer peer{"bare SQLite", {bare(folder.file("bare.db"), count)}};
        const Work work = saturate(folder.file("uvsched.db"), count);
        const Work once = all_at_once(folder.file("once.db"), count);
        const double latest = static_cast<double>(shared().latest);
        control.look();
        control.judge();
        bench::row(processes + " on a file, fires", {work.per_second}, "fires/s", &peer);
        bench::row(processes + ", the least busy one, of an equal share", work.share, "x");
        bench::row(processes + ", an outsider's commit, median", bench::quantile(work.waits, 0.5), "us");
        bench::row(processes + ", an outsider's commit, p99", bench::quantile(work.waits, 0.99), "us");
        bench::row(processes + ", 5,000 tasks due at once, the last start", latest, "us");
        bench::row(processes + ", the same, the least busy one, of an equal share", once.share, "x");
    }
    return 0;
}
