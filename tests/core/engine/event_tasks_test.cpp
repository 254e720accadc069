// Tasks on a shutdown or boot trigger (docs/decisions/0024-event-triggers.md).
#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <thread>

#include "core/triggers/combine.hpp"
#include "core/triggers/cron.hpp"
#include "core/triggers/shutdown.hpp"
#include "tests/core/engine/fixture.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

TriggerPtr at_shutdown() { return make_shutdown_trigger(); }
TriggerPtr at_boot() { return make_cron_trigger({.expression = "@reboot"}); }

Error refusal(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    return {Code::ok, ""};
}

std::vector<std::string> names(Fixture& f) {
    const std::lock_guard lock(f.mutex);
    std::vector<std::string> out;
    for (const Seen& seen : f.seen) out.push_back(seen.task);
    return out;
}

using Names = std::vector<std::string>;

// The same for a memory store and for a durable one.
template <class Body>
void on_both_stores(Body body) {
    const TemporaryFolder folder;
    for (const std::string executor : {"inline", "threadpool:2"}) {
        for (const std::string& store : {std::string("memory"), "sqlite:" + folder / executor}) {
            CAPTURE(store);
            CAPTURE(executor);
            Fixture f(store, executor);
            body(f);
        }
    }
}

}  // namespace

TEST_CASE("a task on a shutdown trigger runs once at each shutdown, and a boot task at each start") {
    on_both_stores([](Fixture& f) {
        f.add(f.task("bye", at_shutdown()));
        f.add(f.task("hello", at_boot()));
        f.start();
        f.settle();
        CHECK(names(f) == Names{"hello"});
        f.advance(kHour);
        CHECK(f.runs() == 1);
        f.stop();
        CHECK(names(f) == Names{"hello", "bye"});
        f.start();
        f.settle();
        f.clock->advance(kMinute);
        f.stop();
        CHECK(names(f) == Names{"hello", "bye", "hello", "bye"});
        CHECK(f.seen[0].scheduled == kStart);
        CHECK(f.seen[1].scheduled == kStart + kHour);
        CHECK(f.seen[3].scheduled == kStart + kHour + kMinute);
        CHECK(f.seen[0].fire != f.seen[2].fire);
        CHECK(f.scheduler->stats().in_flight == 0);
    });
}

TEST_CASE("starts and stops at one instant are different fires") {
    on_both_stores([](Fixture& f) {
        f.add(f.task("bye", at_shutdown()));
        f.start();
        f.stop();
        f.start();
        f.stop();
        REQUIRE(f.runs() == 2);
        CHECK(f.seen[0].fire != f.seen[1].fire);
    });
}

TEST_CASE("they are listed, got, run, paused, changed and removed under the alias of their store") {
    on_both_stores([](Fixture& f) {
        f.start();
        f.add(f.task("bye", at_shutdown()));
        f.add(f.task("tick", Fixture::every(kHour)));
        const auto listed = [&] {
            Names ids;
            for (const TaskView& view : f.scheduler->list("default", "", 100, true)) {
                CHECK(view.store == "default");
                ids.push_back(view.definition->id);
            }
            return ids;
        };
        CHECK(listed() == Names{"bye", "tick"});
        CHECK(f.scheduler->store_aliases() == Names{"default"});
        for (const char* alias : {"", "default"}) {
            const TaskView view = f.scheduler->get(alias, "bye");
            CHECK(view.definition->trigger->kind() == TriggerKind::shutdown);
            CHECK(view.state.status == TaskStatus::active);
            CHECK_FALSE(view.next_run().has_value());
            CHECK(view.store == "default");
        }
        CHECK(f.scheduler->preview("", "bye", 5, std::nullopt).empty());
        f.scheduler->run_now("", "bye");
        f.settle();
        CHECK(names(f) == Names{"bye"});
        TaskChanges changes;
        changes.name = "farewell";
        CHECK(f.scheduler->change("default", "bye", changes).definition->name == "farewell");
        CHECK(f.scheduler->pause_task("", "bye").state.status == TaskStatus::paused);
        f.stop();
        CHECK(f.runs() == 1);
        f.start();
        CHECK(f.scheduler->resume_task("", "bye").state.status == TaskStatus::active);
        f.stop();
        CHECK(f.runs() == 2);
        f.start();
        const auto rows = f.history("bye");
        REQUIRE(rows.size() == 2);
        CHECK(rows[0].key.kind == FireKind::shutdown);
        CHECK(rows[0].state == FireState::done);
        CHECK(rows[1].key.kind == FireKind::manual);
        f.scheduler->remove("", "bye");
        CHECK(listed() == Names{"tick"});
        f.stop();
        CHECK(f.runs() == 2);
        f.start();
        f.add(f.task("bye", at_shutdown()));
        CHECK(f.scheduler->remove_all("default") == 2);
        CHECK(f.told(EventCode::all_tasks_removed).size() == 1);
        CHECK(listed().empty());
    });
}

TEST_CASE("declaring one again changes nothing, another definition is a conflict or a replacement") {
    on_both_stores([](Fixture& f) {
        CHECK(f.add(f.task("bye", at_shutdown())).result == AddOutcome::Result::pending);
        f.start();
        CHECK(f.add(f.task("bye", at_shutdown())).result == AddOutcome::Result::unchanged);
        CHECK(refusal([&] { f.add(f.task("bye", at_shutdown(), "fail")); }).code() == Code::conflict);
        CHECK(refusal([&] { f.add(f.task("bye", at_boot())); }).code() == Code::conflict);
        CHECK(f.add(f.task("bye", at_shutdown(), "fail"), AddMode::replace).result == AddOutcome::Result::replaced);
        f.stop();
        f.hear(EventCode::task_error);
        f.add(f.task("bye", at_shutdown(), "fail"));
        f.start();
        f.stop();
        CHECK(f.runs() == 2);
    });
}

TEST_CASE("an id stands for one task, whether it is stored or lives in the process") {
    on_both_stores([](Fixture& f) {
        f.start();
        f.add(f.task("one", Fixture::every(kHour)));
        CHECK(refusal([&] { f.add(f.task("one", at_shutdown())); })
                  .message()
                  .find("trigger: interval of 1 h, here at shutdown") != std::string::npos);
        f.add(f.task("one", at_shutdown()), AddMode::replace);
        CHECK(f.scheduler->list("default", "", 10, false).size() == 1);
        f.advance(2 * kHour);
        CHECK(f.runs() == 0);
        CHECK(refusal([&] { f.add(f.task("one", Fixture::every(kHour))); }).code() == Code::conflict);
        f.add(f.task("one", Fixture::every(kHour)), AddMode::replace);
        CHECK(f.scheduler->list("default", "", 10, false).size() == 1);
        f.advance(kHour);
        CHECK(f.runs() == 1);
        f.stop();
        CHECK(f.runs() == 1);
    });
}

TEST_CASE("a conflict found at start does not stop it: the stored task stays") {
    const TemporaryFolder folder;
    const std::string url = "sqlite:" + folder / "tasks.db";
    {
        Fixture f(url);
        f.add(f.task("one", Fixture::every(kHour)));
        f.start();
    }
    Fixture f(url);
    bool released = false;
    TaskSpec spec = f.task("one", at_shutdown());
    spec.release = [&released] { released = true; };
    f.scheduler->add(spec, AddMode::keep);
    f.start();
    CHECK(f.told(EventCode::task_conflict).size() == 1);
    CHECK(f.scheduler->get("", "one").definition->trigger->kind() == TriggerKind::interval);
    f.stop();
    CHECK(released);
    CHECK(f.runs() == 0);
    f.add(f.task("one", at_shutdown()), AddMode::replace);
    f.start();
    f.stop();
    CHECK(f.runs() == 1);
}

TEST_CASE("a task cannot be changed out of a durable store, or into it") {
    const TemporaryFolder folder;
    const auto change = [](Fixture& f, const char* id, TriggerPtr trigger) {
        TaskChanges changes;
        changes.trigger = std::move(trigger);
        return refusal([&] { f.scheduler->change("", id, changes); });
    };
    {
        Fixture f("sqlite:" + folder / "tasks.db");
        f.add(f.task("early", at_shutdown()));
        CHECK(change(f, "early", Fixture::every(kHour)).code() == Code::invalid);
        f.start();
        f.add(f.task("bye", at_shutdown()));
        f.add(f.task("tick", Fixture::every(kHour)));
        CHECK(change(f, "bye", Fixture::every(kHour)).message() ==
              "trigger: at shutdown -> interval of 1 h: task \"bye\" would have to move out of store "
              "\"default\" or into it; delete it and add it again");
        CHECK(change(f, "tick", at_shutdown()).code() == Code::invalid);
        CHECK(change(f, "bye", at_boot()).code() == Code::ok);
    }
    Fixture f;
    f.start();
    f.add(f.task("bye", at_shutdown()));
    f.add(f.task("tick", Fixture::every(kHour)));
    CHECK(change(f, "bye", Fixture::every(kHour)).code() == Code::ok);
    CHECK(change(f, "tick", at_shutdown()).code() == Code::ok);
    f.advance(kHour);
    CHECK(names(f) == Names{"bye"});
    f.stop();
    CHECK(names(f) == Names{"bye", "tick"});
}

TEST_CASE("an event has no time: next_run_time is refused, but it may be added paused") {
    Fixture f;
    TaskSpec spec = f.task("bye", at_shutdown());
    spec.next_run_time = std::optional<Instant>(kStart);
    CHECK(refusal([&] { f.add(spec); }).message() ==
          "next_run_time: 2026-01-01T00:00:00Z is a time, but the task runs at shutdown");
    spec.next_run_time = std::optional<Instant>();
    f.add(spec);
    f.start();
    CHECK(f.scheduler->get("", "bye").state.status == TaskStatus::paused);
    TaskChanges changes;
    changes.next_run_time = std::optional<Instant>(kStart);
    CHECK(refusal([&] { f.scheduler->change("", "bye", changes); }).code() == Code::invalid);
    f.stop();
    CHECK(f.runs() == 0);
}

TEST_CASE("what belongs to this process alone may be used: a token, a local function; no id is derived") {
    const TemporaryFolder folder;
    Fixture f("sqlite:" + folder / "tasks.db");
    TaskSpec spec = f.task("", at_shutdown());
    spec.local_function = true;
    spec.token = 7;
    int released = 0;
    spec.release = [&released] { ++released; };
    const AddOutcome first = f.add(spec);
    CHECK(first.task.definition->id.size() == 32);
    CHECK(f.add(f.task("", at_shutdown())).task.definition->id != first.task.definition->id);
    f.start();
    f.stop();
    CHECK(f.runs() == 2);
    CHECK(released == 0);
    f.scheduler->remove("", first.task.definition->id);
    CHECK(released == 1);
}

TEST_CASE("each scheduler that declared it runs its own, and one that did not has none") {
    const TemporaryFolder folder;
    const std::string url = "sqlite:" + folder / "tasks.db";
    {
        Fixture f(url);
        f.add(f.task("bye", at_shutdown()));
        f.start();
        f.stop();
        CHECK(f.runs() == 1);
    }
    Fixture f(url);
    f.start();
    CHECK(f.scheduler->list("default", "", 10, true).empty());
    f.stop();
    CHECK(f.runs() == 0);
}

TEST_CASE("shutdown tasks run after the stop and before STOPPED; a paused scheduler has them too") {
    on_both_stores([](Fixture& f) {
        f.add(f.task("bye", at_shutdown()));
        f.scheduler->start(true);
        f.stop();
        CHECK(f.runs() == 1);
        f.hear(EventCode::scheduler_shutdown);
        const std::lock_guard lock(f.mutex);
        std::vector<EventCode> codes;
        for (const Event& event : f.events) {
            if (event.task_id == "bye" || event.code == EventCode::scheduler_shutdown) codes.push_back(event.code);
        }
        CHECK(codes == std::vector<EventCode>{EventCode::task_added, EventCode::task_submitted,
                                              EventCode::task_executed, EventCode::scheduler_shutdown});
    });
}

TEST_CASE("a stop from a callback runs them") {
    for (const char* executor : {"inline", "threadpool:2"}) {
        CAPTURE(executor);
        Fixture f("memory", executor);
        f.add_function("stopper", [](const Run* run, void* data) {
            static_cast<Fixture*>(data)->note(*run);
            static_cast<Fixture*>(data)->scheduler->stop(StopMode::wait);
            return 0;
        });
        f.add(f.task("stopper", Fixture::every(kSecond), "stopper"));
        // One that stops what stops already.
        f.add(f.task("bye", at_shutdown(), "stopper"));
        f.start();
        f.clock->advance(kSecond);
        f.scheduler->wait(std::nullopt);
        CHECK(names(f) == Names{"stopper", "bye"});
    }
}

TEST_CASE("nothing else begins during a shutdown") {
    Fixture f("memory", "threadpool:1");
    f.add(f.task("tick", Fixture::every(kSecond)));
    f.add(f.task("bye", at_shutdown(), "wait"));
    f.start();
    f.settle();
    f.scheduler->stop(StopMode::wait);
    f.gate.wait_for_waiting(1);
    f.clock->advance(kMinute);
    f.scheduler->run_now("", "tick");
    f.gate.open();
    f.scheduler->wait(std::nullopt);
    CHECK(names(f) == Names{"bye"});
}

TEST_CASE("many shutdown tasks on a small pool all run") {
    Fixture f("memory", "threadpool:1");
    for (int i = 0; i < 500; ++i) f.add(f.task("bye" + std::to_string(i), at_shutdown()));
    f.start();
    f.stop();
    CHECK(f.runs() == 500);
}

TEST_CASE("a cancel is for what ran before the shutdown; a second one is for the shutdown tasks too") {
    Fixture f("memory", "threadpool:2");
    f.add_function("patient", [](const Run* run, void* data) {
        static_cast<Fixture*>(data)->note(*run);
        while (!run->cancelled.load()) std::this_thread::yield();
        return 1;
    });
    f.start();
    f.add(f.task("early", Fixture::every(kSecond), "patient"));
    f.add(f.task("bye", at_shutdown(), "wait"));
    f.add(f.task("long", at_shutdown(), "patient"));
    f.clock->advance(kSecond);
    while (f.runs() < 1) std::this_thread::yield();
    f.scheduler->stop(StopMode::cancel);
    f.gate.wait_for_waiting(1);
    f.gate.open();
    while (f.runs() < 3) std::this_thread::yield();
    CHECK(f.scheduler->wait(20 * kMillisecond) == Code::timed_out);
    f.scheduler->stop(StopMode::cancel);
    f.scheduler->wait(std::nullopt);
    CHECK(f.history("early")[0].state == FireState::cancelled);
    CHECK(f.history("bye")[0].state == FireState::done);
    CHECK(f.history("long")[0].state == FireState::cancelled);
}

TEST_CASE("it waits for its earlier run to end, and is not skipped") {
    Fixture f("memory", "threadpool:2");
    f.add(f.task("bye", at_shutdown(), "wait"));
    f.start();
    f.scheduler->run_now("", "bye");
    f.gate.wait_for_waiting(1);
    f.scheduler->stop(StopMode::wait);
    CHECK(f.scheduler->wait(20 * kMillisecond) == Code::timed_out);
    CHECK(f.runs() == 1);
    f.gate.open();
    f.scheduler->wait(std::nullopt);
    CHECK(f.runs() == 2);
    CHECK(f.history("bye")[0].key.kind == FireKind::shutdown);
}

TEST_CASE("a manual run that had not begun stays for the next start, and does not hold the shutdown") {
    Fixture f("memory", "threadpool:1");
    f.add(f.task("block", Fixture::every(kSecond), "wait"));
    f.add(f.task("bye", at_shutdown()));
    f.start();
    f.clock->advance(kSecond);
    f.gate.wait_for_waiting(1);
    f.scheduler->run_now("", "bye");
    f.scheduler->stop(StopMode::wait);
    f.gate.open();
    f.scheduler->wait(std::nullopt);
    CHECK(names(f) == Names{"block", "bye"});
    CHECK(f.history("bye")[0].key.kind == FireKind::shutdown);
    f.start();
    f.settle();
    CHECK(names(f) == Names{"block", "bye", "bye"});
    CHECK(f.history("bye")[0].key.kind == FireKind::manual);
}

TEST_CASE("a boot run that had not begun when the scheduler stopped is not run at the next start") {
    on_both_stores([](Fixture& f) {
        f.add(f.task("hello", at_boot()));
        f.scheduler->start(true);
        ++f.pauses;
        f.stop();
        f.start();
        f.settle();
        CHECK(f.runs() == 1);
        const auto rows = f.history("hello");
        REQUIRE(rows.size() == 2);
        CHECK(rows[0].state == FireState::done);
        CHECK(rows[1].state == FireState::skipped);
        CHECK(rows[1].reason == Reason::cancelled);
        CHECK(rows[1].key.kind == FireKind::boot);
        CHECK(f.told(EventCode::task_missed).size() == 1);
    });
}

TEST_CASE("a run queue's consumer gets them; where nobody is left they are skipped, and that is told") {
    on_both_stores([](Fixture& f) {
        const auto queue = f.scheduler->queue("queue");
        f.scheduler->register_function("foreign", {.call = nullptr, .token = 9, .user_data = nullptr, .release = {}},
                                       true);
        TaskSpec spec = f.task("bye", at_shutdown(), "foreign");
        spec.executor = "queue";
        f.add(spec);
        f.start();
        const ConsumerId consumer = queue->attach(1);
        f.scheduler->stop(StopMode::wait);
        std::array<QueueItem, 4> items;
        REQUIRE(queue->take(consumer, items, std::nullopt) == 1);
        CHECK(items[0].tag == ItemTag::run);
        CHECK(items[0].token == 9);
        CHECK(f.scheduler->wait(0) == Code::timed_out);
        std::array<RunResult, 1> results{
            RunResult{.run = items[0].run_id, .state = FireState::done, .result = {}, .error = {}}};
        queue->finish(results);
        f.scheduler->wait(std::nullopt);
        REQUIRE(queue->take(consumer, items, std::nullopt) == 1);
        CHECK(items[0].tag == ItemTag::stopped);
        queue->detach(consumer);
        CHECK(f.history("bye").front().state == FireState::done);

        f.start();
        f.stop();
        CHECK(f.history("bye").front().state == FireState::skipped);
        CHECK(f.history("bye").front().reason == Reason::cancelled);
        f.start();
        const auto missed = f.told(EventCode::task_missed);
        REQUIRE(missed.size() == 1);
        CHECK(missed[0].task_id == "bye");
        CHECK(missed[0].message == "the scheduler shuts down, and no consumer is attached to run it");
    });
}

TEST_CASE("a consumer that leaves during the shutdown takes nothing with it") {
    Fixture f;
    const auto queue = f.scheduler->queue("queue");
    f.scheduler->register_function("foreign", {.call = nullptr, .token = 9, .user_data = nullptr, .release = {}}, true);
    for (const char* id : {"a", "b", "c"}) {
        TaskSpec spec = f.task(id, at_shutdown(), "foreign");
        spec.executor = "queue";
        f.add(spec);
    }
    f.start();
    const ConsumerId consumer = queue->attach(2);
    f.scheduler->stop(StopMode::wait);
    std::array<QueueItem, 1> items;
    REQUIRE(queue->take(consumer, items, std::nullopt) == 1);
    queue->detach(consumer);
    std::array<RunResult, 1> results{
        RunResult{.run = items[0].run_id, .state = FireState::cancelled, .result = {}, .error = {}}};
    queue->finish(results);
    f.scheduler->wait(std::nullopt);
    int skipped = 0;
    for (const HistoryRow& row : f.history()) skipped += row.state == FireState::skipped ? 1 : 0;
    CHECK(skipped == 2);
}

TEST_CASE("an and that is given up is told as an error of its trigger") {
    on_both_stores([](Fixture& f) {
        f.start();
        f.add(f.task("never", make_and_trigger({.triggers = {Fixture::on_grid(2 * kSecond, kStart),
                                                             Fixture::on_grid(2 * kSecond, kStart + kSecond)}})));
        const auto errors = f.told(EventCode::trigger_error);
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].task_id == "never");
        CHECK(errors[0].message.find("were asked 100000 times and had no time in common") != std::string::npos);
        // After a run, too.
        const auto once = make_and_trigger(
            {.triggers = {Fixture::on_grid(2 * kSecond, kStart),
                          make_or_trigger({.triggers = {Fixture::once(kStart + 4 * kSecond),
                                                        Fixture::on_grid(2 * kSecond, kStart + 5 * kSecond)}})}});
        f.add(f.task("once", once));
        f.settle();
        f.advance(4 * kSecond);
        CHECK(f.runs() == 1);
        CHECK(f.told(EventCode::trigger_error).size() == 2);
        CHECK(f.told(EventCode::task_finished).size() >= 1);
    });
}
