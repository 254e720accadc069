// What comes to be due while an executor is busy is planned when it is free: it is folded, and never skipped because of
// a run that waited, or of others at work.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "core/executors/look_ahead.hpp"
#include "core/executors/run_queue.hpp"
#include "tests/core/engine/fixture.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

void on_both(const std::function<void(Fixture&)>& body) {
    {
        INFO("memory");
        Fixture f;
        body(f);
    }
    {
        INFO("sqlite");
        const TemporaryFolder folder;
        Fixture f("sqlite:" + (folder / "tasks.db"));
        body(f);
    }
}

// A consumer of the queue, of either kind, which takes and ends runs when the test says so.
class Consumer {
public:
    Consumer(Fixture& f, std::size_t room, Room kind)
        : f_(f), queue_(f.scheduler->queue("queue")), id_(queue_->attach(room, kind)) {
        f.scheduler->register_function("far", {.call = nullptr, .token = 1, .user_data = nullptr, .release = {}}, true);
    }
    ~Consumer() { queue_->detach(id_); }
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    void add(const std::string& id, TriggerPtr trigger) {
        TaskSpec spec = f_.task(id, std::move(trigger), "far");
        spec.executor = "queue";
        f_.add(std::move(spec));
    }
    [[nodiscard]] std::size_t room() const { return queue_->room(); }

    // The next run; waits for it.
    QueueItem take() {
        QueueItem item;
        while (queue_->take(id_, {&item, 1}, std::nullopt) == 0) {
        }
        return item;
    }
    bool takes_nothing() {
        QueueItem item;
        return queue_->take(id_, {&item, 1}, std::chrono::milliseconds(0)) == 0;
    }
    void finish(const QueueItem& item) {
        RunResult result{.run = item.run_id, .state = FireState::done, .result = {}, .error = {}};
        queue_->finish({&result, 1});
    }

private:
    Fixture& f_;
    std::shared_ptr<RunQueue> queue_;
    ConsumerId id_;
};

std::int64_t due_times(const std::vector<HistoryRow>& rows) {
    std::int64_t due = 0;
    for (const HistoryRow& row : rows) due += row.folded;
    return due;
}

bool any_skipped(const std::vector<HistoryRow>& rows) {
    return std::any_of(rows.begin(), rows.end(), [](const HistoryRow& row) { return row.state == FireState::skipped; });
}

}  // namespace

TEST_CASE("nothing is claimed for a worker that is at work, and what came meanwhile is one run") {
    on_both([](Fixture& f) {
        Consumer worker(f, 1, Room::workers);
        f.start();
        worker.add("block", Fixture::once(kStart));
        const QueueItem block = worker.take();
        worker.add("t", Fixture::on_grid(kSecond, kStart + kSecond));
        for (int i = 0; i < 10; ++i) f.clock->advance(kSecond);
        CHECK(worker.room() == 0);
        CHECK(worker.takes_nothing());
        worker.finish(block);
        const QueueItem run = worker.take();
        CHECK(run.run->task->id == "t");
        CHECK(run.run->folded == 10);
        worker.finish(run);
        f.settle();
        CHECK(due_times(f.history("t")) == 10);
        CHECK_FALSE(any_skipped(f.history("t")));
        CHECK(f.told(EventCode::task_delayed).empty());
    });
}

TEST_CASE("a worker's place is free again if its run is not called, or its consumer leaves") {
    on_both([](Fixture& f) {
        Consumer stays(f, 1, Room::workers);
        f.start();
        stays.add("late", Fixture::once(kStart + kSecond));
        stays.add("next", Fixture::once(kStart + kMinute));
        f.clock->advance(kSecond);
        f.hear(EventCode::task_submitted);
        f.scheduler->remove("default", "late");
        CHECK(stays.takes_nothing());
        f.clock->advance(kMinute);
        const QueueItem next = stays.take();
        CHECK(next.run->task->id == "next");
        CHECK(stays.room() == 0);
        QueueItem other;
        {
            Consumer leaves(f, 1, Room::workers);
            CHECK(leaves.room() == 1);
            leaves.add("other", Fixture::once(f.clock->wall()));
            other = leaves.take();
            CHECK(leaves.room() == 0);
        }
        CHECK(stays.room() == 0);
        stays.finish(other);  // which was no longer of anybody
        CHECK(stays.room() == 0);
        stays.finish(next);
        CHECK(stays.room() >= 1);
        f.settle();
    });
}

TEST_CASE("what came to be due while a run waited for its turn is run when that is over, at max_instances = 1") {
    on_both([](Fixture& f) {
        Consumer consumer(f, 10, Room::waiting);
        f.start();
        consumer.add("t", Fixture::on_grid(kSecond, kStart + kSecond));
        f.clock->advance(kSecond);
        f.hear(EventCode::task_submitted);
        for (int i = 0; i < 9; ++i) f.clock->advance(kSecond);
        const QueueItem first = consumer.take();
        CHECK(first.run->folded == 1);
        f.clock->advance(kSecond / 2);
        consumer.finish(first);
        const QueueItem rest = consumer.take();
        CHECK(rest.run->folded == 9);
        consumer.finish(rest);
        f.settle();
        CHECK_FALSE(any_skipped(f.history("t")));
        CHECK(due_times(f.history("t")) == 10);
    });
}

TEST_CASE("what comes to be due while a run is at work overlaps with it, though it waited for its turn before") {
    on_both([](Fixture& f) {
        Consumer consumer(f, 10, Room::waiting);
        f.start();
        consumer.add("t", Fixture::on_grid(kSecond, kStart + kSecond));
        f.clock->advance(kSecond);
        f.hear(EventCode::task_submitted);
        for (int i = 0; i < 9; ++i) f.clock->advance(kSecond);
        const QueueItem first = consumer.take();
        f.clock->advance(kSecond);
        f.hear(EventCode::task_max_instances);
        consumer.finish(first);
        f.settle();
        CHECK(due_times(f.history("t")) == 11);
    });
}

TEST_CASE("runs wait for workers only if they are short") {
    using namespace std::chrono_literals;
    LookAhead ahead;
    CHECK(ahead.runs(4) == 0);  // nobody knows how long they are
    ahead.note(1ms);
    CHECK(ahead.runs(1) == 5);
    CHECK(ahead.runs(4) == 20);
    CHECK(ahead.runs(1'000) == 256);
    for (int i = 0; i < 100; ++i) ahead.note(1s);
    CHECK(ahead.runs(4) == 0);
    for (int i = 0; i < 200; ++i) ahead.note(10us);
    CHECK(ahead.runs(1) > 50);
}
