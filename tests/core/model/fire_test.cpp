#include "core/model/fire.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "core/model/event.hpp"

using namespace uvsched;

TEST_CASE("a fire id is 32 digits, the same for the same key, and another where anything differs") {
    const FireKey key{.uid = 7, .gen = 1, .kind = FireKind::scheduled, .slot = 1'000'000};
    const std::string id = fire_id(1, key).data();
    CHECK(id.size() == 32);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(id == fire_id(1, key).data());
    std::set<std::string> ids{id};
    ids.insert(fire_id(2, key).data());
    for (const FireKey& other : {FireKey{.uid = 8, .gen = 1, .kind = FireKind::scheduled, .slot = 1'000'000},
                                 FireKey{.uid = 7, .gen = 2, .kind = FireKind::scheduled, .slot = 1'000'000},
                                 FireKey{.uid = 7, .gen = 1, .kind = FireKind::manual, .slot = 1'000'000},
                                 FireKey{.uid = 7, .gen = 1, .kind = FireKind::scheduled, .slot = 1'000'001}}) {
        ids.insert(fire_id(1, other).data());
    }
    CHECK(ids.size() == 6);
}

TEST_CASE("fire ids must never change: they are other systems' idempotency keys") {
    CHECK(std::string(fire_id(0, {}).data()) == "c739f5ec15a29d83c8d163685318c188");
    CHECK(
        std::string(fire_id(0x0123456789ABCDEF, {.uid = 42, .gen = 3, .kind = FireKind::manual, .slot = -1}).data()) ==
        "2720b04a3868bdcbaf8f1f0743b48272");
}

TEST_CASE("neighbouring keys give ids without a common half") {
    std::set<std::string> fronts;
    std::set<std::string> backs;
    for (std::int64_t slot = 0; slot < 100; ++slot) {
        for (std::uint64_t uid = 0; uid < 100; ++uid) {
            const std::string id = fire_id(1, {.uid = uid, .gen = 0, .kind = FireKind::scheduled, .slot = slot}).data();
            fronts.insert(id.substr(0, 16));
            backs.insert(id.substr(16));
        }
    }
    CHECK(fronts.size() == 10'000);
    CHECK(backs.size() == 10'000);
}

TEST_CASE("kinds, states and reasons come back from their text") {
    for (int i = 0; i < 4; ++i) {
        const auto kind = static_cast<FireKind>(i);
        FireKind read = FireKind::shutdown;
        CHECK(kind_from_text(kind_text(kind), read));
        CHECK(read == kind);
    }
    for (int i = 0; i < 10; ++i) {
        const auto state = static_cast<FireState>(i);
        FireState read = FireState::skipped;
        CHECK(state_from_text(state_text(state), read));
        CHECK(read == state);
        const auto reason = static_cast<Reason>(i);
        Reason why = Reason::not_callable;
        CHECK(reason_from_text(reason_text(reason), why));
        CHECK(why == reason);
    }
    CHECK(std::string(kind_text(FireKind::boot)) == "boot");
    CHECK(std::string(state_text(FireState::claimed)) == "claimed");
    CHECK(std::string(reason_text(Reason::past_when_added)) == "past_when_added");
    CHECK(std::string(reason_text(Reason::none)).empty());
    FireState state = FireState::done;
    CHECK_FALSE(state_from_text("finished", state));
    CHECK_FALSE(state_from_text("", state));
    CHECK(state == FireState::done);
    CHECK(std::string(state_text(static_cast<FireState>(99))) == "?");
}

TEST_CASE("every event has a name of its own") {
    std::set<std::string> names;
    for (int bit = 0; bit < 36; ++bit) names.insert(event_text(static_cast<EventCode>(EventMask{1} << bit)));
    CHECK(names.size() == 36);
    CHECK_FALSE(names.contains("?"));
    CHECK(std::string(event_text(EventCode::scheduler_started)) == "scheduler_started");
    CHECK(std::string(event_text(EventCode::task_executed)) == "task_executed");
    CHECK(std::string(event_text(EventCode::task_max_instances)) == "task_max_instances");
    CHECK(std::string(event_text(EventCode::task_cancelled)) == "task_cancelled");
    CHECK(std::string(event_text(EventCode::store_error)) == "store_error");
    CHECK(std::string(event_text(EventCode::trigger_error)) == "trigger_error");
    CHECK(std::string(event_text(static_cast<EventCode>(3))) == "?");
    CHECK(std::string(event_text(static_cast<EventCode>(0))) == "?");
    CHECK(std::string(event_text(static_cast<EventCode>(kAllEvents + 1))) == "?");
}
