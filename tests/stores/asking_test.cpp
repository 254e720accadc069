// Tasks of custom triggers: active without a due time while their trigger is asked.
#include "core/triggers/custom.hpp"
#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

Definition custom(const std::string& id) {
    Definition out = every(id);
    out.trigger = make_custom_trigger({.name = "tides"});
    return out;
}

// To be asked for its first time.
Add asking(const std::string& id) {
    Add add = adding(custom(id));
    add.state.next_slot.reset();
    add.state.next_due.reset();
    return add;
}

std::vector<std::string> ids(const std::vector<StoredTask>& tasks) {
    std::vector<std::string> out;
    for (const StoredTask& task : tasks) out.push_back(task.definition->id);
    return out;
}

Store::Wake wake_of(Store& store, const StoredTask& task) {
    const LaneNumber lanes[] = {task.lane};
    return store.next_wake(lanes);
}

}  // namespace

TEST_CASE("a task that is to be asked is stored active, is never due, and is found after a restart") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask first = apply(store, asking("first")).task;
    apply(store, adding(custom("known")));
    apply(store, adding(every("plain")));
    Add paused = asking("paused");
    paused.state.status = TaskStatus::paused;
    apply(store, paused);
    CHECK(first.state.status == TaskStatus::active);
    CHECK_FALSE(wake_of(store, first).wall.has_value());
    CHECK(ids(store.asking()) == std::vector<std::string>{"first"});
    backend.reopen();
    const auto found = backend.store().asking();
    REQUIRE(found.size() == 1);
    CHECK(found[0].definition->id == "first");
    CHECK(found[0].state.rev == first.state.rev);
    CHECK(found[0].state.hwm == kEarliest);
}

TEST_CASE("a claim after which the trigger is asked leaves the task active, with what was claimed") {
    Backend backend;
    Store& store = backend.store();
    Claim claim = claiming(apply(store, adding(custom("t"))).task, kStart);
    claim.plan.next_slot.reset();
    claim.plan.next_due.reset();
    claim.plan.asks = true;
    claim = apply(store, claim);
    REQUIRE(claim.outcome == Outcome::done);
    CHECK(claim.fires.size() == 1);
    CHECK(claim.asking.definition->id == "t");
    CHECK(claim.asking.state.hwm == kStart);
    const auto stored = store.get("t");
    CHECK(stored->state.rev == claim.asking.state.rev);
    CHECK(stored->state.status == TaskStatus::active);
    CHECK_FALSE(stored->state.next_slot.has_value());
    CHECK(ids(store.asking()) == std::vector<std::string>{"t"});

    // The answer, at the revision of the claim; what comes later is refused.
    Change answer;
    answer.id = "t";
    answer.rev = claim.asking.state.rev;
    answer.state = claim.asking.state;
    answer.state->next_slot = answer.state->next_due = kStart + kMinute;
    const Change first = apply(store, answer);
    CHECK(first.outcome == Outcome::done);
    CHECK(first.task.state.gen == claim.asking.state.gen);
    CHECK(first.task.state.hwm == kStart);
    CHECK(apply(store, answer).outcome == Outcome::refused);
    CHECK(store.asking().empty());
    CHECK(wake_of(store, *store.get("t")).wall == kStart + kMinute);
}

TEST_CASE("a claim may set a slot aside: it stays, and is not due") {
    Backend backend;
    Store& store = backend.store();
    Claim claim = claiming(apply(store, adding(custom("t"))).task, kStart + kHour);
    claim.plan.clear();
    claim.plan.next_slot = kStart;
    claim.plan.asks = true;
    claim = apply(store, claim);
    REQUIRE(claim.outcome == Outcome::done);
    CHECK(claim.fires.empty());
    CHECK(claim.asking.state.next_slot == kStart);
    CHECK(claim.asking.state.hwm == kEarliest);
    CHECK_FALSE(wake_of(store, claim.asking).wall.has_value());
    backend.reopen();
    const auto found = backend.store().asking();
    REQUIRE(found.size() == 1);
    CHECK(found[0].state.next_slot == kStart);
    // With the answer, the slot is claimed at last.
    CHECK(apply(backend.store(), claiming(found[0], kStart + kHour)).outcome == Outcome::done);
}

TEST_CASE("a trigger that failed leaves a paused task, and a row that says why") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = apply(store, asking("t")).task;
    Change change;
    change.id = "t";
    change.rev = task.state.rev;
    change.state = task.state;
    change.state->status = TaskStatus::paused;
    change.miss = PlannedMiss{.state = FireState::missed,
                              .reason = Reason::trigger_failed,
                              .first = kStart,
                              .last = kStart,
                              .count = 0,
                              .exact = true};
    change.error = "no tide";
    change.now_wall = kStart + 1;
    Change late = change;
    CHECK(apply(store, change).outcome == Outcome::done);
    CHECK(apply(store, late).outcome == Outcome::refused);  // and leaves no row
    CHECK(store.get("t")->state.status == TaskStatus::paused);
    CHECK(store.asking().empty());
    const auto rows = history(store);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == FireState::missed);
    CHECK(rows[0].reason == Reason::trigger_failed);
    CHECK(rows[0].error == "no tide");
    CHECK(rows[0].folded == 0);
    CHECK(rows[0].finished_at == kStart + 1);
}

TEST_CASE("the anchor of a custom trigger is no phase: what ran keeps its mark") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = apply(store, adding(custom("t"))).task;
    REQUIRE(apply(store, claiming(task, kStart)).outcome == Outcome::done);
    TaskState state = store.get("t")->state;
    state.anchor = kStart + kHour;
    state.next_slot.reset();
    state.next_due.reset();
    const Change change = change_state(store, "t", state);
    CHECK(change.task.state.hwm == kStart);
    CHECK(change.task.state.gen == task.state.gen);
    CHECK(change.task.state.anchor == kStart + kHour);
}
