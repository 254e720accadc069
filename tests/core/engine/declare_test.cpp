// Programs that declare their tasks each time they start (docs/declaring-tasks.md).
#include <doctest/doctest.h>

#include <atomic>
#include <memory>

#include "tests/core/engine/support.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

struct File {
    TemporaryFolder folder;
    std::string url = "sqlite:" + folder / "tasks.db";
};

Config config_of(const std::string& url, Undeclared undeclared = Undeclared::keep) {
    Config config;
    config.add_store("default", url);
    config.add_executor("default", "inline");
    config.undeclared = undeclared;
    return config;
}

// What two starts mean: of a durable store those of two programs, of a memory store those of one scheduler.
void on_two_starts(const std::function<void(Fixture&)>& first, const std::function<void(Fixture&)>& second) {
    SUBCASE("memory") {
        Fixture f;
        first(f);
        f.stop();
        second(f);
    }
    SUBCASE("sqlite, two programs") {
        const File file;
        {
            Fixture f(file.url);
            first(f);
        }
        Fixture f(file.url);
        second(f);
    }
    SUBCASE("sqlite, one scheduler") {
        const File file;
        Fixture f(file.url);
        first(f);
        f.stop();
        second(f);
    }
}

void reschedule(Fixture& f, const std::string& id, Micros period) {
    TaskChanges changes;
    changes.trigger = Fixture::every(period);
    f.scheduler->change("", id, changes);
}

Micros period_of(Fixture& f, const std::string& id) {
    return f.scheduler->get("", id).definition->trigger->plain_period();
}

std::string only(const std::vector<Event>& events) {
    REQUIRE(events.size() == 1);
    return events[0].message;
}

}  // namespace

TEST_CASE("the same declaration at the next start: the edited task stays, with its phase, and nothing is told") {
    on_two_starts(
        [](Fixture& f) {
            f.add(f.task("t", Fixture::every(10 * kSecond)));
            f.start();
            reschedule(f, "t", 20 * kSecond);
        },
        [](Fixture& f) {
            f.clock->advance(5 * kSecond);
            f.add(f.task("t", Fixture::every(10 * kSecond)));
            f.start();
            CHECK(period_of(f, "t") == 20 * kSecond);
            CHECK(f.scheduler->get("", "t").next_run() >= kStart + 20 * kSecond);
            CHECK(f.told(EventCode::task_redeclared).empty());
            CHECK(f.told(EventCode::task_conflict).empty());
        });
}

TEST_CASE("another declaration at the next start wins, and says old and new; run count and pause stay") {
    for (const AddMode mode : {AddMode::declare, AddMode::replace}) {
        CAPTURE(static_cast<int>(mode));
        on_two_starts(
            [](Fixture& f) {
                f.add(f.task("t", Fixture::on_grid(10 * kSecond, kStart + 10 * kSecond)));
                f.start();
                f.advance(10 * kSecond);
                f.scheduler->pause_task("", "t");
            },
            [&](Fixture& f) {
                f.add(f.task("t", Fixture::every(kMinute)), mode);
                f.start();
                CHECK(period_of(f, "t") == kMinute);
                CHECK(f.scheduler->get("", "t").state.runs == 1);
                CHECK(f.scheduler->get("", "t").state.status == TaskStatus::paused);
                CHECK(only(f.told(EventCode::task_redeclared)) ==
                      "its declaration has changed and replaces the stored task (trigger: interval of 10 s from "
                      "2026-01-01T00:00:10Z -> interval of 1 min)");
                CHECK(f.told(EventCode::task_modified).size() >= 1);
            });
    }
}

TEST_CASE("the next due time is computed anew only where the trigger changed") {
    on_two_starts(
        [](Fixture& f) {
            f.add(f.task("t", Fixture::every(kMinute)));
            f.start();
            f.clock->advance(5 * kSecond);
        },
        [](Fixture& f) {
            TaskSpec named = f.task("t", Fixture::every(kMinute));
            named.name = "another name";
            f.add(std::move(named));
            f.start();
            CHECK(f.scheduler->get("", "t").definition->name == "another name");
            CHECK(only(f.told(EventCode::task_redeclared)).find("name: note -> another name") != std::string::npos);
            const Instant next = f.scheduler->get("", "t").next_run().value();
            CHECK((next - kStart) % kMinute == 0);
        });
}

TEST_CASE("an edit that a changed declaration overwrites is told") {
    on_two_starts(
        [](Fixture& f) {
            f.add(f.task("t", Fixture::every(10 * kSecond)));
            f.start();
            reschedule(f, "t", 20 * kSecond);
        },
        [](Fixture& f) {
            f.add(f.task("t", Fixture::every(30 * kSecond)));
            f.start();
            CHECK(period_of(f, "t") == 30 * kSecond);
            const std::string message = only(f.told(EventCode::task_redeclared));
            CHECK(message.find("interval of 20 s -> interval of 30 s") != std::string::npos);
            CHECK(message.find("an edit that was made since the last declaration is overwritten") != std::string::npos);
        });
}

TEST_CASE("a task without an id follows the same rule") {
    const File file;
    {
        Fixture f(file.url);
        f.add(f.task("", Fixture::every(10 * kSecond)));
        f.start();
        reschedule(f, "note", 20 * kSecond);
    }
    {
        Fixture f(file.url);
        f.add(f.task("", Fixture::every(10 * kSecond)));
        f.start();
        CHECK(period_of(f, "note") == 20 * kSecond);
    }
    Fixture f(file.url);
    f.add(f.task("", Fixture::every(30 * kSecond)));
    f.start();
    CHECK(period_of(f, "note") == 30 * kSecond);
    CHECK(f.told(EventCode::task_redeclared).size() == 1);
}

TEST_CASE("\"keep\" keeps the stored task, with an event; \"raise\" fails the start, and nothing is told") {
    on_two_starts(
        [](Fixture& f) {
            f.add(f.task("t", Fixture::every(2 * kSecond)));
            f.start();
        },
        [](Fixture& f) {
            f.scheduler->add(f.task("t", Fixture::every(kSecond)), AddMode::raise);
            std::string message;
            CHECK(code_of([&] { f.start(); }, &message) == Code::conflict);
            CHECK(message ==
                  "task \"t\" differs from the one in store \"default\" (trigger: interval of 2 s, here interval of "
                  "1 s); replace that one with replace_existing, or give this one another id");
            CHECK(f.scheduler->state() == SchedulerState::stopped);
            f.scheduler->remove("", "t");
            f.scheduler->add(f.task("t", Fixture::every(kSecond)), AddMode::keep);
            f.start();
            CHECK(period_of(f, "t") == 2 * kSecond);
            CHECK(only(f.told(EventCode::task_conflict)) ==
                  "task \"t\" differs from the one in store \"default\" (trigger: interval of 2 s, here interval of "
                  "1 s); the stored task stays; declare it without \"keep\" to replace it");
            f.stop();
            f.add(f.task("t", Fixture::every(kSecond)));  // what was kept is no declaration of now
            f.start();
            CHECK(period_of(f, "t") == kSecond);
        });
}

TEST_CASE("once it runs: the same declaration changes nothing, another is a conflict, \"replace\" is obeyed") {
    for (const bool durable : {false, true}) {
        CAPTURE(durable);
        const File file;
        Fixture f(durable ? file.url : "memory");
        f.start();
        f.add(f.task("t", Fixture::every(10 * kSecond)));
        reschedule(f, "t", 20 * kSecond);
        CHECK(f.add(f.task("t", Fixture::every(10 * kSecond))).result == AddOutcome::Result::unchanged);
        CHECK(period_of(f, "t") == 20 * kSecond);
        CHECK(code_of([&] { f.add(f.task("t", Fixture::every(kMinute))); }) == Code::conflict);
        const AddOutcome kept = f.scheduler->add(f.task("t", Fixture::every(kMinute)), AddMode::keep);
        CHECK(kept.result == AddOutcome::Result::unchanged);
        CHECK(kept.task.definition->trigger->plain_period() == 20 * kSecond);
        CHECK(f.told(EventCode::task_conflict).size() == 1);
        CHECK(f.add(f.task("t", Fixture::every(10 * kSecond)), AddMode::replace).result ==
              AddOutcome::Result::replaced);
        CHECK(period_of(f, "t") == 10 * kSecond);
        CHECK(f.told(EventCode::task_redeclared).empty());
    }
}

TEST_CASE("an edit of a task that waits for its start is part of its declaration") {
    const File file;
    for (int start = 0; start < 2; ++start) {
        Fixture f(file.url);
        f.add(f.task("t", Fixture::every(10 * kSecond)));
        reschedule(f, "t", 20 * kSecond);
        f.start();
        CHECK(period_of(f, "t") == (start == 0 ? 20 : 40) * kSecond);
        CHECK(f.told(EventCode::task_redeclared).empty());
        reschedule(f, "t", 40 * kSecond);
    }
}

TEST_CASE("two declarations of one id in one program are a conflict, unless the later one is to replace") {
    Fixture f;
    f.add(f.task("t", Fixture::every(10 * kSecond)));
    CHECK(f.add(f.task("t", Fixture::every(10 * kSecond))).result == AddOutcome::Result::unchanged);
    std::string message;
    CHECK(code_of([&] { f.add(f.task("t", Fixture::every(20 * kSecond))); }, &message) == Code::conflict);
    CHECK(message.find("trigger: interval of 10 s, here interval of 20 s") != std::string::npos);
    f.add(f.task("t", Fixture::every(20 * kSecond)), AddMode::replace);
    CHECK(period_of(f, "t") == 20 * kSecond);
}

TEST_CASE("what cannot be compared, a local function of a memory store, is replaced by the next start") {
    Fixture f;
    const auto released = std::make_shared<std::atomic<int>>(0);  // the last one is released after this test
    const auto local = [&] {
        TaskSpec spec = f.task("t", Fixture::every(10 * kSecond));
        spec.local_function = true;
        spec.release = [released] { ++*released; };
        return spec;
    };
    f.add(local());
    f.start();
    f.stop();
    f.add(local());
    f.start();
    CHECK(*released == 1);
    CHECK(f.told(EventCode::task_conflict).empty());
}

// ---- what is not declared any more ----

TEST_CASE("tasks that an earlier start declared and this one does not are named once a start, and kept") {
    const File file;
    {
        Fixture f(file.url);
        for (const char* id : {"a", "b", "c"}) f.add(f.task(id, Fixture::every(kHour)));
        f.add(f.task("", Fixture::once(kStart + kDay)));  // nobody can declare this one again
        f.add(f.task("over", Fixture::once(kStart)));
        f.start();
        f.settle();
        f.add(f.task("by request", Fixture::every(kHour)));
    }
    for (int start = 0; start < 2; ++start) {
        Fixture f(file.url);
        f.add(f.task("b", Fixture::every(kHour)));
        f.start();
        const auto told = f.told(EventCode::task_undeclared);
        REQUIRE(told.size() == 1);
        CHECK(told[0].count == 2);
        CHECK(told[0].alias == "default");
        CHECK(
            told[0].message ==
            "an earlier start declared \"a\", \"c\", but this one did not; they stay as they are: declare them again, "
            "delete them, or set undeclared to \"pause\" or \"delete\"");
        CHECK(f.scheduler->get("", "a").state.status == TaskStatus::active);
        f.stop();
        f.add(f.task("d", Fixture::every(kHour)));  // a further start of this scheduler still declares b
        f.start();
        CHECK(f.told(EventCode::task_undeclared).back().count == 2);
        f.scheduler->remove("", "d");
    }
    Fixture tool(file.url);  // declares nothing, and says nothing about what others declare
    tool.start();
    CHECK(tool.told(EventCode::task_undeclared).empty());
}

TEST_CASE("undeclared tasks are paused or deleted where the configuration says so") {
    const File file;
    const auto declare = [&](Undeclared undeclared, const std::vector<std::string>& ids,
                             const std::function<void(Fixture&)>& check) {
        Fixture f(config_of(file.url, undeclared));
        for (const std::string& id : ids) f.add(f.task(id, Fixture::every(kHour)));
        f.start();
        check(f);
    };
    declare(Undeclared::pause, {"a", "b"}, [](Fixture& f) {
        CHECK(f.told(EventCode::task_undeclared).empty());
        f.add(f.task("by request", Fixture::every(kHour)));
    });
    declare(Undeclared::pause, {"b"}, [](Fixture& f) {
        CHECK(only(f.told(EventCode::task_undeclared)).find("they are paused") != std::string::npos);
        CHECK(f.scheduler->get("", "a").state.status == TaskStatus::paused);
        CHECK(f.scheduler->get("", "by request").state.status == TaskStatus::active);
    });
    declare(Undeclared::pause, {"a", "b"}, [](Fixture& f) {
        CHECK(f.scheduler->get("", "a").state.status == TaskStatus::paused);  // until it is resumed
    });
    declare(Undeclared::remove, {"b"}, [](Fixture& f) {
        CHECK(only(f.told(EventCode::task_undeclared)).find("they are deleted") != std::string::npos);
        CHECK(code_of([&] { f.scheduler->get("", "a"); }) == Code::not_found);
        CHECK(f.told(EventCode::task_removed).size() == 1);
    });
    declare(Undeclared::remove, {}, [](Fixture& f) { CHECK(f.scheduler->list("default", "", 9, true).size() == 2); });
}

TEST_CASE("a one-off without an id is told once at start, in a durable store") {
    const File file;
    for (int start = 0; start < 2; ++start) {
        Fixture f(file.url);
        f.add(f.task("", Fixture::once(kStart + kDay)));
        f.add(f.task("with an id", Fixture::once(kStart + kDay)));
        f.start();
        CHECK(only(f.told(EventCode::task_unnamed)).find("give it an id to run it only once") != std::string::npos);
        CHECK(f.scheduler->list("default", "", 9, true).size() == static_cast<std::size_t>(start + 2));
        f.scheduler->remove("", f.add(f.task("", Fixture::once(kStart + kDay))).task.definition->id);
        CHECK(f.told(EventCode::task_unnamed).size() == 1);
    }
    Fixture f;
    f.add(f.task("", Fixture::once(kStart + kDay)));
    f.start();
    CHECK(f.told(EventCode::task_unnamed).empty());
}

// ---- functions that are gone ----

TEST_CASE("a renamed function: with the same id nothing is told but the change, else both names and the ways out") {
    const File file;
    {
        Fixture f(file.url);
        f.add_function("app:old", [](const Run*, void*) { return 0; });
        for (const char* id : {"renamed", "kept", "orphan"}) {
            f.add(f.task(id, Fixture::every(kHour), "app:old"));
        }
        f.start();
    }
    {
        Fixture f(file.url);
        f.add_function("app:new", [](const Run*, void*) { return 0; });
        for (const char* id : {"renamed", "kept", "orphan"}) f.add(f.task(id, Fixture::every(kHour), "app:new"));
        f.start();
        CHECK(f.told(EventCode::task_redeclared).size() == 3);
        CHECK(f.told(EventCode::task_unrunnable).empty());
    }
    Fixture f(file.url);
    f.scheduler->add(f.task("kept", Fixture::every(kHour)), AddMode::keep);
    f.add(f.task("renamed", Fixture::every(kHour)));
    f.add(f.task("orphan", Fixture::every(kHour)));
    f.start();
    CHECK(only(f.told(EventCode::task_unrunnable)) ==
          "function \"app:new\" is not registered in this process; its tasks stay in the store and wait (this program "
          "declares \"kept\" with \"note\"): add the task again under that id (with replace_existing once the "
          "scheduler runs), start with trusted_modules=[\"app\"], or delete the task");
}

TEST_CASE("nobody waits for the function of a task that is over") {
    const File file;
    {
        Fixture f(file.url);
        f.add_function("gone", [](const Run*, void*) { return 0; });
        f.add(f.task("t", Fixture::once(kStart), "gone"));
        f.start();
        f.settle();
    }
    Fixture f(file.url);
    f.start();
    CHECK(f.told(EventCode::task_unrunnable).empty());
}
