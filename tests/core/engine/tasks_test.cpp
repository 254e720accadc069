// Declaring, changing, pausing and removing tasks (docs/declaring-tasks.md).
#include <doctest/doctest.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "core/triggers/cron.hpp"
#include "core/triggers/shutdown.hpp"
#include "tests/core/engine/support.hpp"

using namespace uvsched;
using namespace uvsched::test;

TEST_CASE("an equal definition changes nothing; another is a conflict that names the difference") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::every(10 * kSecond)));
        f.advance(4 * kSecond);
        CHECK(f.add(f.task("t", Fixture::every(10 * kSecond))).result == AddOutcome::Result::unchanged);
        CHECK(f.scheduler->get("", "t").next_run() == kStart + 10 * kSecond);
        std::string message;
        CHECK(code_of([&] { f.add(f.task("t", Fixture::every(20 * kSecond))); }, &message) == Code::conflict);
        CHECK(message.find("trigger") != std::string::npos);
        CHECK(message.find("\"t\"") != std::string::npos);
    });
}

TEST_CASE("a replacement keeps run count and pause, and schedules anew only where the trigger changed") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::every(10 * kSecond)));
        f.advance(10 * kSecond);
        CHECK(f.runs() == 1);
        f.clock->advance(3 * kSecond);
        TaskSpec renamed = f.task("t", Fixture::every(10 * kSecond));
        renamed.name = "another name";
        CHECK(f.add(std::move(renamed), AddMode::replace).result == AddOutcome::Result::replaced);
        CHECK(f.scheduler->get("", "t").next_run() == kStart + 20 * kSecond);
        CHECK(f.scheduler->get("", "t").state.runs == 1);
        f.scheduler->pause_task("", "t");
        f.add(f.task("t", Fixture::every(kMinute)), AddMode::replace);
        CHECK(f.scheduler->get("", "t").state.status == TaskStatus::paused);
        f.scheduler->resume_task("", "t");
        CHECK(f.scheduler->get("", "t").state.runs == 1);
        CHECK(f.scheduler->get("", "t").next_run() == kStart + 73 * kSecond);
    });
}

TEST_CASE("a paused task does not run; resumed, it goes on from now") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::on_grid(10 * kSecond, kStart + 10 * kSecond)));
        f.scheduler->pause_task("default", "t");
        f.advance(35 * kSecond);
        CHECK(f.runs() == 0);
        CHECK_FALSE(f.scheduler->get("", "t").next_run().has_value());
        f.scheduler->resume_task("default", "t");
        CHECK(f.scheduler->get("", "t").next_run() == kStart + 40 * kSecond);
        f.advance(5 * kSecond);
        CHECK(f.runs() == 1);
        CHECK(f.history().size() == 1);
    });
}

TEST_CASE("a change of trigger takes effect at once") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::every(kHour)));
        TaskChanges changes;
        changes.trigger = Fixture::every(kSecond);
        f.scheduler->change("", "t", changes);
        f.advance(kSecond);
        CHECK(f.runs() == 1);
    });
}

TEST_CASE("next_run_time overrides the first run and an interval's phase; none adds the task paused") {
    on_each_store([](Fixture& f) {
        f.start();
        TaskSpec soon = f.task("soon", Fixture::every(kMinute));
        soon.next_run_time = std::optional<Instant>(kStart + kSecond);
        f.add(std::move(soon));
        TaskSpec paused = f.task("paused", Fixture::every(kSecond));
        paused.next_run_time = std::optional<Instant>();
        f.add(std::move(paused));
        f.advance(kSecond);
        REQUIRE(f.runs() == 1);
        CHECK(f.seen[0].task == "soon");
        CHECK(f.scheduler->get("", "soon").next_run() == kStart + 61 * kSecond);
        CHECK(f.scheduler->get("", "paused").state.status == TaskStatus::paused);
    });
}

TEST_CASE("a removed task is gone; what it was doing ends") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::every(kSecond)));
        f.scheduler->remove("", "t");
        f.advance(5 * kSecond);
        CHECK(f.runs() == 0);
        CHECK(code_of([&] { f.scheduler->get("", "t"); }) == Code::not_found);
        CHECK(code_of([&] { f.scheduler->remove("", "t"); }) == Code::not_found);
        CHECK(f.add(f.task("t", Fixture::every(kSecond))).result == AddOutcome::Result::created);
        CHECK(f.scheduler->remove_all("") == 1);
    });
}

TEST_CASE("tasks are listed in pages, in order of id") {
    on_each_store([](Fixture& f) {
        f.start();
        for (const char* id : {"c", "a", "e", "b", "d"}) f.add(f.task(id, Fixture::every(kHour)));
        std::string ids;
        std::string after;
        for (auto page = f.scheduler->list("default", after, 2, false); !page.empty();
             page = f.scheduler->list("default", after, 2, false)) {
            for (const TaskView& task : page) ids += task.definition->id;
            after = page.back().definition->id;
        }
        CHECK(ids == "abcde");
    });
}

TEST_CASE("a list is read while tasks come and go: what is there all the time comes once") {
    on_each_store([](Fixture& f) {
        f.add(f.task("m", Fixture::every(kHour)));
        ListPlace declared;
        CHECK(f.scheduler->list("default", declared, 1, false).front().pending);
        CHECK(f.scheduler->list("default", declared, 1, false).empty());
        f.start();
        f.add(f.task("x", make_shutdown_trigger()));  // in the store's companion, where the store is durable
        for (const char* id : {"c", "a", "e", "b", "d"}) f.add(f.task(id, Fixture::every(kHour)));
        std::string ids;
        ListPlace place;
        for (int page = 0;; ++page) {
            const std::vector<TaskView> tasks = f.scheduler->list("default", place, 2, false);
            for (const TaskView& task : tasks) ids += task.definition->id;
            if (tasks.empty()) break;
            if (page > 0) continue;
            f.scheduler->remove("default", "d");
            f.scheduler->remove("default", "e");
            f.add(f.task("e", Fixture::every(kMinute)));
            f.add(f.task("0", Fixture::every(kHour)));
        }
        CHECK(ids == "abcemx");
    });
}

TEST_CASE("reading a list of tasks takes time as it is long") {
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    };
    const auto seconds = [&](int tasks, bool started) {
        Fixture f;
        if (started) f.start();
        for (int i = 0; i < tasks; ++i) f.add(f.task(std::to_string(i * 7919 % tasks), Fixture::every(kHour)));
        double best = 1e9;
        for (int tries = 0; tries < 3; ++tries) {
            const double begin = now();
            ListPlace place;
            int seen = 0;
            for (auto page = f.scheduler->list("default", place, 64, false); !page.empty();
                 page = f.scheduler->list("default", place, 64, false)) {
                seen += static_cast<int>(page.size());
            }
            CHECK(seen == tasks);
            best = std::min(best, now() - begin);
        }
        return best;
    };
    // Were each page looked for among all tasks, eight times as many would take sixty times as long.
    CHECK(seconds(8'000, true) < 25 * seconds(1'000, true));
    CHECK(seconds(2'400, false) < 25 * seconds(300, false));
}

TEST_CASE("a preview shows the next times") {
    on_each_store([](Fixture& f) {
        f.start();
        f.add(f.task("t", Fixture::every(kMinute)));
        const auto times = f.scheduler->preview("", "t", 3, std::nullopt);
        CHECK(times == std::vector<Instant>{kStart + kMinute, kStart + 2 * kMinute, kStart + 3 * kMinute});
        CHECK(f.scheduler->preview("", "t", 1, kStart + 90 * kSecond) == std::vector<Instant>{kStart + 2 * kMinute});
    });
}

TEST_CASE("tasks added before start are written at start") {
    on_each_store([](Fixture& f) {
        const AddOutcome added = f.add(f.task("t", Fixture::every(kMinute)));
        CHECK(added.result == AddOutcome::Result::pending);
        CHECK(f.scheduler->get("", "t").pending);
        f.clock->advance(kHour);
        f.start();
        CHECK(f.scheduler->get("", "t").next_run() == kStart + kHour + kMinute);
    });
}

TEST_CASE("a recurring task without an id gets one from its function, in a durable store") {
    const TemporaryFolder folder;
    Fixture f("sqlite:" + folder / "tasks.db");
    f.start();
    CHECK(f.add(f.task("", Fixture::every(kMinute))).task.definition->id == "note");
    TaskSpec with = f.task("", Fixture::every(kMinute));
    with.arguments = "[1]";
    CHECK(f.add(std::move(with)).task.definition->id.starts_with("note#"));
    std::string message;
    CHECK(code_of([&] { f.add(f.task("", Fixture::every(kHour))); }, &message) == Code::conflict);
    CHECK(message.find("different ids") != std::string::npos);
    CHECK(f.add(f.task("", Fixture::once(kStart + kHour))).task.definition->id.size() == 32);
}

TEST_CASE("bad descriptions are refused with what was wrong") {
    on_each_store([](Fixture& f) {
        f.start();
        std::string message;
        TaskSpec spec = f.task("t", Fixture::every(kSecond));
        spec.executor = "nowhere";
        CHECK(code_of([&] { f.add(spec); }, &message) == Code::not_found);
        CHECK(message.find("\"nowhere\"") != std::string::npos);
        CHECK(message.find("\"default\"") != std::string::npos);
        spec = f.task("t", Fixture::every(kSecond));
        spec.store = "nowhere";
        CHECK(code_of([&] { f.add(spec); }) == Code::not_found);
        spec = f.task("t", Fixture::every(kSecond), "unheard_of");
        CHECK(code_of([&] { f.add(spec); }, &message) == Code::not_found);
        CHECK(message.find("unheard_of") != std::string::npos);
        spec = f.task("t", Fixture::every(kSecond));
        spec.policies.max_instances = 0;
        CHECK(code_of([&] { f.add(spec); }) == Code::invalid);
        spec = f.task(std::string(300, 'x'), Fixture::every(kSecond));
        CHECK(code_of([&] { f.add(spec); }) == Code::invalid);
        spec = f.task("t", Fixture::every(kSecond));
        spec.arguments = "{";
        CHECK(code_of([&] { f.add(spec); }) == Code::invalid);
        CHECK(f.scheduler->list("default", "", 10, true).empty());
    });
}

TEST_CASE("what stands behind a token or a function is released once, when nothing uses it") {
    Fixture f;
    f.start();
    int released = 0;
    TaskSpec spec = f.task("t", Fixture::every(kSecond));
    spec.executor = "queue";
    spec.token = 9;
    spec.release = [&] { ++released; };
    f.add(std::move(spec));
    const auto queue = f.scheduler->queue("queue");
    const ConsumerId consumer = queue->attach(1);
    f.clock->advance(kSecond);
    std::vector<QueueItem> items(4);
    REQUIRE(queue->take(consumer, items, std::nullopt) == 1);
    CHECK(items[0].token == 9);
    f.scheduler->remove("", "t");
    CHECK(released == 0);
    std::vector<RunResult> results{{.run = items[0].run_id, .state = FireState::done, .result = {}, .error = {}}};
    queue->finish(results);
    queue->detach(consumer);
    f.settle();
    CHECK(released == 1);

    int gone = 0;
    f.scheduler->register_function("g", {.call = nullptr, .token = 1, .user_data = nullptr, .release = [&] { ++gone; }},
                                   false);
    CHECK(code_of([&] { f.scheduler->register_function("g", {}, false); }) == Code::already);
    f.scheduler->unregister_function("g");
    CHECK(gone == 1);
}

TEST_CASE("runs that wait when the trigger changes are dropped, and do not hold the task for ever") {
    Fixture f("memory", "threadpool:2");
    f.start();
    TaskSpec spec = f.task("t", Fixture::every(kSecond), "wait");
    spec.policies.coalesce = false;
    f.add(std::move(spec));
    f.clock->advance(3 * kSecond);
    f.gate.wait_for_waiting(1);
    TaskChanges changes;
    changes.trigger = Fixture::every(kMinute);
    f.scheduler->change("", "t", changes);
    f.gate.open();
    f.settle();
    CHECK(f.runs() == 1);
    f.advance(kMinute);
    CHECK(f.runs() == 2);
}

namespace {

// A rule with something that a key settles, as `H` is in cron fields.
class KeyedTrigger final : public Trigger {
public:
    explicit KeyedTrigger(std::string key = "") : key_(std::move(key)) {}
    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::cron; }
    [[nodiscard]] std::optional<Instant> next(Instant after, Instant) const override {
        if (key_.empty()) fail(Code::invalid, "H: no key");
        return after < kStart + kDay ? std::optional(kStart + kDay) : std::nullopt;
    }
    [[nodiscard]] std::optional<Instant> previous(Instant, Instant) const override { return std::nullopt; }
    [[nodiscard]] TriggerPtr with_key(const std::string& key) const override {
        return key_.empty() ? std::make_shared<KeyedTrigger>(key) : nullptr;
    }
    [[nodiscard]] nlohmann::json to_json() const override { return {{"type", "interval"}, {"days", 1}}; }
    [[nodiscard]] std::string describe() const override { return "keyed by " + key_; }

private:
    std::string key_;
};

}  // namespace

TEST_CASE("a key of cron fields is the caller's id, else the function; another trigger gets the same") {
    on_each_store([](Fixture& f) {
        f.start();
        const auto rule = [&](const std::string& id) {
            return f.scheduler->get("", id).definition->trigger->describe();
        };
        const auto added = [&](const std::string& id) {
            return f.add(f.task(id, std::make_shared<KeyedTrigger>())).task.definition;
        };
        CHECK(added("digest")->trigger->describe() == "keyed by digest");
        const auto unnamed = added("");
        CHECK(unnamed->trigger->describe() == "keyed by note");
        TaskChanges changes;
        for (const std::string& id : {std::string("digest"), unnamed->id}) {
            changes.trigger = Fixture::every(kHour);
            f.scheduler->change("", id, changes);
            CHECK(rule(id) == "interval of 1 h");
        }
        changes.trigger = std::make_shared<KeyedTrigger>();
        CHECK(f.scheduler->change("", unnamed->id, changes).definition->trigger->describe() == "keyed by note");
        changes.trigger = std::make_shared<KeyedTrigger>();
        CHECK(f.scheduler->change("", "digest", changes).definition->trigger->describe() == "keyed by digest");
        changes.trigger = std::make_shared<KeyedTrigger>("own");
        CHECK(f.scheduler->change("", "digest", changes).state.status == TaskStatus::active);
    });
}

TEST_CASE("H H * * * of a task \"digest\" is at 05:44, after a restart too, and declaring it again changes nothing") {
    const TemporaryFolder folder;
    const std::string url = "sqlite:" + folder / "tasks.db";
    const auto declared = [](Fixture& f) {
        return f.add(f.task("digest", make_cron_trigger({.expression = "H H * * *"})));
    };
    const Instant first = kStart + 5 * kHour + 44 * kMinute;
    {
        Fixture f(url);
        declared(f);
        f.start();
        CHECK(f.scheduler->preview("", "digest", 2, std::nullopt) == std::vector<Instant>{first, first + kDay});
        f.advance(6 * kHour);
        CHECK(f.runs() == 1);
    }
    Fixture f(url);
    f.clock->advance(6 * kHour);
    f.start();
    CHECK(declared(f).result == AddOutcome::Result::unchanged);
    f.advance(kDay);
    REQUIRE(f.runs() == 1);
    CHECK(f.seen[0].scheduled == first + kDay);
}
