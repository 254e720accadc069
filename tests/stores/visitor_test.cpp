// A visitor looks at a store and changes tasks, while nodes have the store open or while none has: it makes nothing,
// takes nothing, and leaves no trace. And what a report says.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/stores/registry/registry.hpp"
#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

// One in a place where a store may be.
class Visitor {
public:
    explicit Visitor(Place& place) : store_(read_store(place.url(""), "test").make()) {}
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;
    ~Visitor() { store_->close(); }

    Opened open() {
        return store_->open({.role = Role::visitor, .wall = kStart, .label = "operator", .retention = {}});
    }
    [[nodiscard]] Store& store() { return *store_; }

private:
    std::unique_ptr<Store> store_;
};

void check_not_there(Visitor& visitor) {
    try {
        visitor.open();
        FAIL("there is a store");
    } catch (const Error& error) {
        CHECK(error.code() == Code::not_found);
        CHECK(error.message().find("uvsched store migrate") != std::string::npos);
    }
}

// But for what the server's settings are: those of tests are not safe.
std::vector<std::string> problems(StoreReport report, Instant now = kStart) {
    report.problems.clear();
    report.now = now;
    judge(report);
    return report.problems;
}

}  // namespace

TEST_CASE("a visitor makes no store") {
    const auto place = make_place();
    Visitor visitor(*place);
    check_not_there(visitor);
    check_not_there(visitor);
    CHECK(visitor.store().migrate(Migrates::on_paper).from == 0);
    check_not_there(visitor);
    const Migration made = visitor.store().migrate(Migrates::really);
    CHECK(made.from == 0);
    CHECK(made.to > 0);
    CHECK(visitor.store().migrate(Migrates::really).from == made.to);
    const Migration shown = visitor.store().migrate(Migrates::on_paper);
    CHECK(shown.from == made.to);
    CHECK(shown.statements.empty());
    visitor.open();
    CHECK(visitor.store().counts() == TaskCounts{});
}

TEST_CASE("a visitor sees and changes what is there, and is no node") {
    Backend backend;
    add(backend.store(), every("digest"));
    add(backend.store(), every("report"));
    backend.store().tell_lanes({});
    Visitor visitor(backend.place());
    const Opened opened = visitor.open();
    CHECK(opened.node == 0);
    CHECK(opened.lease == 0);
    CHECK(opened.dead.empty());
    CHECK(opened.store_hash == backend.opened().store_hash);
    CHECK(visitor.store().membership() == nullptr);
    REQUIRE(backend.store().nodes().size() == 1);
    CHECK(backend.store().nodes()[0].number == backend.opened().node);

    Store& store = visitor.store();
    const std::uint64_t before = backend.store().changes();
    std::optional<StoredTask> digest = store.get("digest");
    REQUIRE(digest);
    digest->state.status = TaskStatus::paused;
    CHECK(change_state(store, "digest", digest->state).outcome == Outcome::done);
    CHECK(backend.store().get("digest")->state.status == TaskStatus::paused);
    CHECK(run_now(store, "digest").outcome == Outcome::done);
    CHECK(backend.store().changes() != before);
    CHECK(add(store, every("news")).number > 0);
    Remove remove;
    remove.id = "report";
    remove.now_wall = kStart;
    CHECK(apply(store, std::move(remove)).outcome == Outcome::done);
    CHECK(store.list("", 10, true).size() == 2);
    CHECK(store.counts().paused == 1);
    CHECK(history(store).size() == history(backend.store()).size());
    CHECK(look(backend.store(), kStart).ready.size() == 1);
    CHECK(backend.store().nodes().size() == 1);
}

TEST_CASE("what a dead node held stays its own while a visitor is there") {
    Backend backend;
    add(backend.store(), every("digest"));
    const OpenFire fire = claim(backend.store(), "digest");
    backend.store().close();
    Visitor visitor(backend.place());
    visitor.open();
    CHECK(visitor.store().get("digest")->open == 1);
    CHECK(visitor.store().report().fires == std::map<std::string, std::int64_t>{{"claimed", 1}});
    backend.open();
    REQUIRE(backend.left().ready.size() == 1);
    CHECK(backend.left().ready[0].key == fire.key);
}

TEST_CASE("visitors come and go, and the store is as it was") {
    Backend backend;
    add(backend.store(), every("digest"));
    const std::string rows = backend.place().rows();
    for (int i = 0; i < 3; ++i) {
        Visitor visitor(backend.place());
        visitor.open();
        CHECK(visitor.store().counts().active == 1);
    }
    CHECK(backend.place().rows() == rows);
    CHECK(backend.store().nodes().size() == 1);
    CHECK(look(backend.store(), kStart).due.size() == 1);
    backend.reopen();
    CHECK(backend.left().ready.empty());
}

TEST_CASE("a report: what there is, who has it, and what is due") {
    Backend backend;
    const StoredTask digest = add(backend.store(), every("digest"));
    const StoredTask report = add(backend.store(), every("report"), kStart + kMinute);
    claim(backend.store(), "digest");
    const std::vector<LaneNumber> mine{digest.lane};
    backend.store().tell_lanes(mine);
    Visitor visitor(backend.place());
    visitor.open();
    StoreReport seen = visitor.store().report();
    CHECK_FALSE(seen.server.empty());
    CHECK(seen.schema >= seen.min_reader);
    CHECK(seen.min_reader >= 1);
    CHECK(seen.lease == kDefaultLease);
    CHECK(seen.tasks == std::map<std::string, std::int64_t>{{"active", 2}});
    CHECK(seen.fires == std::map<std::string, std::int64_t>{{"claimed", 1}});
    CHECK(seen.history == 0);
    REQUIRE(seen.nodes.size() == 1);
    CHECK(seen.nodes[0].number == backend.opened().node);
    CHECK(seen.nodes[0].label == "node-1");
    CHECK(seen.nodes[0].process > 0);
    CHECK_FALSE(seen.nodes[0].version.empty());
    CHECK(seen.nodes[0].lives());
    CHECK(seen.nodes[0].lanes == mine);
    REQUIRE(seen.lanes.size() == 2);
    const auto other =
        std::ranges::find(seen.lanes, report.lane, [](const LaneReport& lane) { return lane.lane.number; });
    REQUIRE(other != seen.lanes.end());
    CHECK(other->lane.executor == "default");
    CHECK(other->lane.function == "app.tasks:report");
    CHECK(other->tasks == 1);
    CHECK(other->oldest == kStart + kMinute);
    CHECK(seen.apart.empty());

    const std::vector<std::string> wrong = problems(seen);
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0] ==
          "1 task: no scheduler that has the store open has executor \"default\" and function \"app.tasks:report\"");
    const std::vector<LaneNumber> both{digest.lane, report.lane};
    backend.store().tell_lanes(both);
    seen = visitor.store().report();
    CHECK(problems(seen).empty());
    const std::vector<std::string> late = problems(seen, kStart + kHour);
    REQUIRE(late.size() == 2);
    CHECK(late[0].find("late by") != std::string::npos);
}

TEST_CASE("a report of a store that nobody has open") {
    Backend backend;
    add(backend.store(), every("digest"));
    backend.store().recover(backend.opened().node, kStart, 100);
    backend.store().close();
    Visitor visitor(backend.place());
    visitor.open();
    const StoreReport seen = visitor.store().report();
    CHECK(std::ranges::none_of(seen.nodes, &NodeReport::lives));
    CHECK(problems(seen).empty());
    const std::vector<std::string> late = problems(seen, kStart + kHour);
    REQUIRE(late.size() == 1);
    CHECK(late[0].find("no scheduler is there for executor") != std::string::npos);
    visitor.store().close();
    backend.open();
}

TEST_CASE("a report of what cannot be read") {
    Backend backend;
    add(backend.store(), every("digest"));
    backend.damage("digest", "{");
    static_cast<void>(look(backend.store(), kStart));
    Visitor visitor(backend.place());
    visitor.open();
    const StoreReport seen = visitor.store().report();
    REQUIRE(seen.apart.size() == 1);
    CHECK(seen.apart[0].id == "digest");
    CHECK(seen.tasks == std::map<std::string, std::int64_t>{{"apart", 1}});
    const std::vector<std::string> wrong = problems(seen);
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].starts_with("task \"digest\" cannot be read: "));
}
