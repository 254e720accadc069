#include "core/node/joined_starts.hpp"

#include <doctest/doctest.h>

#include "tests/core/node/scripted_store.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

Start start_of(TaskNumber task) { return {.fire = fire_of(task), .now_wall = 1, .outcome = Outcome::none}; }

Finish called(TaskNumber task) {
    Finish finish = finish_of(task);
    finish.started_at = 1;
    return finish;
}

}  // namespace

TEST_CASE("a start is not written if the end of its run is in the same batch, and gets the outcome of that end") {
    Batch batch;
    batch.starts = {start_of(1), start_of(2), start_of(3), start_of(4)};
    batch.finishes = {called(4), finish_of(3), called(2)};  // 3 ends without having been called
    {
        const JoinedStarts joined(batch);
        REQUIRE(batch.starts.size() == 2);
        CHECK(batch.starts[0].fire.task == 1);
        CHECK(batch.starts[1].fire.task == 3);
        batch.starts[0].outcome = Outcome::refused;
        batch.starts[1].outcome = Outcome::done;
        batch.finishes[0].outcome = Outcome::done;
        batch.finishes[2].outcome = Outcome::refused;
    }
    REQUIRE(batch.starts.size() == 4);
    const Outcome expected[] = {Outcome::refused, Outcome::refused, Outcome::done, Outcome::done};
    for (std::size_t i = 0; i < batch.starts.size(); ++i) {
        CAPTURE(i);
        CHECK(batch.starts[i].fire.task == static_cast<TaskNumber>(i) + 1);
        CHECK(batch.starts[i].outcome == expected[i]);
    }
}

TEST_CASE("the end of a run under another token has nothing to do with its start") {
    Batch batch;
    batch.starts = {start_of(1)};
    batch.finishes = {called(1)};
    batch.finishes[0].fire.token = 2;
    const JoinedStarts joined(batch);
    CHECK(batch.starts.size() == 1);
}
