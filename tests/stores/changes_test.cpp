// What other nodes must find moves a number of the store; claims and ends of runs, which are most of the work, do not.
#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

// What this node's transactions add to the number that others see.
class Counted {
public:
    explicit Counted(Backend& backend) : backend_(backend), last_(read()), own_(backend.store().changes()) {}

    std::int64_t since() {
        CHECK(backend_.store().changes() == own_);
        const std::int64_t now = read();
        return now - std::exchange(last_, now);
    }

private:
    [[nodiscard]] std::int64_t read() const { return std::stoll(backend_.place().changes()); }

    Backend& backend_;
    std::int64_t last_;
    std::uint64_t own_;
};

}  // namespace

TEST_CASE("tasks that are added, changed or resumed, and runs by hand are told to other nodes") {
    Backend backend;
    Store& store = backend.store();
    Counted told(backend);
    const StoredTask task = add(store, every("digest"));
    CHECK(told.since() == 1);
    CHECK(change_definition(store, every("digest", kMinute), task.state).outcome == Outcome::done);
    CHECK(told.since() == 1);
    CHECK(change_state(store, "digest", task.state).outcome == Outcome::done);
    CHECK(told.since() == 1);
    run_now(store, "digest");
    CHECK(told.since() == 1);
    Batch both;
    both.adds.push_back(adding(every("a")));
    both.adds.push_back(adding(every("b")));
    store.apply(both);
    CHECK(told.since() == 1);
}

TEST_CASE("what changes nothing is not told") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    Counted told(backend);
    CHECK(apply(store, adding(every("digest"))).result == Add::Result::unchanged);
    Change stale;
    stale.id = "digest";
    stale.rev = 77;
    CHECK(apply(store, stale).outcome == Outcome::refused);
    CHECK(run_now(store, "nobody").outcome == Outcome::missing);
    CHECK(told.since() == 0);
}

TEST_CASE("claims, starts and ends are not told") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    run_now(store, "digest");
    Counted told(backend);
    const OpenFire fire = claim(store, "digest");
    CHECK(start(store, ref(fire)) == Outcome::done);
    CHECK(finish(store, ref(fire)) == Outcome::done);
    Take take;
    take.fire = ref(look(store, kStart).ready.at(0));
    CHECK(apply(store, take).outcome == Outcome::done);
    CHECK(told.since() == 0);
}

TEST_CASE("a fire that becomes ready again is told: released, promoted or recovered") {
    Backend backend;
    Store& store = backend.store();
    add(store, every("digest"));
    const OpenFire fire = claim(store, "digest");
    Counted told(backend);
    CHECK(release(store, ref(fire)) == Outcome::done);
    CHECK(told.since() == 1);

    Claim queued = claiming(*store.get("digest"), kStart + 10 * kSecond);
    queued.plan.runs.push_back({.slot = kStart + 20 * kSecond, .last = kStart + 20 * kSecond, .waiting = true});
    queued.plan.hwm = kStart + 20 * kSecond;
    queued.plan.next_slot = queued.plan.next_due = kStart + 30 * kSecond;
    const Claim claimed = apply(store, queued);
    REQUIRE(claimed.outcome == Outcome::done);
    CHECK(told.since() == 0);
    Take take;
    take.fire = ref(look(store, kStart + 10 * kSecond).ready.at(0));
    REQUIRE(apply(store, take).outcome == Outcome::done);
    ++take.fire.token;
    CHECK(finish(store, ref(claimed.fires.at(0))) == Outcome::done);
    CHECK(finish(store, take.fire) == Outcome::done);
    CHECK(told.since() == 1);

    claim(store, "digest", kStart + 30 * kSecond);
    CHECK(told.since() == 0);
    backend.reopen(kStart + 30 * kSecond);
    CHECK(Counted(backend).since() == 0);
    CHECK(std::stoll(backend.place().changes()) == 4);
}

TEST_CASE("what another node does moves the number, and a transaction that failed does not") {
    Backend backend;
    Store& store = backend.store();
    const std::uint64_t before = store.changes();
    backend.place().set_changes(std::to_string(std::stoll(backend.place().changes()) + 1));
    const std::uint64_t moved = store.changes();
    CHECK(moved != before);
    backend.failing_step = "add.before_commit";
    Batch batch;
    batch.adds.push_back(adding(every("digest")));
    CHECK_THROWS(store.apply(batch));
    backend.failing_step.clear();
    CHECK(store.changes() == moved);
    add(store, every("digest"));
    CHECK(store.changes() == moved);
    // Whatever somebody made of it.
    backend.place().set_changes("9223372036854775807");
    add(store, every("other"));
    CHECK(backend.place().changes() == "0");
    CHECK(store.changes() != moved);
}
