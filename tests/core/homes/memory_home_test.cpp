#include "core/homes/memory_home.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/ledger/task_rules.hpp"
#include "tests/core/homes/parts.hpp"
#include "tests/support/lacking_memory.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

struct Home : Parts {
    MemoryHome home{all(), 0, "default", 100};

    AddOutcome add(NewTask task) { return home.add(std::move(task), false); }
    void pass(Micros span) {
        clock.advance(span);
        turn(home);
    }
};

bool pause_task(const StoredTask& task, Change& change, const Now& /*now*/) {
    change.state = paused_state(task.state);
    return true;
}

}  // namespace

TEST_CASE("memory home: a task is claimed when it is due, and its run comes back to it") {
    Home there;
    CHECK(there.add(there.task("a")).result == AddOutcome::Result::created);
    CHECK(there.home.next_deadline(there.shared.now()) == kNow + 10 * kSecond);
    there.turn(there.home);
    CHECK(there.called == 0);
    there.pass(10 * kSecond);
    CHECK(there.called == 1);
    CHECK(there.runs.live() == 0);
    CHECK(there.runs.finished() == 1);
    REQUIRE(there.home.history({}).size() == 1);
    CHECK(there.home.history({})[0].state == FireState::done);
    CHECK(there.home.next_deadline(there.shared.now()) == kNow + 20 * kSecond);
    CHECK(there.told() ==
          std::vector<EventCode>{EventCode::task_added, EventCode::task_submitted, EventCode::task_executed});
}

TEST_CASE("memory home: an equal task stays, and another one is a conflict unless it replaces") {
    Home there;
    there.add(there.task("a"));
    CHECK(there.add(there.task("a")).result == AddOutcome::Result::unchanged);
    CHECK_THROWS_AS(there.add(there.task("a", kSecond)), Error);
    NewTask other = there.task("a", kSecond);
    other.mode = AddMode::replace;
    CHECK(there.add(std::move(other)).result == AddOutcome::Result::replaced);
    CHECK(there.home.next_deadline(there.shared.now()) == kNow + kSecond);
}

TEST_CASE("memory home: an edit that changes nothing tells nothing") {
    Home there;
    there.add(there.task("a"));
    there.told();
    const auto nothing = [](const StoredTask&, Change&, const Now&) { return false; };
    CHECK(there.home.edit("a", nothing, std::nullopt)->definition->id == "a");
    CHECK(there.told().empty());
    CHECK(there.home.edit("a", pause_task, std::nullopt)->state.status == TaskStatus::paused);
    CHECK(there.told() == std::vector<EventCode>{EventCode::task_modified});
    CHECK(there.home.next_deadline(there.shared.now()) == kLatest);
    CHECK_FALSE(there.home.edit("b", pause_task, std::nullopt));
}

TEST_CASE("memory home: what it does not have is nothing, and no error") {
    Home there;
    CHECK_FALSE(there.home.get("a"));
    CHECK_FALSE(there.home.remove("a"));
    CHECK_FALSE(there.home.run_now("a"));
    CHECK_FALSE(there.home.get_over("a"));
    CHECK_FALSE(there.home.forget_over("a"));
    CHECK(there.home.remove_all() == 0);
}

TEST_CASE("memory home: a manual run is ready at once, and the schedule goes on") {
    Home there;
    there.add(there.task("a"));
    CHECK(there.home.run_now("a"));
    there.turn(there.home);
    CHECK(there.called == 1);
    CHECK(there.home.next_deadline(there.shared.now()) == kNow + 10 * kSecond);
}

TEST_CASE("memory home: the token of a task is released with it, and with no lock held") {
    Home there;
    int released = 0;
    NewTask task = there.task("a");
    task.spec.token = 7;
    task.spec.release = [&] {
        const std::lock_guard lock(there.shared.mutex);
        ++released;
    };
    there.add(std::move(task));
    const auto same = [](const StoredTask& stored, Change& change, const Now&) {
        change.definition = stored.definition;
        change.state = stored.state;
        return true;
    };
    there.home.edit("a", same, TaskToken{.token = 8, .release = [&] { ++released; }});
    CHECK(released == 1);
    CHECK(there.home.remove("a"));
    CHECK(released == 2);
}

TEST_CASE("memory home: a run counts as running from its claim to its end") {
    Home there;
    there.add(there.task("a"));
    there.clock.advance(10 * kSecond);
    {
        const std::lock_guard lock(there.shared.mutex);
        there.dispatcher.measure();
        there.home.claim(there.shared.now());
        RunSlot* made = nullptr;
        there.runs.each([&](RunSlot& slot) { made = &slot; });
        REQUIRE(made != nullptr);
        CHECK(there.runs.started() == 1);
    }
    CHECK(there.home.get("a")->running == 1);
    REQUIRE(there.dispatcher.take());
    there.dispatcher.hand_over(there.runs);
    there.turn(there.home);
    CHECK(there.called == 1);
    CHECK(there.home.get("a")->running == 0);
}

TEST_CASE("memory home: fires of the start and of the shutdown are made once for each life") {
    Home there;
    {
        const std::lock_guard lock(there.shared.mutex);
        there.home.started(there.shared.now());
    }
    there.turn(there.home);
    const std::lock_guard lock(there.shared.mutex);
    there.home.begin_shutdown(there.shared.now());
    CHECK_FALSE(there.home.any_shutdown());
    CHECK(there.home.quiet());
}

// ---- without memory ----

namespace {

// Every ten seconds. It is compared without memory: the destructor of a JSON list or object needs some, and cannot
// fail.
class Numbered final : public Trigger {
public:
    explicit Numbered(int number) : number_(number) {}
    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::interval; }
    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const override {
        return after < anchor ? anchor : after + 10 * kSecond - (after - anchor) % (10 * kSecond);
    }
    [[nodiscard]] std::optional<Instant> previous(Instant /*before*/, Instant /*anchor*/) const override { return {}; }
    [[nodiscard]] Micros jitter() const noexcept override { return 0; }
    [[nodiscard]] nlohmann::json to_json() const override { return number_; }
    [[nodiscard]] std::string describe() const override { return "numbered"; }

private:
    const int number_;
};

// What an edit, or a deletion, of a task with waiting fires tells and writes, if its n-th allocation fails and it is
// then made again.
struct Ended {
    std::ptrdiff_t told = 0;
    bool dropped = false;  // it was the memory of an event
    std::size_t rows = 0;
    bool failed = false;

    Ended(long n, const std::function<void(Home&)>& end) {
        Home there;
        NewTask task = there.task("a task with a name that needs memory of its own");
        auto definition = std::make_shared<Definition>(*task.definition);
        definition->policies.coalesce = false;
        definition->trigger = std::make_shared<Numbered>(1);
        task.definition = std::move(definition);
        there.add(std::move(task));
        there.add(there.task("another"));
        there.clock.advance(30 * kSecond);
        {
            const std::lock_guard lock(there.shared.mutex);
            there.dispatcher.measure();
            there.home.claim(there.shared.now());
        }
        there.told();
        bool thrown = false;
        {
            const LackingMemory lacking(n);
            thrown = lacks([&] { end(there); });
            failed = lacking.failed();
        }
        note(there.told());
        // Another edit tells only what is its own.
        if (thrown && there.home.edit("another", pause_task, std::nullopt)) {
            CHECK(there.told() == std::vector<EventCode>{EventCode::task_modified});
        }
        if (thrown) end(there);
        note(there.told());
        rows = there.home.history({}).size();
    }
    void note(const std::vector<EventCode>& codes) {
        told += std::count(codes.begin(), codes.end(), EventCode::task_missed);
        dropped = dropped || std::count(codes.begin(), codes.end(), EventCode::events_dropped) > 0;
    }
};

}  // namespace

TEST_CASE("memory home: a change or a deletion that lacks memory ends nothing, and is told when it is made") {
    const auto change = [](Home& there) {
        const auto other = [](const StoredTask& stored, Change& edit, const Now&) {
            auto definition = std::make_shared<Definition>(*stored.definition);
            definition->trigger = std::make_shared<Numbered>(2);
            edit.definition = std::move(definition);
            edit.state = stored.state;
            return true;
        };
        there.home.edit("a task with a name that needs memory of its own", other, std::nullopt);
    };
    const auto remove = [](Home& there) { there.home.remove("a task with a name that needs memory of its own"); };
    const auto remove_all = [](Home& there) { there.home.remove_all(); };
    for (const std::function<void(Home&)>& end : {std::function<void(Home&)>(change), {remove}, {remove_all}}) {
        const Ended whole(0, end);
        CHECK(whole.told > 0);
        for_each_lack([&](long n) {
            CAPTURE(n);
            const Ended again(n, end);
            CHECK((again.told == whole.told || again.dropped));
            CHECK(again.rows == whole.rows);
            return again.failed;
        });
    }
}
