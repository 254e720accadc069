#include "core/node/store_inline.hpp"

#include <doctest/doctest.h>

#include "tests/core/node/scripted_store.hpp"
#include "tests/support/lacking_memory.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

// What a test calls is done on its own thread.
struct Inline {
    ScriptedStore* store = new ScriptedStore;
    Now present{};
    int failures = 0;
    StoreInline driver{std::unique_ptr<Store>(store), hooks(), [] { return PumpedNode::kBegin; }, [] {}};

    Inline() { driver.open({}); }

    StoreHooks hooks() {
        StoreHooks hooks;
        hooks.now = [this] { return present; };
        hooks.elapsed = [this] { return present.elapsed; };
        hooks.wakes = [](const GroupWakes&) {};
        hooks.failed = [this](const Error&) { ++failures; };
        hooks.recovered = [] {};
        return hooks;
    }
};

}  // namespace

TEST_CASE("store inline: a call is done when it returns, and does not wait out the pause after a failure") {
    Inline each;
    bool fails = true;
    each.store->on_apply = [&](Batch&) {
        if (fails) throw Error(Code::store, "disk full");
    };
    Batch batch;
    batch.runs = {run_of("a")};
    CHECK_THROWS_AS(each.driver.apply(batch), Error);
    fails = false;
    CHECK(each.driver.apply(batch).runs[0].outcome == Outcome::done);
    CHECK(each.failures == 1);
}

TEST_CASE("store inline: a call that lacks memory leaves no request behind") {
    for_each_lack([](long n) {
        CAPTURE(n);
        Inline each;
        int applied = 0;
        each.store->on_apply = [&](Batch&) { ++applied; };
        Batch batch;
        batch.runs = {run_of("a")};
        bool failed = false;
        bool thrown = false;
        {
            const LackingMemory lacking(n);
            try {
                thrown = lacks([&] { static_cast<void>(each.driver.apply(std::move(batch))); });
            } catch (const Error& error) {
                thrown = true;
                CHECK(error.code() == Code::no_memory);
            }
            failed = lacking.failed();
        }
        static_cast<void>(each.driver.pump());
        CHECK(applied == (thrown ? 0 : 1));
        return failed;
    });
}
