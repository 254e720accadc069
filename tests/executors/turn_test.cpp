// A run waits in its executor until its turn comes: what counts then is that moment, and not when it was claimed.
#include <doctest/doctest.h>

#include <functional>

#include "core/executors/run_queue.hpp"
#include "tests/core/engine/fixture.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

constexpr Micros kBlocked = 10 * kSecond;  // for so long nothing else gets a turn

// A scheduler whose executor is busy with one run while others are due.
class Busy {
public:
    Busy(const std::string& store, std::string executor)
        : executor_(std::move(executor)), f_(store, executor_ == "queue" ? "inline" : executor_) {
        f_.add_function("block", [](const Run*, void* data) {
            static_cast<Fixture*>(data)->clock->advance(kBlocked);
            return 0;
        });
        f_.scheduler->register_function("far", {.call = nullptr, .token = 1, .user_data = nullptr, .release = {}},
                                        true);
        if (executor_ == "queue") {
            queue_ = f_.scheduler->queue("queue");
            consumer_ = queue_->attach(10);
        }
        f_.start();
    }
    ~Busy() {
        if (queue_) queue_->detach(consumer_);
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

    Fixture& operator*() { return f_; }
    Fixture* operator->() { return &f_; }

    [[nodiscard]] TaskSpec task(TriggerPtr trigger) const {
        TaskSpec spec = f_.task("t", std::move(trigger), queue_ ? "far" : "note");
        if (queue_) spec.executor = "queue";
        return spec;
    }

    // `t` comes to be due behind a run that holds the executor, which kBlocked later lets go of it. Returns how often
    // `t` was called.
    std::size_t run_behind(TaskSpec spec, std::size_t expected) {
        if (executor_ == "inline") f_.add(f_.task("block", Fixture::once(kStart + kSecond - 1), "block"));
        const bool blocks = executor_ == "threadpool:1";
        if (blocks) {
            f_.add(f_.task("block", Fixture::once(kStart), "wait"));
            f_.gate.wait_for_waiting(1);
        }
        f_.add(std::move(spec));
        f_.clock->advance(kSecond);
        if (queue_) f_.hear(EventCode::task_submitted);
        if (executor_ != "inline") f_.clock->advance(kBlocked);
        if (blocks) f_.gate.open();
        if (queue_) take(expected);
        f_.settle();
        return queue_ ? taken_ : f_.runs() - (blocks ? 1 : 0);
    }

private:
    bool missed() {
        const std::lock_guard lock(f_.mutex);
        return f_.count(EventCode::task_missed) > 0;
    }

    // Takes and ends so many runs; none: until the one that comes is missed.
    void take(std::size_t expected) {
        std::vector<QueueItem> items(10);
        while (expected == 0 && !missed()) taken_ += queue_->take(consumer_, items, std::chrono::milliseconds(10));
        while (taken_ < expected) {
            const std::size_t count = queue_->take(consumer_, items, std::nullopt);
            for (std::size_t i = 0; i < count; ++i) {
                RunResult result{.run = items[i].run_id, .state = FireState::done, .result = {}, .error = {}};
                queue_->finish({&result, 1});
                ++taken_;
            }
        }
    }

    const std::string executor_;
    Fixture f_;
    std::shared_ptr<RunQueue> queue_;
    ConsumerId consumer_ = 0;
    std::size_t taken_ = 0;
};

void on_each(const std::function<void(Busy&)>& body) {
    for (const char* executor : {"inline", "threadpool:1", "queue"}) {
        CAPTURE(executor);
        {
            INFO("memory");
            Busy busy("memory", executor);
            body(busy);
        }
        {
            INFO("sqlite");
            const TemporaryFolder folder;
            Busy busy("sqlite:" + (folder / "tasks.db"), executor);
            body(busy);
        }
    }
}

TriggerPtr soon() { return Fixture::once(kStart + kSecond); }

}  // namespace

TEST_CASE("a run whose turn comes after its grace time is missed, and not called") {
    on_each([](Busy& f) {
        TaskSpec spec = f.task(soon());
        spec.policies.grace = std::optional(kBlocked - 1);
        CHECK(f.run_behind(spec, 0) == 0);
        const auto rows = f->history("t");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].state == FireState::missed);
        CHECK(rows[0].reason == Reason::misfire);
        CHECK(rows[0].last == kStart + kSecond);
        CHECK(rows[0].started_at == 0);
        CHECK(rows[0].finished_at >= kStart + kBlocked);
        const auto told = f->told(EventCode::task_missed);
        REQUIRE(told.size() == 1);
        CHECK(told[0].task_id == "t");
        CHECK(told[0].reason == Reason::misfire);
        CHECK(told[0].scheduled == kStart + kSecond);
        CHECK(f->scheduler->stats().missed == 1);
        CHECK(f->scheduler->get("default", "t").state.runs == 0);
    });
}

TEST_CASE("a run that is still in time is called, and begins at that moment") {
    on_each([](Busy& f) {
        TaskSpec spec = f.task(soon());
        spec.policies.grace = std::optional(2 * kBlocked);
        CHECK(f.run_behind(spec, 1) == 1);
        const auto rows = f->history("t");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].state == FireState::done);
        CHECK(rows[0].claimed_at <= rows[0].started_at);
        CHECK(rows[0].started_at >= kStart + kBlocked);
        const auto told = f->told(EventCode::task_executed);
        CHECK(std::any_of(told.begin(), told.end(),
                          [](const Event& event) { return event.task_id == "t" && event.duration == 0; }));
    });
}
