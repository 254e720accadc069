#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

// Runs a task once; the row of history ends at `at`.
void run_once(Store& store, const std::string& id, Instant at, FireState state = FireState::done) {
    const OpenFire fire = claim(store, id, at);
    REQUIRE(start(store, ref(fire), at) == Outcome::done);
    REQUIRE(finish(store, ref(fire), state, at) == Outcome::done);
}

void prune(Store& store, Instant now) {
    int pieces = 0;
    while (store.prune(now)) REQUIRE(++pieces < 1000);
}

}  // namespace

TEST_CASE("history is read from new to old, in pages, by task and state") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("a"));
    add(store, every("b"));
    for (int i = 0; i < 6; ++i)
        run_once(store, i % 2 == 0 ? "a" : "b", kStart + i, i < 2 ? FireState::failed : FireState::done);
    HistoryQuery query;
    query.limit = 4;
    auto page = store.history(query);
    REQUIRE(page.size() == 4);
    CHECK(page[0].finished_at == kStart + 5);
    CHECK(page[3].finished_at == kStart + 2);
    for (std::size_t i = 1; i < page.size(); ++i) CHECK(page[i].seq < page[i - 1].seq);
    query.before = page[3].seq;
    page = store.history(query);
    REQUIRE(page.size() == 2);
    CHECK(page[1].finished_at == kStart);

    query = {};
    query.task_id = "b";
    CHECK(store.history(query).size() == 3);
    query.state = FireState::failed;
    page = store.history(query);
    REQUIRE(page.size() == 1);
    CHECK(page[0].finished_at == kStart + 1);
    query.task_id.clear();
    CHECK(store.history(query).size() == 2);
    query.task_id = "c";
    CHECK(store.history(query).empty());
}

TEST_CASE("history goes by age") {
    Backend backend;
    backend.retention = {.age = kHour, .per_task = 0};
    backend.reopen();
    Store& store = backend.store();
    add(store, every("a"));
    for (int i = 0; i < 10; ++i) run_once(store, "a", kStart + i * 20 * kMinute);
    prune(store, kStart + 180 * kMinute);
    const auto rows = history(store);
    REQUIRE(rows.size() == 4);
    CHECK(rows.back().finished_at == kStart + 120 * kMinute);
}

TEST_CASE("history goes by number, for each task") {
    Backend backend;
    backend.retention = {.age = 0, .per_task = 3};
    backend.reopen();
    Store& store = backend.store();
    for (const char* id : {"a", "b", "c"}) add(store, every(id));
    for (int i = 0; i < 8; ++i) {
        run_once(store, "a", kStart + i);
        if (i < 2) run_once(store, "b", kStart + i);
    }
    run_once(store, "c", kStart);
    prune(store, kStart);
    CHECK(history(store, "a").size() == 3);
    CHECK(history(store, "a").back().finished_at == kStart + 5);
    CHECK(history(store, "b").size() == 2);
    CHECK(history(store, "c").size() == 1);
    for (int i = 0; i < 3; ++i) run_once(store, "b", kStart + 100 + i);
    prune(store, kStart);
    CHECK(history(store, "b").size() == 3);
}

TEST_CASE("pruning is bounded, goes on to the end, and keeps all without limits") {
    Backend backend;
    Store& store = backend.store();
    Claim claim = claiming(add(store, every("a")), kStart);
    claim.plan.runs.clear();
    PlannedMiss miss;
    for (int i = 0; i < 1234; ++i) {
        miss.first = miss.last = kStart + i;
        claim.plan.misses.push_back(miss);
    }
    claim.plan.hwm = kStart + 1233;
    apply(store, claim);
    HistoryQuery all;
    all.limit = 10'000;
    for (const Retention& keeping : {Retention{.age = 0, .per_task = 0}, Retention{.age = kDay, .per_task = 1234}}) {
        backend.retention = keeping;
        backend.reopen();
        prune(store, kStart);
        CHECK(store.history(all).size() == 1234);
    }
    const std::int64_t last_seq = store.history(all)[0].seq;
    backend.retention = {.age = kDay, .per_task = 100};
    backend.reopen();
    CHECK(store.prune(kStart));
    CHECK(store.history(all).size() > 100);
    prune(store, kStart);
    CHECK(store.history(all).size() == 100);
    prune(store, kStart + 2 * kDay);
    CHECK(store.history(all).empty());
    // Numbers of history are not used twice either.
    backend.reopen();
    run_once(store, "a", kStart);
    CHECK(store.history(all).at(0).seq > last_seq);
}
