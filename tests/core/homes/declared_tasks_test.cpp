#include "core/homes/declared_tasks.hpp"

#include <doctest/doctest.h>

#include "tests/core/homes/parts.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

struct Declared {
    Releases releases;
    DeclaredTasks tasks{releases};
    int released = 0;

    NewTask task(const std::string& id, Micros period = kSecond, AddMode mode = AddMode::declare) {
        NewTask task = Parts::task(id, period);
        task.mode = mode;
        task.spec.release = [this] { ++released; };
        return task;
    }
    void release() {
        for (const auto& each : std::exchange(releases, {})) each();
    }
};

}  // namespace

TEST_CASE("declared tasks: one program cannot declare an id in two ways, unless the later one is to replace") {
    Declared declared;
    CHECK(declared.tasks.add(declared.task("a")).result == AddOutcome::Result::pending);
    CHECK(declared.tasks.add(declared.task("a")).result == AddOutcome::Result::unchanged);
    declared.release();
    CHECK(declared.released == 1);
    CHECK_THROWS_AS(declared.tasks.add(declared.task("a", 2 * kSecond)), Error);
    const AddOutcome later = declared.tasks.add(declared.task("a", 2 * kSecond, AddMode::replace));
    CHECK(later.result == AddOutcome::Result::replaced);
    CHECK(later.task.pending);
    declared.release();
    CHECK(declared.released == 2);
    CHECK(declared.tasks.all().size() == 1);
}

TEST_CASE("declared tasks: what is removed is released, and what is written is not") {
    Declared declared;
    for (const char* id : {"a", "b", "c"}) declared.tasks.add(declared.task(id));
    declared.tasks.written("default", "a");
    CHECK(declared.tasks.find("default", "a") == nullptr);
    CHECK(declared.tasks.remove("default", "b"));
    CHECK_FALSE(declared.tasks.remove("default", "b"));
    CHECK(declared.tasks.remove_all("elsewhere") == 0);
    declared.release();
    CHECK(declared.released == 1);
    CHECK(declared.tasks.remove_all("default") == 1);
    declared.release();
    CHECK(declared.released == 2);
}

TEST_CASE("declared tasks: one that is added paused is shown so") {
    Declared declared;
    NewTask task = declared.task("a");
    task.spec.next_run_time = std::optional<Instant>();
    CHECK(declared.tasks.add(std::move(task)).task.state.status == TaskStatus::paused);
}

TEST_CASE("declared tasks: those of all stores are kept apart, in the order in which they were added") {
    Declared declared;
    NewTask elsewhere = declared.task("a");
    elsewhere.spec.store = "elsewhere";
    declared.tasks.add(declared.task("b"));
    declared.tasks.add(declared.task("a"));
    declared.tasks.add(std::move(elsewhere));
    CHECK(declared.tasks.find("default", "a") != declared.tasks.find("elsewhere", "a"));
    CHECK(declared.tasks.remove("elsewhere", "a"));
    CHECK(declared.tasks.find("elsewhere", "a") == nullptr);
    std::string order;
    for (const NewTask& task : declared.tasks.all()) order += task.definition->id;
    CHECK(order == "ba");
    declared.tasks.all_written();
    CHECK(declared.tasks.find("default", "a") == nullptr);
}
