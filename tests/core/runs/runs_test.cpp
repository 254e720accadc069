#include "core/runs/runs.hpp"

#include <doctest/doctest.h>

using namespace uvsched;

namespace {

struct Table {
    Releases releases;
    Runs runs{2, releases};
    Definition task;
    bool released = false;

    RunSlot& begin(std::uint16_t home = 0) {
        RunSlot& slot = runs.make();
        slot.store = home;
        runs.begin(slot, task, runs.functions().intern("f")->current);
        return slot;
    }
    void set_function() {
        Function function;
        function.release = [this] { released = true; };
        runs.functions().set("f", std::move(function), releases);
    }
    void release() {
        for (const auto& each : std::exchange(releases, {})) each();
    }
};

}  // namespace

TEST_CASE("runs: one that ended is counted when it is freed, and its number is not used again") {
    Table table;
    RunSlot& slot = table.begin();
    const std::uint64_t id = slot.run.id;
    CHECK(table.runs.live() == 1);
    CHECK(table.runs.started() == 1);
    table.runs.ended(slot, FireState::failed, 7);
    CHECK(table.runs.finished() == 0);
    REQUIRE(table.runs.back(0).size() == 1);
    RunSlot& back = *table.runs.back(0).pop();
    CHECK(back.end_state == FireState::failed);
    CHECK(back.ended_at == 7);
    table.runs.free(back);
    CHECK(table.runs.finished() == 1);
    CHECK(table.runs.live() == 0);
    CHECK(table.runs.in_flight(id) == nullptr);
    CHECK(table.begin().run.id != id);
}

TEST_CASE("runs: one that was never called does not count as started") {
    Table table;
    RunSlot& slot = table.begin();
    table.runs.unstarted(slot);
    table.runs.free(*table.runs.back(0).pop());
    CHECK(table.runs.started() == 0);
    CHECK(table.runs.finished() == 0);
}

TEST_CASE("runs: what came back is in flight no longer, so that a second report finds nothing") {
    Table table;
    RunSlot& slot = table.begin();
    CHECK(table.runs.in_flight(slot.run.id) == &slot);
    table.runs.ended(slot, FireState::done, 1);
    CHECK(table.runs.in_flight(slot.run.id) == nullptr);
}

TEST_CASE("runs: what came back waits at its own home, in order, and keeps its place when there is no memory") {
    Table table;
    RunSlot& first = table.begin(1);
    RunSlot& other = table.begin(0);
    RunSlot& second = table.begin(1);
    for (RunSlot* slot : {&first, &other, &second}) table.runs.ended(*slot, FireState::done, 1);
    RunLine& line = table.runs.back(1);
    CHECK(line.pop() == &first);
    line.push_front(first);
    CHECK(line.size() == 2);
    CHECK(line.pop() == &first);
    CHECK(line.pop() == &second);
    CHECK(line.empty());
    line.push_front(second);
    line.push(first);
    CHECK(line.pop() == &second);
    CHECK(line.pop() == &first);
    CHECK(table.runs.back(0).pop() == &other);
}

TEST_CASE("runs: a function that was replaced is released with the last run that uses it") {
    Table table;
    table.set_function();
    RunSlot& slot = table.begin();
    table.runs.functions().set("f", {}, table.releases);
    table.release();
    CHECK_FALSE(table.released);
    table.runs.ended(slot, FireState::done, 1);
    table.runs.free(*table.runs.back(0).pop());
    table.release();
    CHECK(table.released);
}
