// Custom triggers: asked apart from the loop, one known time at a time; what they do wrong hurts their own task alone.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "core/triggers/custom.hpp"
#include "tests/core/engine/fixture.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

using Kind = TriggerAnswer::Kind;

TriggerAnswer at(Instant time) { return {.kind = Kind::time, .ask = 0, .time = time, .error = {}}; }
TriggerAnswer never() { return {.kind = Kind::never, .ask = 0, .time = 0, .error = {}}; }

// Functions of triggers, and what they were asked.
struct Triggers {
    explicit Triggers(Fixture& fixture) : f(fixture) {}

    void add(const std::string& name, std::function<TriggerAnswer(const TriggerAsk&)> call) {
        TriggerFunction function;
        function.call = [this, call = std::move(call)](const TriggerAsk& ask) {
            {
                const std::lock_guard lock(mutex);
                asks.push_back(ask);
            }
            return call(ask);
        };
        f.scheduler->register_trigger(name, std::move(function), true);
    }
    // Every `period`, on a grid that begins at the first question.
    void add_every(const std::string& name, Micros period) {
        add(name,
            [period](const TriggerAsk& ask) { return at(ask.previous ? *ask.previous + period : ask.now + period); });
    }
    std::vector<TriggerAsk> seen() {
        const std::lock_guard lock(mutex);
        return asks;
    }
    std::size_t count() { return seen().size(); }

    Fixture& f;
    std::mutex mutex;
    std::vector<TriggerAsk> asks;
};

TriggerPtr custom(const std::string& name, const std::string& arguments = {}) {
    CustomOptions options;
    options.name = name;
    options.arguments = arguments;
    return make_custom_trigger(std::move(options));
}

template <class Body>
void on_each_store(Body body) {
    SUBCASE("memory") {
        Fixture f;
        Triggers triggers(f);
        body(f, triggers);
    }
    SUBCASE("sqlite") {
        const TemporaryFolder folder;
        Fixture f("sqlite:" + folder / "tasks.db");
        Triggers triggers(f);
        body(f, triggers);
    }
}

Code code_of(const std::function<void()>& call, std::string* message = nullptr) {
    try {
        call();
    } catch (const Error& error) {
        if (message != nullptr) *message = error.message();
        return error.code();
    }
    return Code::ok;
}

std::optional<Instant> next_run(Fixture& f, const std::string& id = "t") { return f.scheduler->get("", id).next_run(); }
TaskStatus status(Fixture& f, const std::string& id = "t") { return f.scheduler->get("", id).state.status; }

std::vector<Instant> scheduled(Fixture& f) {
    const std::lock_guard lock(f.mutex);
    std::vector<Instant> times;
    for (const Seen& seen : f.seen) times.push_back(seen.scheduled);
    return times;
}

}  // namespace

TEST_CASE("a custom trigger is asked when its task is added, and after each run") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add_every("ten", 10 * kSecond);
        f.start();
        f.add(f.task("t", custom("ten", R"({"b": 1, "a": [2]})")));
        f.settle();
        CHECK(next_run(f) == kStart + 10 * kSecond);
        REQUIRE(triggers.count() == 1);
        const TriggerAsk first = triggers.seen()[0];
        CHECK_FALSE(first.previous.has_value());
        CHECK(first.now == kStart);
        CHECK(first.task_id == "t");
        CHECK(first.name == "ten");
        CHECK(first.arguments == R"({"a":[2],"b":1})");
        CHECK(first.timezone == "UTC");

        f.advance(9 * kSecond);
        CHECK(f.runs() == 0);
        f.advance(kSecond + 3 * kMillisecond);
        CHECK(scheduled(f) == std::vector{kStart + 10 * kSecond});
        REQUIRE(triggers.count() == 2);
        CHECK(triggers.seen()[1].previous == kStart + 10 * kSecond);  // not when it ran
        CHECK(triggers.seen()[1].now == kStart + 10 * kSecond + 3 * kMillisecond);
        CHECK(next_run(f) == kStart + 20 * kSecond);

        for (int i = 0; i < 8; ++i) f.advance(5 * kSecond);
        CHECK(scheduled(f) == std::vector{kStart + 10 * kSecond, kStart + 20 * kSecond, kStart + 30 * kSecond,
                                          kStart + 40 * kSecond, kStart + 50 * kSecond});
        CHECK(f.told(EventCode::trigger_error).empty());
    });
}

TEST_CASE("tasks added before start are asked at start; a time that is now runs now") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add("once", [](const TriggerAsk& ask) { return ask.previous ? never() : at(ask.now); });
        f.add(f.task("t", custom("once")));
        CHECK(triggers.count() == 0);
        f.start();
        f.settle();
        CHECK(scheduled(f) == std::vector{kStart});
        CHECK(f.told(EventCode::task_finished).size() == 1);
    });
}

TEST_CASE("no further time ends the task") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add("never", [](const TriggerAsk&) { return never(); });
        f.start();
        f.add(f.task("t", custom("never")));
        f.settle();
        CHECK(f.told(EventCode::task_finished).size() == 1);
        CHECK(f.scheduler->list("default", "", 10, false).empty());
        CHECK(f.runs() == 0);
    });
}

TEST_CASE("start_at, end_at and jitter are the scheduler's part") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add("minute",
                     [](const TriggerAsk& ask) { return at(ask.previous ? *ask.previous + kMinute : ask.now); });
        CustomOptions options;
        options.name = "minute";
        options.start_at = kStart + kHour;
        options.end_at = kStart + kHour + 2 * kMinute + 30 * kSecond;
        options.jitter = 10 * kSecond;
        f.start();
        f.add(f.task("t", make_custom_trigger(options)));
        f.settle();
        CHECK(triggers.seen()[0].now == kStart + kHour);
        const auto first = next_run(f);
        REQUIRE(first.has_value());
        CHECK(*first >= kStart + kHour);
        CHECK(*first <= kStart + kHour + 10 * kSecond);
        f.advance(kHour);
        for (int i = 0; i < 20; ++i) f.advance(10 * kSecond);
        CHECK(scheduled(f) == std::vector{kStart + kHour, kStart + kHour + kMinute, kStart + kHour + 2 * kMinute});
        CHECK(f.told(EventCode::task_finished).size() == 1);
        CHECK(f.told(EventCode::trigger_error).empty());
    });
}

TEST_CASE("what piled up is folded into one run, or run one by one") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add_every("ten", 10 * kSecond);
        f.start();
        f.add(f.task("one", custom("ten")));
        TaskSpec each = f.task("each", custom("ten"));
        each.policies.coalesce = false;
        each.policies.max_instances = 10;
        f.add(std::move(each));
        f.settle();
        f.advance(35 * kSecond);
        std::vector<Instant> one;
        std::vector<Instant> all;
        for (const Seen& seen : f.seen) {
            (seen.task == "one" ? one : all).push_back(seen.scheduled);
            if (seen.task == "one") CHECK(seen.folded == 3);
        }
        CHECK(one == std::vector{kStart + 30 * kSecond});
        CHECK(all == std::vector{kStart + 10 * kSecond, kStart + 20 * kSecond, kStart + 30 * kSecond});
        CHECK(next_run(f, "one") == kStart + 40 * kSecond);
        CHECK(next_run(f, "each") == kStart + 40 * kSecond);
    });
}

TEST_CASE("what piled up and is too late is one miss, with its count") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add_every("ten", 10 * kSecond);
        f.start();
        TaskSpec spec = f.task("t", custom("ten"));
        spec.policies.grace = kSecond;
        f.add(std::move(spec));
        f.settle();
        f.advance(35 * kSecond);
        CHECK(f.runs() == 0);
        const auto missed = f.told(EventCode::task_missed);
        REQUIRE(missed.size() == 1);
        CHECK(missed[0].count == 3);
        CHECK(missed[0].first == kStart + 10 * kSecond);
        CHECK(missed[0].scheduled == kStart + 30 * kSecond);
        CHECK(next_run(f) == kStart + 40 * kSecond);
    });
}

TEST_CASE("ten years of a second's times are one run, counted at least") {
    Fixture f;
    Triggers triggers(f);
    triggers.add_every("second", kSecond);
    f.start();
    f.add(f.task("t", custom("second")));
    f.settle();
    f.clock->step(3652 * kDay);
    f.settle();
    REQUIRE(f.runs() == 1);
    CHECK(f.seen[0].folded == 10'000);
    CHECK(f.history("t")[0].exact == false);
    CHECK(triggers.count() < 10'010);
    const auto next = next_run(f);
    REQUIRE(next.has_value());
    CHECK(*next > f.clock->wall());
    CHECK(*next <= f.clock->wall() + kSecond);
}

TEST_CASE("an answer that is wrong pauses its own task, with the reason in its history") {
    struct Case {
        const char* what;
        std::function<TriggerAnswer(const TriggerAsk&)> call;
        const char* message;
    };
    const Case cases[] = {
        {"an exception", [](const TriggerAsk&) -> TriggerAnswer { throw std::runtime_error("no luck"); },
         "trigger \"bad\" of task \"t\" failed: no luck"},
        {"an error",
         [](const TriggerAsk&) {
             return TriggerAnswer{.kind = Kind::failed, .ask = 0, .time = 0, .error = "out of days"};
         },
         "trigger \"bad\" of task \"t\" failed: out of days"},
        {"the past", [](const TriggerAsk& ask) { return at(ask.now - 1); },
         "trigger \"bad\" of task \"t\" gave 2025-12-31T23:59:59.999999Z, which lies before 2026-01-01T00:00:00Z, from "
         "when it was asked"},
        {"out of range", [](const TriggerAsk&) { return at(kHorizon); },
         "trigger \"bad\" of task \"t\" gave 2200-01-01T00:00:00Z, which does not lie in 1970 to 2199"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        on_each_store([&](Fixture& f, Triggers& triggers) {
            triggers.add("bad", c.call);
            triggers.add_every("good", 10 * kSecond);
            f.start();
            f.add(f.task("t", custom("bad")));
            f.add(f.task("other", custom("good")));
            f.settle();
            CHECK(status(f) == TaskStatus::paused);
            CHECK_FALSE(next_run(f).has_value());
            const auto told = f.told(EventCode::trigger_error);
            REQUIRE(told.size() == 1);
            CHECK(told[0].task_id == "t");
            CHECK(told[0].alias == "default");
            CHECK(told[0].reason == Reason::trigger_failed);
            CHECK(told[0].message == std::string(c.message) + "; the task is paused until it is resumed or changed");
            const auto rows = f.history("t");
            REQUIRE(rows.size() == 1);
            CHECK(rows[0].state == FireState::missed);
            CHECK(rows[0].reason == Reason::trigger_failed);
            CHECK(rows[0].error == c.message);
            CHECK(rows[0].folded == 0);

            f.advance(10 * kSecond);
            CHECK(f.runs() == 1);
            CHECK(f.seen[0].task == "other");

            // Repaired and resumed, it goes on from now.
            triggers.add_every("bad", 3 * kSecond);
            f.scheduler->resume_task("", "t");
            f.settle();
            CHECK(next_run(f) == kStart + 13 * kSecond);
        });
    }
}

TEST_CASE("a time that does not come after the last one pauses the task; what ran has run") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add("stuck", [](const TriggerAsk& ask) { return at(ask.previous.value_or(ask.now)); });
        f.start();
        f.add(f.task("t", custom("stuck")));
        f.settle();
        CHECK(f.runs() == 1);
        CHECK(status(f) == TaskStatus::paused);
        const auto told = f.told(EventCode::trigger_error);
        REQUIRE(told.size() == 1);
        CHECK(told[0].message.find("which is not later than its previous time, 2026-01-01T00:00:00Z") !=
              std::string::npos);
    });
}

TEST_CASE("a trigger that loops for ever is given up after its deadline; the others go on") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        Gate stuck;
        triggers.add("loop", [&](const TriggerAsk& ask) {
            stuck.pass();
            return at(ask.now + kSecond);
        });
        triggers.add_every("good", 2 * kSecond);
        f.start();
        f.add(f.task("t", custom("loop")));
        stuck.wait_for_waiting(1);
        f.add(f.task("other", custom("good")));
        f.add(f.task("plain", Fixture::every(kSecond)));
        f.clock->advance(5 * kSecond - 1);
        // The loop thread is not held up meanwhile.
        while (f.runs() == 0) std::this_thread::yield();
        CHECK(status(f) == TaskStatus::active);
        f.clock->advance(1);
        f.hear(EventCode::trigger_error);
        f.settle();
        CHECK(status(f) == TaskStatus::paused);
        CHECK(f.told(EventCode::trigger_error)[0].message ==
              "trigger \"loop\" of task \"t\" did not answer within 5 s; the task is paused until it is resumed or "
              "changed");
        CHECK(next_run(f, "other").has_value());
        stuck.open();
        f.advance(2 * kSecond);
        CHECK(status(f) == TaskStatus::paused);  // the late answer is ignored
    });
}

TEST_CASE("a machine that slept through the deadline gives the function its time again") {
    Fixture f;
    Triggers triggers(f);
    Gate stuck;
    triggers.add("slow", [&](const TriggerAsk& ask) {
        stuck.pass();
        return at(ask.now + kDay);
    });
    f.start();
    f.add(f.task("t", custom("slow")));
    stuck.wait_for_waiting(1);
    f.clock->advance(kHour);
    f.scheduler->run_now("", "t");
    while (f.runs() == 0) std::this_thread::yield();  // the loop has seen the hour
    CHECK(status(f) == TaskStatus::active);
    stuck.open();
    f.settle();
    CHECK(next_run(f) == kStart + kDay);
    CHECK(f.told(EventCode::trigger_error).empty());
}

TEST_CASE("removed, paused or changed while it is asked: the answer is of no use any more") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        Gate slow;
        triggers.add("slow", [&](const TriggerAsk& ask) {
            slow.pass();
            return at(ask.now + kSecond);
        });
        triggers.add_every("minute", kMinute);
        f.start();
        f.add(f.task("removed", custom("slow")));
        slow.wait_for_waiting(1);
        f.add(f.task("paused", custom("slow")));
        f.add(f.task("changed", custom("slow")));
        f.add(f.task("replaced", custom("slow")));
        f.add(f.task("twice", custom("slow")));
        f.scheduler->remove("", "removed");
        f.scheduler->pause_task("", "paused");
        TaskChanges changes;
        changes.trigger = custom("minute");
        f.scheduler->change("", "changed", changes);
        f.add(f.task("replaced", Fixture::every(kHour)), AddMode::replace);
        f.scheduler->pause_task("", "twice");
        f.scheduler->resume_task("", "twice");
        slow.open();
        f.settle();
        CHECK(code_of([&] { f.scheduler->get("", "removed"); }) == Code::not_found);
        CHECK(status(f, "paused") == TaskStatus::paused);
        CHECK_FALSE(next_run(f, "paused").has_value());
        CHECK(next_run(f, "changed") == kStart + kMinute);
        CHECK(next_run(f, "replaced") == kStart + kHour);
        CHECK(next_run(f, "twice") == kStart + kSecond);
        CHECK(f.told(EventCode::trigger_error).empty());
        f.scheduler->resume_task("", "paused");
        f.settle();
        CHECK(next_run(f, "paused") == kStart + kSecond);
    });
}

TEST_CASE("resumed, the trigger is asked from now, and nothing that ran runs again") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add_every("ten", 10 * kSecond);
        f.start();
        f.add(f.task("t", custom("ten")));
        f.settle();
        f.advance(10 * kSecond);
        f.scheduler->pause_task("", "t");
        f.advance(95 * kSecond);
        f.scheduler->resume_task("", "t");
        f.settle();
        const TriggerAsk last = triggers.seen().back();
        CHECK_FALSE(last.previous.has_value());
        CHECK(last.now == kStart + 105 * kSecond);
        CHECK(next_run(f) == kStart + 115 * kSecond);
        CHECK(f.runs() == 1);

        // The clock was set back before the last run: its slot is not given again.
        f.scheduler->pause_task("", "t");
        f.clock->step(-200 * kSecond);
        f.scheduler->resume_task("", "t");
        f.settle();
        CHECK(triggers.seen().back().now == kStart + 10 * kSecond + 1);
    });
}

TEST_CASE("an equal definition changes nothing; run now and next_run_time stand beside the trigger") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add_every("ten", 10 * kSecond);
        f.start();
        TaskSpec spec = f.task("t", custom("ten"));
        spec.next_run_time = std::optional(kStart + 4 * kSecond);
        f.add(std::move(spec));
        f.settle();
        CHECK(triggers.count() == 0);
        CHECK(next_run(f) == kStart + 4 * kSecond);
        CHECK(f.add(f.task("t", custom("ten"))).result == AddOutcome::Result::unchanged);
        f.advance(4 * kSecond);
        CHECK(f.runs() == 1);
        CHECK(next_run(f) == kStart + 14 * kSecond);
        f.scheduler->run_now("", "t");
        f.settle();
        CHECK(f.runs() == 2);
        CHECK(next_run(f) == kStart + 14 * kSecond);
        std::string message;
        CHECK(code_of([&] { f.add(f.task("t", custom("ten", "3"))); }, &message) == Code::conflict);
        CHECK(message.find("custom ten") != std::string::npos);
    });
}

TEST_CASE("a stop does not wait for a trigger; the next start asks again") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        Gate stuck;
        triggers.add("slow", [&](const TriggerAsk& ask) {
            stuck.pass();
            return at(ask.previous ? *ask.previous + kMinute : ask.now + kMinute);
        });
        f.start();
        f.add(f.task("t", custom("slow")));
        stuck.wait_for_waiting(1);
        f.stop();
        f.clock->advance(kSecond);
        f.start();
        stuck.wait_for_waiting(2);
        stuck.open();
        f.settle();
        CHECK(triggers.count() == 2);
        CHECK(next_run(f) == kStart + kMinute);  // from the moment of adding, not of asking
    });
}

TEST_CASE("a process that died between a claim and the answer loses nothing") {
    const TemporaryFolder folder;
    const std::string store = "sqlite:" + folder / "tasks.db";
    Gate stuck;
    {
        Fixture f(store);
        Triggers triggers(f);
        triggers.add("slow", [&](const TriggerAsk& ask) {
            if (ask.previous) stuck.pass();
            return at(ask.previous ? *ask.previous + kMinute : ask.now + kMinute);
        });
        f.start();
        f.add(f.task("t", custom("slow")));
        f.settle();
        f.clock->advance(kMinute);
        stuck.wait_for_waiting(1);
        while (f.runs() == 0) std::this_thread::yield();
        f.stop();
        stuck.open();
    }
    Fixture f(store);
    Triggers triggers(f);
    f.clock->advance(kMinute + kSecond);
    f.start();
    f.settle();
    const auto waits = f.told(EventCode::task_unrunnable);
    REQUIRE(waits.size() == 1);
    CHECK(waits[0].task_id == "t");
    CHECK(waits[0].message == "trigger \"slow\" is not registered in this process; the task waits for it");
    CHECK_FALSE(next_run(f).has_value());
    triggers.add_every("slow", kMinute);
    f.settle();
    CHECK(triggers.seen()[0].previous == kStart + kMinute);  // the slot that was claimed
    CHECK(next_run(f) == kStart + 2 * kMinute);
    f.advance(kMinute);
    CHECK(scheduled(f) == std::vector{kStart + 2 * kMinute});
}

TEST_CASE("a slot with what may have piled up behind it survives a death while it is asked about") {
    const TemporaryFolder folder;
    const std::string store = "sqlite:" + folder / "tasks.db";
    Gate stuck;
    {
        Fixture f(store);
        Triggers triggers(f);
        triggers.add("slow", [&](const TriggerAsk& ask) {
            if (ask.previous) stuck.pass();
            return at(ask.previous ? *ask.previous + kMinute : ask.now + kMinute);
        });
        f.start();
        f.add(f.task("t", custom("slow")));
        f.settle();
        f.clock->advance(3 * kMinute + kSecond);
        stuck.wait_for_waiting(1);
        f.stop();
        stuck.open();
        CHECK(f.runs() == 0);
    }
    Fixture f(store);
    Triggers triggers(f);
    f.clock->advance(3 * kMinute + 2 * kSecond);
    triggers.add_every("slow", kMinute);
    f.start();
    f.settle();
    REQUIRE(f.runs() == 1);
    CHECK(f.seen[0].scheduled == kStart + 3 * kMinute);
    CHECK(f.seen[0].folded == 3);
    CHECK(next_run(f) == kStart + 4 * kMinute);
}

TEST_CASE("a name is registered once, and its function is released when nothing uses it any more") {
    Fixture f;
    std::atomic<int> released{0};
    Gate slow;
    TriggerFunction function;
    function.call = [&](const TriggerAsk& ask) {
        slow.pass();
        return at(ask.now + kSecond);
    };
    function.release = [&] { ++released; };
    f.scheduler->register_trigger("x", function, false);
    std::string message;
    CHECK(code_of([&] { f.scheduler->register_trigger("x", function, false); }, &message) == Code::already);
    CHECK(message == "trigger \"x\" is already registered: unregister it first");
    CHECK(code_of([&] { f.scheduler->unregister_trigger("y"); }, &message) == Code::not_found);
    CHECK(message == "trigger \"y\" is not registered");
    CHECK(code_of([&] { f.add(f.task("t", custom("y"))); }, &message) == Code::not_found);
    CHECK(message == "trigger \"y\" is not registered: register its function first");
    f.start();
    f.add(f.task("t", custom("x")));
    slow.wait_for_waiting(1);
    f.scheduler->unregister_trigger("x");
    CHECK(released == 0);
    slow.open();
    f.settle();
    while (released == 0) std::this_thread::yield();  // by the thread of the triggers, when it has answered
    CHECK(released == 1);
    CHECK(next_run(f) == kStart + kSecond);
    TaskChanges changes;
    changes.trigger = custom("x");
    CHECK(code_of([&] { f.scheduler->change("", "t", changes); }) == Code::not_found);
}

TEST_CASE("a trigger of another language is asked through its queue; its time to answer begins when it is taken") {
    on_each_store([](Fixture& f, Triggers&) {
        const auto queue = f.scheduler->queue("queue");
        TriggerFunction function;
        function.token = 77;
        function.queue = queue;
        f.scheduler->register_trigger("far", std::move(function), false);
        f.start();
        f.add(f.task("t", custom("far", "[1]")));
        f.settle();  // nobody takes the question: nothing to wait for
        f.advance(kHour);
        CHECK(status(f) == TaskStatus::active);

        const ConsumerId consumer = queue->attach(1);
        QueueItem item;
        REQUIRE(queue->take(consumer, {&item, 1}, std::chrono::milliseconds(10'000)) == 1);
        REQUIRE(item.tag == ItemTag::trigger_next);
        REQUIRE(item.ask != nullptr);
        CHECK(item.token == 77);
        CHECK(item.ask->name == "far");
        CHECK(item.ask->arguments == "[1]");
        CHECK_FALSE(item.ask->previous.has_value());
        CHECK(item.ask->now == kStart);
        TriggerAnswer answer = at(kStart + kDay);
        answer.ask = item.ask->id;
        queue->answer({&answer, 1});
        queue->answer({&answer, 1});  // a second answer is ignored
        f.settle();
        CHECK(next_run(f) == kStart + kDay);

        f.clock->advance(kDay);
        REQUIRE(queue->take(consumer, {&item, 1}, std::chrono::milliseconds(10'000)) == 1);
        // One of the two: the day passed with an hour on the clock, and the slot is asked about before it runs.
        CHECK(item.ask->previous == kStart + kDay);
        f.clock->advance(5 * kSecond);
        f.hear(EventCode::trigger_error);
        f.settle();
        CHECK(status(f) == TaskStatus::paused);
        queue->detach(consumer);
    });
}

TEST_CASE("many tasks of one trigger are asked one after the other") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        std::atomic<int> inside{0};
        std::atomic<int> most{0};
        triggers.add("ten", [&](const TriggerAsk& ask) {
            most = std::max(most.load(), ++inside);
            --inside;
            return at(ask.previous ? *ask.previous + 10 * kSecond : ask.now + 10 * kSecond);
        });
        f.start();
        for (int i = 0; i < 50; ++i) f.add(f.task("t" + std::to_string(i), custom("ten")));
        f.settle();
        f.advance(10 * kSecond);
        f.advance(10 * kSecond);
        CHECK(f.runs() == 100);
        CHECK(triggers.count() == 150);
        CHECK(most == 1);
    });
}

TEST_CASE("a paused scheduler asks, and does not run") {
    on_each_store([](Fixture& f, Triggers& triggers) {
        triggers.add_every("ten", 10 * kSecond);
        f.scheduler->start(true);
        f.add(f.task("t", custom("ten")));
        f.settle();
        while (triggers.count() == 0) std::this_thread::yield();
        f.settle();
        CHECK(next_run(f) == kStart + 10 * kSecond);
        f.advance(10 * kSecond);
        CHECK(f.runs() == 0);
        f.scheduler->resume();
        f.settle();
        CHECK(f.runs() == 1);
    });
}
