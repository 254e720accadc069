#include <doctest/doctest.h>

#include "core/ledger/fire_rules.hpp"

using namespace uvsched;

namespace {

constexpr std::array kStates{FireState::waiting, FireState::ready,  FireState::claimed,   FireState::running,
                             FireState::done,    FireState::failed, FireState::cancelled, FireState::lost,
                             FireState::missed,  FireState::skipped};

}  // namespace

TEST_CASE("what a node holds ends as done, failed, cancelled or missed; nothing else ends by a report") {
    for (const FireState from : kStates) {
        for (const FireState to : kStates) {
            const bool reported = to == FireState::done || to == FireState::failed || to == FireState::cancelled ||
                                  to == FireState::missed;
            CHECK(may_finish(from, to) == (is_held(from) && reported));
        }
    }
}

TEST_CASE("only the first run of a task that may run again is called before its start gate has answered") {
    CHECK_FALSE(waits_for_gate(OnCrash::rerun, 1));
    CHECK(waits_for_gate(OnCrash::rerun, 2));
    CHECK(waits_for_gate(OnCrash::mark_lost, 1));
}

TEST_CASE("after a crash what was claimed runs, what ran as its task says, and nothing of a deleted task") {
    Policies policies;
    policies.max_crashes = 2;
    const auto after = [&](FireState held, std::int32_t crashes) {
        const AfterCrash out = after_crash(held, crashes, &policies);
        return std::pair(out.again, out.crashes);
    };
    CHECK(after(FireState::claimed, 0) == std::pair(true, 0));
    CHECK(after(FireState::claimed, 7) == std::pair(true, 7));
    CHECK(after(FireState::running, 0) == std::pair(true, 1));
    CHECK(after(FireState::running, 1) == std::pair(false, 2));
    policies.on_crash = OnCrash::mark_lost;
    CHECK(after(FireState::claimed, 0) == std::pair(true, 0));
    CHECK(after(FireState::running, 0) == std::pair(false, 1));
    for (const FireState held : {FireState::claimed, FireState::running})
        CHECK_FALSE(after_crash(held, 0, nullptr).again);
}

TEST_CASE("waiting fires become ready as far as max_instances leaves room beside whatever is under way") {
    CHECK(promotable(3, 0, 1) == 1);
    CHECK(promotable(3, 1, 1) == 0);
    CHECK(promotable(3, 5, 1) == 0);  // runs by hand are not held back
    CHECK(promotable(3, 1, 3) == 2);
    CHECK(promotable(1, 0, 3) == 1);
    CHECK(promotable(0, 0, 3) == 0);
}

TEST_CASE("a deletion ends what has not started; another trigger leaves what was asked for by hand") {
    for (const FireState state : {FireState::waiting, FireState::ready, FireState::claimed}) {
        CHECK(ends_unstarted(state, FireKind::manual, Reason::deleted));
        CHECK(ends_unstarted(state, FireKind::scheduled, Reason::deleted));
        CHECK(ends_unstarted(state, FireKind::scheduled, Reason::replaced));
        CHECK_FALSE(ends_unstarted(state, FireKind::manual, Reason::replaced));
    }
    CHECK_FALSE(ends_unstarted(FireState::running, FireKind::scheduled, Reason::deleted));
}

TEST_CASE("a plan may claim only slots above the highest claimed, which it raises") {
    Plan plan;
    plan.runs = {{.slot = 20, .last = 25}, {.slot = 30, .last = 30}};
    CHECK(is_new(plan, kEarliest));
    CHECK(is_new(plan, 19));
    CHECK_FALSE(is_new(plan, 20));
    CHECK(hwm_after(plan, 10) == 30);
    CHECK(hwm_after(plan, 40) == 40);
    plan.hwm = 35;  // misses behind the last run
    CHECK(hwm_after(plan, 10) == 35);
    CHECK(ends_task(plan));
    plan.asks = true;
    CHECK_FALSE(ends_task(plan));
}
