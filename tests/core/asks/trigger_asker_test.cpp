#include "core/asks/trigger_asker.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "core/triggers/custom.hpp"
#include "tests/support/lacking_memory.hpp"

using namespace uvsched;
using uvsched::test::for_each_lack;
using uvsched::test::LackingMemory;
using uvsched::test::lacks;

namespace {

constexpr Instant kNow = 1'767'225'600 * kSecond;

// A queue that is asked, and the home of one task on a custom trigger.
struct Asked final : AskHome {
    Shared shared{std::make_shared<ManualClock>(kNow), TimeZone::load("UTC"), this};
    ManualClock& clock = static_cast<ManualClock&>(*shared.clock);
    std::mutex mutex;
    Lifecycle life;
    TriggerAsker asker{shared, life, this};
    std::shared_ptr<RunQueue> queue = make_run_queue();
    ConsumerId consumer = queue->attach(1);
    std::shared_ptr<Definition> task = std::make_shared<Definition>();
    bool released = false;

    std::vector<Instant> times;  // of the last answer
    int answers = 0;
    bool ended = false;
    std::string failure;
    int failures = 0;
    int forgotten = 0;

    Asked() {
        task->id = "tide";
        task->trigger = make_custom_trigger({.name = "moon"});
        std::unique_lock lock(mutex);
        life.begin_start(lock, false);
        life.started(false);
    }
    ~Asked() override { asker.clear(); }

    const std::string& alias_of(const Ask& /*ask*/) const override { return task->id; }
    void answer(const Ask& ask, bool over) override {
        ++answers;
        times = ask.times;
        ended = over;
    }
    void give_up(const Ask& /*ask*/, const std::string& what) override {
        failure = what;
        ++failures;
    }
    void forget(const Ask& /*ask*/) override { ++forgotten; }

    void add_function() {
        TriggerFunction function;
        function.queue = queue;
        function.token = 7;
        function.release = [this] { released = true; };
        asker.add("moon", std::move(function), true);
    }
    void want(std::uint64_t rev = 0, std::optional<Instant> slot = {}) {
        TaskState state;
        state.uid = 5;
        state.rev = rev;
        state.anchor = kNow;
        state.next_slot = slot;
        asker.want({.home = this, .definition = task, .state = state});
    }
    // The numbers of the questions that were put since the last call.
    std::vector<std::uint64_t> questions() {
        std::vector<QueueItem> items(8);
        items.resize(queue->take(consumer, items, std::chrono::milliseconds(0)));
        std::vector<std::uint64_t> asks;
        for (const QueueItem& item : items) asks.push_back(item.ask->id);
        return asks;
    }
    void say(std::uint64_t ask, TriggerAnswer::Kind kind, Instant time = 0) {
        TriggerAnswer answer{.kind = kind, .ask = ask, .time = time, .error = {}};
        asker.answered({&answer, 1});
    }
};

}  // namespace

TEST_CASE("trigger asker: a question is put once, and its answer comes to the home of the task") {
    Asked asked;
    asked.add_function();
    asked.want();
    asked.want();
    const auto asks = asked.questions();
    REQUIRE(asks.size() == 1);
    CHECK(asked.asker.any_under_way());
    asked.say(asks[0], TriggerAnswer::Kind::time, kNow + 60);
    CHECK(asked.answers == 1);
    CHECK(asked.times == std::vector<Instant>{kNow + 60});
    CHECK_FALSE(asked.ended);
    CHECK_FALSE(asked.asker.any_under_way());
    asked.say(asks[0], TriggerAnswer::Kind::time, kNow + 99);  // nobody asked
    CHECK(asked.answers == 1);
}

TEST_CASE("trigger asker: a task waits for a function that is not registered yet") {
    Asked asked;
    CHECK_THROWS_WITH_AS(asked.asker.check(*asked.task->trigger),
                         "trigger \"moon\" is not registered: register its function first", Error);
    asked.want();
    CHECK(asked.questions().empty());
    CHECK_FALSE(asked.asker.any_under_way());
    asked.add_function();
    CHECK(asked.questions().size() == 1);
    asked.asker.check(*asked.task->trigger);
    CHECK_THROWS_AS(asked.asker.add("moon", {}, false), Error);
}

TEST_CASE("trigger asker: what piled up is asked for until a time lies in the future") {
    Asked asked;
    asked.add_function();
    asked.clock.advance(100);
    asked.want(0, kNow + 10);
    const auto first = asked.questions();
    REQUIRE(first.size() == 1);
    asked.say(first[0], TriggerAnswer::Kind::time, kNow + 50);
    CHECK(asked.answers == 0);
    const auto second = asked.questions();
    REQUIRE(second.size() == 1);
    asked.say(second[0], TriggerAnswer::Kind::time, kNow + 500);
    CHECK(asked.answers == 1);
    CHECK(asked.times == std::vector<Instant>{kNow + 50, kNow + 500});
}

TEST_CASE("trigger asker: a time that runs backwards is the end of asking, and so is an exception") {
    Asked asked;
    asked.add_function();
    asked.want();
    asked.say(asked.questions().at(0), TriggerAnswer::Kind::time, kNow - 1);
    CHECK(asked.failure.starts_with("trigger \"moon\" of task \"tide\" gave 2025-12-31T23:59:59.999999Z"));
    asked.want(1);
    asked.say(asked.questions().at(0), TriggerAnswer::Kind::failed);
    CHECK(asked.failure == "trigger \"moon\" of task \"tide\" failed");
    CHECK(asked.answers == 0);
}

TEST_CASE("trigger asker: an answer about an earlier state of the task is dropped") {
    Asked asked;
    asked.add_function();
    asked.want(0);
    const auto old = asked.questions();
    asked.asker.taken(old);
    asked.want(1);
    asked.say(old.at(0), TriggerAnswer::Kind::never);
    CHECK(asked.answers == 0);
    asked.say(asked.questions().at(0), TriggerAnswer::Kind::never);
    CHECK(asked.answers == 1);
    CHECK(asked.ended);
}

TEST_CASE("trigger asker: a function that was taken and says nothing is given up") {
    Asked asked;
    asked.add_function();
    asked.want();
    CHECK(asked.asker.deadline(asked.shared.now()) == kLatest);
    asked.asker.taken(asked.questions());
    CHECK(asked.asker.deadline(asked.shared.now()) == kNow + kTriggerDeadline);
    asked.clock.advance(kTriggerDeadline);
    asked.asker.expire(asked.shared.now());
    CHECK(asked.failure == "trigger \"moon\" of task \"tide\" did not answer within 5 s");
}

TEST_CASE("trigger asker: a scheduler that ends asks nobody, and its homes know what to ask again") {
    Asked asked;
    asked.add_function();
    asked.want();
    CHECK(asked.questions().size() == 1);
    asked.life.stop(StopMode::wait);
    asked.asker.forget_all();
    CHECK(asked.forgotten == 1);
    asked.want(1);
    CHECK(asked.questions().empty());
}

TEST_CASE("trigger asker: a function is released when nothing asks it any more") {
    Asked asked;
    asked.add_function();
    asked.want();
    const auto asks = asked.questions();
    asked.asker.remove("moon");
    for (const auto& release : std::exchange(asked.shared.releases, {})) release();
    CHECK_FALSE(asked.released);
    asked.say(asks.at(0), TriggerAnswer::Kind::never);
    asked.shared.releases.clear();
    CHECK(asked.released);
    CHECK_THROWS_WITH_AS(asked.asker.remove("moon"), "trigger \"moon\" is not registered", Error);
}

// ---- without memory ----

TEST_CASE("trigger asker: no question is lost for want of memory") {
    for_each_lack([](long n) {
        CAPTURE(n);
        Asked asked;
        asked.add_function();
        bool failed = false;
        bool thrown = false;
        {
            const LackingMemory lacking(n);
            thrown = lacks([&] { asked.want(); });
            failed = lacking.failed();
        }
        if (thrown) asked.want();  // as a home does
        asked.asker.expire(asked.shared.now());
        CHECK(asked.questions().size() == 1);
        return failed;
    });
}

TEST_CASE("trigger asker: a function that is registered without memory is asked nevertheless") {
    for_each_lack([](long n) {
        CAPTURE(n);
        Asked asked;
        asked.want();
        TriggerFunction function;
        function.queue = asked.queue;
        bool failed = false;
        bool thrown = false;
        {
            const LackingMemory lacking(n);
            thrown = lacks([&] { asked.asker.add("moon", function, true); });
            failed = lacking.failed();
        }
        if (thrown) asked.asker.add("moon", function, true);
        asked.asker.expire(asked.shared.now());
        CHECK(asked.questions().size() == 1);
        return failed;
    });
}

TEST_CASE("trigger asker: an answer that there is no memory for is asked for once more, also among many") {
    for_each_lack([](long n) {
        CAPTURE(n);
        Asked asked;
        asked.add_function();
        asked.clock.advance(100);
        asked.want(0, kNow + 10);
        asked.asker.taken(asked.questions());
        bool failed = false;
        {
            TriggerAnswer answer{.kind = TriggerAnswer::Kind::time, .ask = 1, .time = kNow + 50, .error = {}};
            const LackingMemory lacking(n);
            CHECK_FALSE(lacks([&] { asked.asker.answered({&answer, 1}); }));
            failed = lacking.failed();
        }
        asked.asker.expire(asked.shared.now());
        CHECK(asked.questions().size() == 1);
        CHECK(asked.answers == 0);
        return failed;
    });
}

TEST_CASE("trigger asker: a function that says nothing is given up when there is memory") {
    for_each_lack([](long n) {
        CAPTURE(n);
        Asked asked;
        asked.add_function();
        asked.want();
        const auto asks = asked.questions();
        bool failed = false;
        {
            const LackingMemory lacking(n);
            asked.asker.taken(asks);
            failed = lacking.failed();
        }
        REQUIRE_FALSE(failed);
        asked.clock.advance(kTriggerDeadline);
        bool thrown = false;
        {
            const LackingMemory lacking(n);
            thrown = lacks([&] { asked.asker.expire(asked.shared.now()); });
            failed = lacking.failed();
        }
        if (thrown) asked.asker.expire(asked.shared.now());  // as the next turn does
        CHECK(asked.failures == 1);
        CHECK_FALSE(asked.asker.any_under_way());
        return failed;
    });
}

TEST_CASE("trigger asker: a call that there is no memory for is made in the next turn, in its order") {
    for_each_lack([](long n) {
        CAPTURE(n);
        Asked asked;
        TriggerAsker driven(asked.shared, asked.life, &asked, false);
        std::vector<std::string> called;
        driven.connect([&](TriggerAnswer&& answer) { driven.answered({&answer, 1}); });
        TriggerFunction function;
        function.call = [&](const TriggerAsk& ask) {
            called.push_back(ask.task_id);
            return TriggerAnswer{.kind = TriggerAnswer::Kind::never, .ask = ask.id, .time = 0, .error = {}};
        };
        driven.add("moon", std::move(function), true);
        const auto want = [&](const char* id, Uid uid) {
            auto task = std::make_shared<Definition>(*asked.task);
            task->id = id;
            TaskState state;
            state.uid = uid;
            driven.want({.home = &asked, .definition = task, .state = state});
        };
        bool failed = false;
        bool thrown = false;
        {
            const LackingMemory lacking(n);
            thrown = lacks([&] { want("a", 1); });
            failed = lacking.failed();
        }
        if (thrown) want("a", 1);
        want("b", 2);
        for (int turn = 0; turn < 4; ++turn) {
            driven.expire(asked.shared.now());
            driven.due().make();
        }
        CHECK(called == std::vector<std::string>{"a", "b"});
        CHECK(asked.answers == 2);
        driven.clear();
        return failed;
    });
}
