// A scheduler whose SQLite file is removed or replaced while it runs, and files that are just being closed.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/core/engine/fixture.hpp"

using namespace uvsched;
using uvsched::test::Fixture;
using uvsched::test::kStart;
using uvsched::test::TemporaryFolder;

namespace fs = std::filesystem;

namespace {

std::string url(const TemporaryFolder& folder, const std::string& option = "") {
    return "sqlite:" + (folder / "tasks.db") + "?synchronous=normal" + option;
}

// What the first store_error says.
std::string heard_error(Fixture& fixture) {
    fixture.hear(EventCode::store_error);
    const std::lock_guard lock(fixture.mutex);
    for (const Event& event : fixture.events) {
        if (event.code == EventCode::store_error) return event.message;
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a scheduler whose file is removed or replaced stops: nothing runs without a ledger") {
    for (const bool replaced : {false, true}) {
        CAPTURE(replaced);
        const TemporaryFolder folder;
        const TemporaryFolder elsewhere;
        if (replaced) {
            Fixture other(url(elsewhere));
            other.start();
            other.stop();
        }
        Fixture fixture(url(folder));
        fixture.start();
        fixture.add(fixture.task("tick", Fixture::every(kSecond)));
        fixture.advance(kSecond);
        CHECK(fixture.runs() == 1);
        if (replaced) {
            fs::rename(elsewhere / "tasks.db", folder / "tasks.db");
        } else {
            fs::remove(folder / "tasks.db");
        }
        fixture.clock->advance(kSecond);
        const Code waited = fixture.scheduler->wait(std::nullopt);
        CHECK((waited == Code::ok || waited == Code::not_running));
        const std::string told = heard_error(fixture);
        CHECK(contains(told, replaced ? "tasks.db: the file was replaced" : "tasks.db: the file was removed"));
        CHECK(contains(told, "the scheduler stops"));
        CHECK(fixture.runs() == 1);
        // Started again, it takes what is there.
        fixture.add(fixture.task("tick", Fixture::every(kSecond)));
        fixture.start();
        fixture.advance(kSecond);
        CHECK(fixture.runs() == 2);
        CHECK(fixture.history().size() == 1);
    }
}

TEST_CASE("a file that was removed while nothing was written is told at the end") {
    const TemporaryFolder folder;
    Fixture fixture(url(folder));
    fixture.start();
    fs::remove(folder / "tasks.db");
    fixture.stop();
    CHECK(contains(heard_error(fixture), "tasks.db: the file was removed"));
    CHECK_FALSE(fs::exists(folder / "tasks.db"));
}

TEST_CASE("what callers ask of a lost store is an error that says what happened") {
    const TemporaryFolder folder;
    Fixture fixture(url(folder));
    fixture.start();
    fs::remove(folder / "tasks.db");
    try {
        fixture.add(fixture.task("tick", Fixture::every(kSecond)));
        FAIL("added");
    } catch (const Error& error) {
        CHECK(error.code() == Code::store);
        CHECK(contains(error.message(), "the file was removed"));
    }
    fixture.scheduler->wait(std::nullopt);
    CHECK_FALSE(fs::exists(folder / "tasks.db"));
}

TEST_CASE("with on_file_lost = reopen, what was declared goes on in a new file, and what ran does not run again") {
    const TemporaryFolder folder;
    Fixture fixture(url(folder, "&on_file_lost=reopen"), "threadpool");
    fixture.add(fixture.task("tick", Fixture::every(kSecond)));
    fixture.add(fixture.task("removed", Fixture::every(kSecond)));
    fixture.add(fixture.task("now", nullptr));
    fixture.add(fixture.task("past", Fixture::once(kStart + kSecond)));
    fixture.add(fixture.task("future", Fixture::once(kStart + kHour)));
    TaskSpec first = fixture.task("first", Fixture::every(kHour));
    first.next_run_time = kStart + kSecond;
    fixture.add(std::move(first));
    fixture.add(fixture.task("under way", Fixture::once(kStart + 1), "wait"));
    fixture.start();
    fixture.scheduler->remove("default", "removed");
    fixture.add(fixture.task("added later", Fixture::every(kSecond)));
    fixture.clock->advance(kSecond);
    fixture.gate.wait_for_waiting(1);
    fixture.hear(EventCode::task_executed, 5);  // now, past, tick, first, added later
    const std::size_t before = fixture.runs();
    CHECK(before == 6);
    fs::remove(folder / "tasks.db");
    fixture.clock->advance(kSecond);
    CHECK(contains(heard_error(fixture), "the store is opened anew"));
    fixture.hear(EventCode::store_recovered);
    fixture.gate.open();
    fixture.hear(EventCode::task_executed, 6);  // the one that was under way: its end is told, though no ledger has it
    fixture.settle();
    std::vector<std::string> ids;
    for (const TaskView& task : fixture.scheduler->list("default", "", 100, true)) ids.push_back(task.definition->id);
    CHECK(ids == std::vector<std::string>{"first", "future", "tick"});
    {
        // Nobody called for their second coming: it is told.
        const std::lock_guard lock(fixture.mutex);
        CHECK(std::count_if(fixture.events.begin(), fixture.events.end(), [](const Event& event) {
                  return event.code == EventCode::task_added && !event.asked;
              }) == 3);
    }
    fixture.advance(kSecond);
    CHECK(fixture.runs() == before + 1);
    CHECK(fixture.history().size() == 1);
    CHECK(fixture.history("tick").size() == 1);
}

TEST_CASE("an earlier copy that is put in the file's place leaves runs under way to this process") {
    const TemporaryFolder folder;
    Fixture fixture(url(folder, "&on_file_lost=reopen"), "threadpool");
    fixture.start();
    TaskSpec spec = fixture.task("long", Fixture::once(kStart + 1), "wait");
    fixture.add(std::move(spec));
    fixture.clock->advance(kSecond);
    fixture.gate.wait_for_waiting(1);
    CHECK(fixture.scheduler->get("default", "long").state.runs == 1);  // its start is written before it is read
    // As a backup tool that stops the world: the database and its log.
    for (const char* suffix : {"", "-wal"}) {
        fs::copy_file(folder / ("tasks.db" + std::string(suffix)), folder / ("copy" + std::string(suffix)));
    }
    for (const char* suffix : {"", "-wal"}) {
        fs::rename(folder / ("copy" + std::string(suffix)), folder / ("tasks.db" + std::string(suffix)));
    }
    fs::remove(folder / "tasks.db-shm");
    CHECK_THROWS_AS(fixture.scheduler->run_now("default", "long"), Error);
    fixture.hear(EventCode::store_error);
    fixture.scheduler->pause();
    fixture.scheduler->resume();
    while (true) {
        try {
            fixture.add(fixture.task("tick", Fixture::every(kSecond)));
            break;
        } catch (const Error&) {
            std::this_thread::yield();  // until it is open again
        }
    }
    fixture.gate.open();
    fixture.settle();
    CHECK(fixture.runs() == 1);
    const auto rows = fixture.history("long");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == FireState::done);
}

TEST_CASE(
    "a file that holds another definition of a declared task is opened anew all the same, and the conflict told") {
    const TemporaryFolder folder;
    const TemporaryFolder elsewhere;
    {
        Fixture other(url(elsewhere));
        other.start();
        other.add(other.task("tick", Fixture::every(kHour)));
        other.stop();
    }
    Fixture fixture(url(folder, "&on_file_lost=reopen"));
    fixture.scheduler->add(fixture.task("tick", Fixture::every(kSecond)), AddMode::raise);
    fixture.start();
    fs::rename(elsewhere / "tasks.db", folder / "tasks.db");
    fixture.clock->advance(kSecond);
    fixture.hear(EventCode::task_conflict);
    fixture.hear(EventCode::store_recovered);
    CHECK(fixture.scheduler->list("default", "", 10, false).size() == 1);
}

TEST_CASE("a stop that waits for runs does not go on trying to open a lost file anew") {
    const TemporaryFolder folder;
    const fs::path gone = folder / "gone";
    fs::create_directory(gone);
    Fixture fixture("sqlite:" + (gone / "tasks.db").string() + "?synchronous=normal&on_file_lost=reopen", "threadpool");
    fixture.start();
    fixture.add(fixture.task("long", Fixture::once(kStart), "wait"));
    fixture.gate.wait_for_waiting(1);
    fs::rename(gone, folder / "elsewhere");
    CHECK_THROWS_AS(fixture.scheduler->run_now("default", "long"), Error);
    fixture.hear(EventCode::store_error, 2);
    fixture.scheduler->stop(StopMode::wait);
    const auto errors = [&] {
        const std::lock_guard lock(fixture.mutex);
        return std::count_if(fixture.events.begin(), fixture.events.end(),
                             [](const Event& event) { return event.code == EventCode::store_error; });
    };
    const auto before = errors();
    std::this_thread::sleep_for(std::chrono::milliseconds(800));  // of 50 each between two tries
    CHECK(errors() <= before + 6);
    fixture.gate.open();
    fixture.settle();
}

TEST_CASE("adding, starting, and another scheduler on the file wait for a stop that is under way") {
    for (int round = 0; round < 6; ++round) {
        const TemporaryFolder folder;
        Fixture fixture(url(folder));
        fixture.start();
        fixture.add(fixture.task("tick", Fixture::every(kSecond)));
        fixture.scheduler->stop(StopMode::wait);
        if (round % 2 == 0) {
            fixture.add(fixture.task("tock", Fixture::every(kSecond)));
            fixture.start();
        } else {
            Fixture second(url(folder));
            second.start();
            second.add(second.task("tock", Fixture::every(kSecond)));
            second.stop();
            fixture.start();
        }
        CHECK(fixture.scheduler->list("default", "", 10, false).size() == 2);
    }
}

TEST_CASE("a stop that takes too long is an error for whoever waits for it") {
    const TemporaryFolder folder;
    Fixture fixture(url(folder), "threadpool");
    fixture.start();
    fixture.add(fixture.task("long", Fixture::once(kStart), "wait"));
    fixture.gate.wait_for_waiting(1);
    fixture.scheduler->stop(StopMode::wait);
    const auto message_of = [](const auto& work) {
        try {
            work();
        } catch (const Error& error) {
            return error.message();
        }
        return std::string();
    };
    Fixture second(url(folder));
    second.start();  // shares the file meanwhile
    second.stop();
    CHECK(contains(message_of([&] { fixture.start(); }), "still stopping"));
}
