// What happens while a run waits in its executor: its task is not looked at, it can be deleted, and a crash costs it
// nothing.
#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>

#include "core/executors/run_queue.hpp"
#include "tests/core/engine/fixture.hpp"
#include "tests/stores/sql.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

constexpr Micros kLong = 10 * kSecond;  // for so long nothing else gets a turn

std::int64_t skipped_for(const std::vector<HistoryRow>& rows, Reason reason) {
    return std::count_if(rows.begin(), rows.end(), [&](const HistoryRow& row) { return row.reason == reason; });
}

// A run queue with one consumer, which takes when the test says so.
struct Consumer {
    explicit Consumer(Fixture& f) : queue(f.scheduler->queue("queue")), id(queue->attach(10)) {
        f.scheduler->register_function("far", {.call = nullptr, .token = 1, .user_data = nullptr, .release = {}}, true);
    }
    ~Consumer() { queue->detach(id); }
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    // The tasks of the runs that wait, in order; they end at once. Waits for one if `wait`.
    std::vector<std::string> work(bool wait) {
        std::vector<QueueItem> items(10);
        const auto timeout = wait ? std::nullopt : std::optional(std::chrono::milliseconds(0));
        items.resize(queue->take(id, items, timeout));
        std::vector<std::string> tasks;
        for (const QueueItem& item : items) {
            tasks.push_back(item.run->task->id);
            RunResult result{.run = item.run_id, .state = FireState::done, .result = {}, .error = {}};
            queue->finish({&result, 1});
        }
        return tasks;
    }

    static TaskSpec task(const Fixture& f, const std::string& id, TriggerPtr trigger) {
        TaskSpec spec = f.task(id, std::move(trigger), "far");
        spec.executor = "queue";
        return spec;
    }

    std::shared_ptr<RunQueue> queue;
    ConsumerId id;
};

using Names = std::vector<std::string>;

void on_both(const std::function<void(Fixture&)>& body, const std::string& executor = "inline") {
    {
        INFO("memory");
        Fixture f("memory", executor);
        body(f);
    }
    {
        INFO("sqlite");
        const TemporaryFolder folder;
        Fixture f("sqlite:" + folder / "tasks.db", executor);
        body(f);
    }
}

void check_folded(const std::vector<HistoryRow>& rows) {
    CHECK(skipped_for(rows, Reason::max_instances) == 0);
    CHECK(std::any_of(rows.begin(), rows.end(), [](const HistoryRow& row) { return row.folded > 5; }));
    std::int64_t due = 0;
    for (const HistoryRow& row : rows) due += row.folded;
    CHECK(due == 10);
}

}  // namespace

TEST_CASE("due times that come while the executor is busy are folded, and not skipped: a pool") {
    on_both(
        [](Fixture& f) {
            f.add(f.task("block", Fixture::once(kStart), "wait"));
            f.start();
            f.gate.wait_for_waiting(1);
            f.add(f.task("t", Fixture::on_grid(kSecond, kStart + kSecond)));
            for (int i = 0; i < 10; ++i) f.clock->advance(kSecond);
            f.gate.open();
            f.settle();
            check_folded(f.history("t"));
        },
        "threadpool:1");
}

TEST_CASE("due times that come while the executor is busy are folded, and not skipped: a queue") {
    on_both([](Fixture& f) {
        Consumer consumer(f);
        f.start();
        TaskSpec spec = Consumer::task(f, "t", Fixture::on_grid(kSecond, kStart + kSecond));
        spec.policies.max_instances = 2;  // the first still runs when the rest is planned, or does not
        f.add(spec);
        f.clock->advance(kSecond);
        f.hear(EventCode::task_submitted);
        for (int i = 0; i < 9; ++i) f.clock->advance(kSecond);
        CHECK(consumer.work(true) == Names{"t"});
        CHECK(consumer.work(true) == Names{"t"});
        f.settle();
        check_folded(f.history("t"));
        const auto told = f.told(EventCode::task_delayed);
        REQUIRE(told.size() == 1);
        CHECK(told[0].task_id == "t");
        CHECK(told[0].duration == 9 * kSecond);
        CHECK(told[0].message == "a run waited 9 s in executor \"queue\" before it was called");
    });
}

TEST_CASE("due times that come while the executor is busy are folded, and not skipped: inline") {
    on_both([](Fixture& f) {
        f.add_function("long", [](const Run*, void* data) {
            static_cast<Fixture*>(data)->clock->advance(9 * kSecond);
            return 0;
        });
        f.add(f.task("block", Fixture::once(kStart + kSecond - 1), "long"));
        f.add(f.task("t", Fixture::on_grid(kSecond, kStart + kSecond)));
        f.start();
        f.clock->advance(kSecond);
        f.settle();
        check_folded(f.history("t"));
        CHECK(f.told(EventCode::task_delayed).size() == 1);
    });
}

TEST_CASE("a run that waits is not called any more once its task is deleted") {
    on_both([](Fixture& f) {
        Consumer consumer(f);
        f.start();
        f.add(Consumer::task(f, "t", Fixture::once(kStart + kSecond)));
        f.add(Consumer::task(f, "u", Fixture::once(kStart + kSecond)));
        f.clock->advance(kSecond);
        f.hear(EventCode::task_submitted, 2);
        f.scheduler->remove("default", "t");
        const auto rows = f.history("t");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].state == FireState::skipped);
        CHECK(rows[0].reason == Reason::deleted);
        CHECK(consumer.work(true) == Names{"u"});
        f.settle();
        CHECK(f.history("t").size() == 1);
        CHECK(f.scheduler->stats().in_flight == 0);
    });
}

TEST_CASE("a run that waits is not called any more once its trigger is replaced, and does not hold the next") {
    on_both([](Fixture& f) {
        Consumer consumer(f);
        f.start();
        f.add(Consumer::task(f, "t", Fixture::on_grid(kMinute, kStart + kSecond)));
        f.add(Consumer::task(f, "u", Fixture::once(kStart + kSecond)));
        f.clock->advance(kSecond);
        f.hear(EventCode::task_submitted, 2);
        TaskChanges changes;
        changes.trigger = Fixture::on_grid(kMinute, kStart + 2 * kSecond);
        f.scheduler->change("default", "t", std::move(changes));
        CHECK(skipped_for(f.history("t"), Reason::replaced) == 1);
        CHECK(consumer.work(true) == Names{"u"});
        f.clock->advance(kSecond);
        CHECK(consumer.work(true) == Names{"t"});
        f.settle();
        CHECK(skipped_for(f.history("t"), Reason::max_instances) == 0);
    });
}

TEST_CASE("an inline run is not called any more once the run before it deleted its task") {
    Fixture f;
    f.add_function("delete", [](const Run*, void* data) {
        static_cast<Fixture*>(data)->scheduler->remove("default", "t");
        return 0;
    });
    f.add(f.task("first", Fixture::once(kStart + kSecond - 1), "delete"));
    f.add(f.task("t", Fixture::once(kStart + kSecond)));
    f.start();
    f.advance(kSecond);
    CHECK(f.runs() == 0);
    const auto rows = f.history("t");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].reason == Reason::deleted);
}

TEST_CASE("a mark_lost run waits for its start gate, and keeps its place") {
    for (const char* executor : {"inline", "threadpool:1"}) {
        CAPTURE(executor);
        const TemporaryFolder folder;
        Fixture f("sqlite:" + folder / "tasks.db", executor);
        TaskSpec spec = f.task("t", Fixture::once(kStart + kSecond));
        spec.policies.on_crash = OnCrash::mark_lost;
        f.add(spec);
        f.start();
        f.advance(kSecond);
        CHECK(f.runs() == 1);
        CHECK(f.history("t").at(0).state == FireState::done);
        CHECK(f.scheduler->get("default", "t").state.runs == 1);
    }
}

// ---- crashes ----

namespace {

// A process that crashes: its scheduler does nothing unless it is polled, and is then dropped as it is.
class Life {
public:
    Life(const std::string& path, const std::shared_ptr<ManualClock>& clock) {
        Config config;
        config.clock = clock;
        config.identity = "node";
        config.driver = Driver::caller;
        config.add_store("default", "sqlite:" + path);
        config.add_executor("default", "queue");
        scheduler = Scheduler::create(std::move(config));
        queue_ = scheduler->queue("default");
        consumer_ = queue_->attach(10);
        scheduler->register_function("far", {.call = nullptr, .token = 1, .user_data = nullptr, .release = {}}, true);
        scheduler->start(false);
    }

    void turn() {
        pollfd one{.fd = scheduler->poll_descriptor(), .events = POLLIN, .revents = 0};
        while (::poll(&one, 1, 0) == 1) scheduler->poll();
    }
    // How many runs are called now.
    std::size_t take() {
        QueueItem item;
        return queue_->take(consumer_, {&item, 1}, std::chrono::milliseconds(0));
    }

    std::shared_ptr<Scheduler> scheduler;

private:
    std::shared_ptr<RunQueue> queue_;
    ConsumerId consumer_ = 0;
};

// Lives that crash: the next one finds the file as it is at that moment.
struct Crashes {
    TemporaryFolder folder;
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(kStart);
    int lives = 0;
    std::unique_ptr<Life> life = std::make_unique<Life>(path(), clock);

    [[nodiscard]] std::string path() const { return folder / "tasks-" + std::to_string(lives) + ".db"; }
    void crash() {
        const std::string last = path();
        ++lives;
        for (const char* file : {"", "-wal"}) std::filesystem::copy_file(last + file, path() + file);
        life.reset();
        life = std::make_unique<Life>(path(), clock);
    }

    // A run waits in the queue.
    void add(OnCrash on_crash) {
        TaskSpec spec;
        spec.id = "t";
        spec.function = "far";
        spec.trigger = Fixture::once(kStart + kSecond);
        spec.policies.on_crash = on_crash;
        spec.policies.max_crashes = 3;
        life->scheduler->add(spec, AddMode::declare);
        clock->advance(kSecond);
        life->turn();
        CHECK(state() == "claimed");
    }
    // Its turn comes, its gate answers, and it is called.
    void call() {
        CHECK(life->take() == 0);
        life->turn();
        CHECK(state() == "running");
        CHECK(life->take() == 1);
    }
    [[nodiscard]] std::string state() const { return ask_sql(path(), "SELECT state FROM open"); }
    [[nodiscard]] std::string crashes() const { return ask_sql(path(), "SELECT crashes FROM open"); }
    [[nodiscard]] std::string ended() const { return ask_sql(path(), "SELECT state FROM history"); }
};

}  // namespace

TEST_CASE("a process that dies while a run waits costs it nothing") {
    for (const OnCrash on_crash : {OnCrash::rerun, OnCrash::mark_lost}) {
        CAPTURE(static_cast<int>(on_crash));
        Crashes c;
        c.add(on_crash);
        for (int i = 0; i < 5; ++i) {
            c.crash();
            CHECK(c.state() == "ready");
            CHECK(c.crashes() == "0");
            c.life->turn();
            CHECK(c.state() == "claimed");
        }
        c.call();
    }
}

TEST_CASE("a process that dies in the function is a crash of that run") {
    for (const OnCrash on_crash : {OnCrash::rerun, OnCrash::mark_lost}) {
        CAPTURE(static_cast<int>(on_crash));
        Crashes c;
        c.add(on_crash);
        c.crash();
        c.life->turn();
        c.call();
        c.crash();
        if (on_crash == OnCrash::mark_lost) {
            CHECK(c.ended() == "lost");
        } else {
            CHECK(c.crashes() == "1");
        }
    }
}

TEST_CASE("a fire that kills its process at its first instruction ends as lost") {
    Crashes c;
    c.add(OnCrash::rerun);
    CHECK(c.life->take() == 1);  // it waits for nothing, and its start is not written yet
    CHECK(c.state() == "claimed");
    for (const char* charged : {"0", "1", "2"}) {
        c.crash();
        CHECK(c.crashes() == charged);
        c.life->turn();
        c.call();
    }
    c.crash();
    CHECK(c.ended() == "lost");
}

TEST_CASE("a start that nobody waits for is written while the function is called") {
    Crashes c;
    c.add(OnCrash::rerun);
    CHECK(c.life->take() == 1);
    c.life->turn();
    CHECK(c.state() == "running");
}

TEST_CASE("a pool's worker that waits for a start gate does not stop a scheduler that nobody drives any more") {
    const TemporaryFolder folder;
    Config config;
    config.clock = std::make_shared<ManualClock>(kStart);
    config.driver = Driver::caller;
    config.add_store("default", "sqlite:" + folder / "tasks.db");
    config.add_executor("default", "threadpool:1");
    Fixture f(std::move(config));
    TaskSpec spec = f.task("t", Fixture::once(kStart + kSecond));
    spec.policies.on_crash = OnCrash::mark_lost;
    f.add(spec);
    f.start();
    f.advance(kSecond);
    CHECK(f.runs() == 1);
}
