// When custom triggers are asked, and what becomes of their times.
#include <atomic>
#include <thread>

#include "tests/core/engine/custom_triggers.hpp"

using namespace uvsched;
using namespace uvsched::test;

TEST_CASE("a custom trigger is asked when its task is added, and after each run") {
    with_triggers([](Fixture& f, Triggers& triggers) {
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
    with_triggers([](Fixture& f, Triggers& triggers) {
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
    with_triggers([](Fixture& f, Triggers& triggers) {
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
    with_triggers([](Fixture& f, Triggers& triggers) {
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
    with_triggers([](Fixture& f, Triggers& triggers) {
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
    with_triggers([](Fixture& f, Triggers& triggers) {
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

TEST_CASE("resumed, the trigger is asked from now, and nothing that ran runs again") {
    with_triggers([](Fixture& f, Triggers& triggers) {
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
    with_triggers([](Fixture& f, Triggers& triggers) {
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

TEST_CASE("many tasks of one trigger are asked one after the other") {
    with_triggers([](Fixture& f, Triggers& triggers) {
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
    with_triggers([](Fixture& f, Triggers& triggers) {
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
