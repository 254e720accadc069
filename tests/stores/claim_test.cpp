#include <algorithm>

#include "tests/stores/ledger.hpp"

using namespace ledger;

TEST_CASE("a claim takes the slot, moves the task on, and succeeds once") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"));
    Claim first = claiming(task, kStart + 3);
    first.plan.runs[0] = {.slot = kStart, .last = kStart + 2, .folded = 3, .exact = false};
    first = apply(store, first);
    REQUIRE(first.outcome == Outcome::done);
    REQUIRE(first.fires.size() == 1);
    const OpenFire& fire = first.fires[0];
    CHECK(fire.key == FireKey{task.state.uid, task.state.gen, FireKind::scheduled, kStart});
    CHECK(fire.last_slot == kStart + 2);
    CHECK(fire.folded == 3);
    CHECK_FALSE(fire.exact);
    CHECK(fire.state == FireState::claimed);
    CHECK(fire.token > 0);
    CHECK(fire.attempt == 1);
    CHECK(fire.task.definition->id == "digest");
    CHECK(fire.task.state.hwm == kStart);
    CHECK(fire.task.open == 1);

    CHECK(apply(store, claiming(task, kStart + 3)).outcome == Outcome::refused);  // at the old revision
    Claim gone = claiming(task, kStart);
    gone.task = task.number + 1;
    CHECK(apply(store, gone).outcome == Outcome::missing);

    const auto now = store.get("digest");
    CHECK(now->state.next_slot == kStart + 10 * kSecond);
    CHECK(now->state.next_due == kStart + 10 * kSecond);
    CHECK(now->state.hwm == kStart);
    CHECK(now->open == 1);
    CHECK(history(store).empty());
}

TEST_CASE("a slot that was claimed before is refused, whatever the revision") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    CHECK(start(store, ref(fire)) == Outcome::done);
    CHECK(finish(store, ref(fire)) == Outcome::done);
    while (store.prune(kStart + kDay * 1000)) {
    }
    Claim again = claiming(*store.get("digest"), kStart);
    again.plan.runs[0].slot = kStart;
    CHECK(apply(store, again).outcome == Outcome::refused);
    CHECK(store.get("digest")->open == 0);
}

TEST_CASE("misses of a plan are rows of history, and no later slot fires") {
    Backend backend;
    Store& store = backend.store();
    Claim late = claiming(add(store, every("digest")), kStart + kHour);
    late.plan.runs.clear();
    PlannedMiss miss;
    miss.first = kStart;
    miss.last = kStart + kMinute;
    miss.count = kCountLimit;
    miss.exact = false;
    late.plan.misses = {miss,
                        {.state = FireState::skipped,
                         .reason = Reason::max_instances,
                         .first = kStart + kHour,
                         .last = kStart + kHour}};
    late.plan.hwm = kStart + kHour;
    late.plan.next_slot = late.plan.next_due = kStart + kHour + kMinute;
    late = apply(store, late);
    CHECK(late.outcome == Outcome::done);
    CHECK(late.fires.empty());
    const auto rows = history(store);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].state == FireState::skipped);
    CHECK(rows[0].reason == Reason::max_instances);
    CHECK(rows[1].state == FireState::missed);
    CHECK(rows[1].reason == Reason::misfire);
    CHECK(rows[1].first == kStart);
    CHECK(rows[1].last == kStart + kMinute);
    CHECK(rows[1].folded == kCountLimit);
    CHECK_FALSE(rows[1].exact);
    CHECK(rows[1].task_id == "digest");
    CHECK(rows[1].finished_at == kStart + kHour);
    Claim again = claiming(*store.get("digest"), kStart);
    again.plan.runs[0].slot = kStart + kHour;
    CHECK(apply(store, again).outcome == Outcome::refused);
}

TEST_CASE("a task without a next time is finished and stays as a tombstone") {
    Backend backend;
    Store& store = backend.store();
    Claim last = claiming(add(store, every("once")), kStart);
    last.plan.next_slot.reset();
    last.plan.next_due.reset();
    last = apply(store, last);
    REQUIRE(last.outcome == Outcome::done);
    CHECK(store.get("once")->state.status == TaskStatus::finished);
    CHECK(store.counts().active == 0);
    CHECK(start(store, ref(last.fires[0])) == Outcome::done);
    CHECK(finish(store, ref(last.fires[0])) == Outcome::done);
    CHECK(apply(store, adding(every("once"))).result == Add::Result::unchanged);
    CHECK(look(store, kStart + kDay).due.empty());
}

TEST_CASE("the start gate opens once, and again for the same owner") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    FireRef wrong = ref(fire);
    ++wrong.token;
    CHECK(start(store, wrong) == Outcome::refused);
    wrong = ref(fire);
    ++wrong.key.uid;
    CHECK(start(store, wrong) == Outcome::refused);
    wrong = ref(fire);
    ++wrong.key.slot;
    CHECK(start(store, wrong) == Outcome::refused);
    CHECK(store.get("digest")->state.runs == 0);

    CHECK(start(store, ref(fire)) == Outcome::done);
    CHECK(start(store, ref(fire)) == Outcome::done);
    CHECK(store.get("digest")->state.runs == 1);
    CHECK(finish(store, ref(fire)) == Outcome::done);
    CHECK(start(store, ref(fire)) == Outcome::refused);
    CHECK(store.get("digest")->state.runs == 1);
}

TEST_CASE("starting changes no revision: a claim planned before it is good") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    const StoredTask seen = *store.get("digest");
    CHECK(start(store, ref(fire)) == Outcome::done);
    CHECK(finish(store, ref(fire)) == Outcome::done);
    CHECK(apply(store, claiming(seen, kStart + kMinute)).outcome == Outcome::done);
}

TEST_CASE("a run asked for by hand is ready at once and taken once") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask task = add(store, every("digest"), kStart + kDay);
    CHECK(run_now(store, "other").outcome == Outcome::missing);
    const RunNow first = run_now(store, "digest", kStart + 5);
    const RunNow second = run_now(store, "digest", kStart + 6);
    CHECK(first.outcome == Outcome::done);
    CHECK(first.key.kind == FireKind::manual);
    CHECK(first.key.uid == task.state.uid);
    CHECK(first.key != second.key);
    CHECK(look(store, kStart + 4).ready.empty());
    const Look found = look(store, kStart + 6);
    REQUIRE(found.ready.size() == 2);
    const OpenFire& fire = found.ready[0];
    CHECK(fire.key == first.key);
    CHECK(fire.last_slot == kStart + 5);
    CHECK(fire.state == FireState::ready);
    CHECK(fire.task.open == 2);

    const Take take = apply(store, Take{.fire = ref(fire), .now_wall = kStart + 7});
    CHECK(take.outcome == Outcome::done);
    CHECK(take.token != fire.token);
    CHECK(apply(store, Take{.fire = ref(fire), .now_wall = kStart + 7}).outcome == Outcome::refused);
    FireRef taken = ref(fire);
    CHECK(start(store, taken) == Outcome::refused);
    taken.token = take.token;
    CHECK(start(store, taken) == Outcome::done);
    CHECK(finish(store, taken) == Outcome::done);
    const auto rows = history(store);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].key == first.key);
    CHECK(rows[0].first == kStart + 5);
    CHECK(rows[0].last == kStart + 5);
    // Request numbers are never drawn twice, also after a restart.
    backend.reopen();
    CHECK(run_now(store, "digest").key.slot > second.key.slot);
}

TEST_CASE("a claim planned before a run was asked for is planned again") {
    Backend backend;
    Store& store = backend.store();
    const StoredTask seen = add(store, every("digest"));
    run_now(store, "digest");
    CHECK(apply(store, claiming(seen, kStart)).outcome == Outcome::refused);
}

TEST_CASE("a failed transaction leaves the store and the batch as they were") {
    Backend backend;
    Store& store = backend.store();
    Batch batch;
    batch.claims.push_back(claiming(add(store, every("digest")), kStart));
    batch.shift = kHour;
    for (const std::string step : {"claim.begin", "claim.half", "claim.before_commit"}) {
        backend.failing_step = step;
        CHECK_THROWS_AS(store.apply(batch), Error);
        CHECK(batch.claims[0].outcome == Outcome::none);
        CHECK(batch.claims[0].fires.empty());
        CHECK(store.get("digest")->open == 0);
        CHECK(store.get("digest")->state.next_slot == kStart);
    }
    backend.failing_step.clear();
    store.apply(batch);
    CHECK(batch.claims[0].outcome == Outcome::done);
    backend.reopen();
    CHECK(backend.opened().line.shift == (backend.place().has_elapsed_line() ? kHour : 0));
}

TEST_CASE("one batch claims, starts and finishes hundreds") {
    Backend backend;
    Store& store = backend.store();
    Batch batch;
    for (int i = 0; i < 400; ++i) batch.adds.push_back(adding(every("task-" + std::to_string(i)), kStart + i));
    store.apply(batch);
    batch = {};
    CHECK(batch.empty());
    for (const StoredTask& task : look(store, kStart + kSecond, 1000).due)
        batch.claims.push_back(claiming(task, kStart));
    CHECK_FALSE(batch.empty());
    store.apply(batch);
    Batch starts;
    Batch finishes;
    for (const Claim& claim : batch.claims) {
        starts.starts.push_back({.fire = ref(claim.fires.at(0)), .now_wall = kStart});
        finishes.finishes.push_back(finishing(ref(claim.fires[0])));
    }
    store.apply(starts);
    store.apply(finishes);
    CHECK(finishes.finishes.size() == 400);
    CHECK(std::all_of(finishes.finishes.begin(), finishes.finishes.end(),
                      [](const Finish& finish) { return finish.outcome == Outcome::done; }));
    HistoryQuery all;
    all.limit = 1000;
    CHECK(store.history(all).size() == 400);
}

TEST_CASE("a claim whose answer was lost is known again: what this node still holds of it") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    Claim asked = claiming(*store.get("digest"), kStart);
    asked.id = 4711;
    asked.plan.runs.push_back({.slot = kStart + 1, .last = kStart + 1});
    asked.plan.runs.push_back({.slot = kStart + 2, .last = kStart + 2, .waiting = true});
    asked.plan.hwm = kStart + 2;
    Claim lost = asked;
    store.recall(lost);
    CHECK(lost.outcome == Outcome::refused);

    const Claim made = apply(store, asked);
    REQUIRE(made.fires.size() == 3);
    store.recall(lost);
    CHECK(lost.outcome == Outcome::done);
    REQUIRE(lost.fires.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(ref(lost.fires[i]) == ref(made.fires[i]));
        CHECK(lost.fires[i].state == FireState::claimed);
        CHECK(lost.fires[i].last_slot == made.fires[i].last_slot);
        CHECK(lost.fires[i].to_wall == made.fires[i].to_wall);
        CHECK(lost.fires[i].task.definition->id == "digest");
    }
    release(store, ref(made.fires[0]));
    finish(store, ref(made.fires[1]));
    store.recall(lost);
    CHECK(lost.outcome == Outcome::done);  // the others wait, or are ready for anybody
    CHECK(lost.fires.empty());
    Claim other = asked;
    other.id = 4712;
    store.recall(other);
    CHECK(other.outcome == Outcome::refused);
    remove(store, "digest");
    store.recall(lost);
    CHECK(lost.outcome == Outcome::refused);
}

TEST_CASE("a claim without a run is known again by the state that it left") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    Claim asked = claiming(*store.get("digest"), kStart);
    asked.id = 4711;
    asked.plan.runs.clear();
    asked.plan.misses.push_back(
        {.state = FireState::missed, .reason = Reason::misfire, .first = kStart, .last = kStart});
    Claim lost = asked;
    store.recall(lost);
    CHECK(lost.outcome == Outcome::refused);
    REQUIRE(apply(store, asked).outcome == Outcome::done);
    store.recall(lost);
    CHECK(lost.outcome == Outcome::done);
    CHECK(lost.fires.empty());
    claim(store, "digest", kStart + 10 * kSecond);
    store.recall(lost);
    CHECK(lost.outcome == Outcome::refused);  // nobody knows any more
}
