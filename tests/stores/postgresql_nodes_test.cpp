// Several nodes of one store on a server: who is there, who is dead, what one tells the others, and what they do at the
// same time.
#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "core/platform/descriptors.hpp"
#include "core/stores/postgresql/store_steps.hpp"
#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

class Node {
public:
    explicit Node(const PostgresqlSchema& schema, bool manual = true, Micros lease = kDefaultLease)
        : store_(make_postgresql_store(with(schema.options(), lease))), manual_(manual) {
        open();
    }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node() { store_->close(); }

    void open() {
        opened_ = store_->open({.wall = kStart, .real = !manual_, .label = "worker", .retention = {}, .ours = {}});
        membership_ = store_->membership();
    }
    [[nodiscard]] Store& store() { return *store_; }
    [[nodiscard]] const Opened& opened() const { return opened_; }
    [[nodiscard]] NodeNumber number() const { return opened_.node; }
    [[nodiscard]] BeatAnswer beat() { return membership_->beat(); }
    [[nodiscard]] Membership& membership() { return *membership_; }

    // Waits for what others tell.
    [[nodiscard]] bool is_told() {
        wait_readable(membership_->descriptor(), -1, std::chrono::seconds(5));
        return is_readable(membership_->descriptor()) && membership_->heard();
    }
    [[nodiscard]] bool is_silent() { return !is_readable(membership_->descriptor()); }

private:
    static PostgresqlOptions with(PostgresqlOptions options, Micros lease) {
        options.lease = lease;
        return options;
    }
    std::unique_ptr<Store> store_;
    bool manual_;
    Opened opened_;
    std::shared_ptr<Membership> membership_;
};

PeerBeat only_peer(Node& node) {
    const BeatAnswer answer = node.beat();
    REQUIRE(answer.standing);
    REQUIRE(answer.peers.size() == 1);
    return answer.peers[0];
}

}  // namespace

TEST_CASE("nodes see each other's beats") {
    PostgresqlSchema schema;
    Node first(schema);
    CHECK(first.beat().peers.empty());
    Node second(schema);
    CHECK(second.opened().dead.empty());
    CHECK(only_peer(first).node == second.number());
    CHECK(only_peer(second).node == first.number());
    const std::uint64_t before = only_peer(first).count;
    CHECK(only_peer(first).count == before);
    static_cast<void>(second.beat());
    CHECK(only_peer(first).count != before);
    CHECK_FALSE(only_peer(first).gone);
    CHECK_FALSE(first.membership().tells_who_joins());
}

TEST_CASE("one that closes is seen to be gone at once, and one that leaves in order is not there any more") {
    PostgresqlSchema schema;
    Node first(schema);
    {
        Node second(schema);
        add(second.store(), every("digest"));
        const auto membership = second.store().membership();
        claim(second.store(), "digest");
        second.store().close();
        CHECK_FALSE(membership->beat().standing);
        CHECK(only_peer(first).gone);
        second.open();
        CHECK(second.opened().dead.size() == 1);
        CHECK(recover_dead(second.store(), second.opened()).ready.size() == 1);
        CHECK(only_peer(first).node == second.number());
        CHECK_FALSE(second.store().recover(second.number(), kStart, 100).more);
    }
    CHECK(first.beat().peers.empty());
}

TEST_CASE("one that others took for dead writes nothing more, and joins as another one") {
    PostgresqlSchema schema;
    Node slow(schema);
    Node other(schema);
    add(slow.store(), every("digest"));
    const OpenFire fire = claim(slow.store(), "digest");
    const Recovered recovered = other.store().recover(slow.number(), kStart, 100);
    CHECK(recovered.ready.size() == 1);
    CHECK_FALSE(recovered.more);
    CHECK_THROWS_AS(start(slow.store(), ref(fire)), NodeLost);
    CHECK_THROWS_AS(static_cast<void>(slow.store().mine()), NodeLost);
    Claim lost;
    lost.task = fire.task.number;
    CHECK_THROWS_AS(slow.store().recall(lost), NodeLost);
    CHECK_THROWS_AS(static_cast<void>(slow.store().recover(other.number(), kStart, 1)), NodeLost);
    CHECK_FALSE(slow.beat().standing);
    slow.store().close();
    const NodeNumber before = slow.number();
    slow.open();
    CHECK(slow.number() != before);
    CHECK(look(slow.store(), kStart).ready.size() == 1);
    CHECK(other.store().mine().empty());
}

TEST_CASE("what one makes is told to the others, and only what they must find") {
    PostgresqlSchema schema;
    Node first(schema);
    Node second(schema);
    static_cast<void>(first.beat());
    static_cast<void>(second.beat());
    const std::uint64_t before = second.beat().changes;
    add(first.store(), every("digest"));
    CHECK(second.is_told());
    CHECK(second.beat().changes != before);
    CHECK(second.store().changes() != 0);
    CHECK(first.store().changes() == 0);
    CHECK(second.is_silent());
    // Its own word comes back to it, and is nothing to beat for.
    wait_readable(first.membership().descriptor(), -1, std::chrono::seconds(5));
    CHECK_FALSE(first.membership().heard());

    const OpenFire fire = claim(first.store(), "digest");
    start(first.store(), ref(fire));
    finish(first.store(), ref(fire));
    run_now(second.store(), "digest");
    CHECK(first.is_told());  // behind all that could have been told before
    static_cast<void>(second.membership().heard());
    CHECK(second.is_silent());
}

TEST_CASE("the first one sets the lease for all, and says so to the others") {
    PostgresqlSchema schema;
    {
        Node first(schema, true, 2 * kSecond);
        CHECK(first.opened().lease == 2 * kSecond);
        Node second(schema, true, 5 * kSecond);
        CHECK(second.opened().lease == 2 * kSecond);
        const auto& notices = second.opened().notices;
        CHECK(std::any_of(notices.begin(), notices.end(), [](const std::string& notice) {
            return notice.find("the lease is 2 s, as whoever came first set it, and not 5 s") != std::string::npos;
        }));
    }
    Node third(schema, true, 5 * kSecond);
    CHECK(third.opened().lease == 5 * kSecond);
}

TEST_CASE("eight nodes open an empty schema at once, and declare the same tasks") {
    PostgresqlSchema schema;
    std::array<std::string, 8> errors;
    std::array<int, 8> created{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < errors.size(); ++i) {
        threads.emplace_back([&, i] {
            try {
                Node node(schema);
                Batch batch;
                for (int task = 0; task < 200; ++task) {
                    Add one;
                    one.definition = std::make_shared<const Definition>(
                        every("task-" + std::to_string((task + static_cast<int>(i) * 25) % 200)));
                    one.state.uid = static_cast<Uid>(1'000'000 + 1'000 * i + static_cast<std::size_t>(task));
                    one.state.anchor = kStart;
                    one.state.next_slot = one.state.next_due = kStart;
                    one.at_start = true;
                    one.on_existing = OnExisting::replace;
                    batch.adds.push_back(std::move(one));
                }
                node.store().apply(batch);
                for (const Add& each : batch.adds) created[i] += each.result == Add::Result::created ? 1 : 0;
            } catch (const Error& error) {
                errors[i] = error.message();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& error : errors) CHECK(error == "");
    CHECK(std::count(created.begin(), created.end(), 200) == 1);
    CHECK(schema.ask("SELECT count(*) FROM def") == "200");
    CHECK(schema.ask("SELECT count(*) FROM sched") == "200");
    CHECK(schema.ask("SELECT count(*) FROM meta") == "1");
}

TEST_CASE("a start that changes nothing writes nothing") {
    PostgresqlSchema schema;
    Node node(schema);
    Batch batch;
    for (int task = 0; task < 100; ++task) batch.adds.push_back(adding(every("task-" + std::to_string(task))));
    node.store().apply(batch);
    const std::string rows = "SELECT sum(xmin::text::bigint), sum(xmax::text::bigint) FROM ";
    const auto marks = [&] {
        return schema.ask(rows + "sched") + schema.ask(rows + "def") + schema.ask(rows + "node");
    };
    const std::string before = marks();
    for (Add& add : batch.adds) add.on_existing = OnExisting::replace;
    node.store().apply(batch);
    for (const Add& add : batch.adds) CHECK(add.result == Add::Result::unchanged);
    CHECK(marks() == before);
}

// Each takes what it finds, and begins and ends it. A fire that came twice would break a key, or be two rows of
// history.
TEST_CASE("nodes that work side by side do each due time once") {
    PostgresqlSchema schema;
    constexpr int kTasks = 40;
    constexpr int kTimes = 25;
    Node first(schema);
    Batch batch;
    for (int task = 0; task < kTasks; ++task) batch.adds.push_back(adding(every("task-" + std::to_string(task))));
    first.store().apply(batch);
    std::array<std::string, 3> errors;
    std::array<int, 3> done{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < errors.size(); ++i) {
        threads.emplace_back([&, i] {
            try {
                Node node(schema);
                std::vector<OpenFire> held;
                while (true) {
                    Batch work;
                    for (const OpenFire& fire : held) {
                        work.starts.push_back({.fire = ref(fire), .now_wall = kStart});
                        work.finishes.push_back(finishing(ref(fire)));
                    }
                    const Look found = look(node.store(), kStart + kHour, 30);
                    for (const StoredTask& task : found.due) {
                        Claim claim = claiming(task, kStart);
                        if (claim.plan.hwm == kStart + (kTimes - 1) * 10 * kSecond) {
                            claim.plan.next_slot.reset();
                            claim.plan.next_due.reset();
                        }
                        work.claims.push_back(std::move(claim));
                    }
                    if (work.empty()) break;
                    held.clear();
                    node.store().apply(work);
                    for (const Finish& finish : work.finishes) done[i] += finish.outcome == Outcome::done ? 1 : 0;
                    for (const Claim& claim : work.claims) {
                        for (const OpenFire& fire : claim.fires) held.push_back(fire);
                    }
                }
            } catch (const Error& error) {
                errors[i] = error.message();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& error : errors) CHECK(error == "");
    CHECK(done[0] + done[1] + done[2] == kTasks * kTimes);
    CHECK(schema.ask("SELECT count(*), count(DISTINCT (uid, gen, kind, slot)) FROM history WHERE state = 'done'") ==
          "1000|1000");
    CHECK(schema.ask("SELECT sum(runs) FROM sched") == "1000");
    CHECK(schema.ask("SELECT count(*) FROM open") == "0");
}

TEST_CASE("the server's clock decides what is due, unless the clock is moved by hand") {
    PostgresqlSchema schema;
    Node node(schema, false);
    const Instant server = std::stoll(schema.ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
    add(node.store(), every("past"), server - kSecond);
    add(node.store(), every("future"), server + kHour);
    const Look found = look(node.store(), kStart - 10 * kDay);
    REQUIRE(found.due.size() == 1);
    CHECK(found.due[0].definition->id == "past");
    CHECK(found.now.wall >= server);
    CHECK(found.now.wall < server + kMinute);
    CHECK(found.now.elapsed == found.now.wall);
    const Now now = node.store().now({.wall = 5, .elapsed = 5});
    CHECK(now.wall >= server);
    CHECK(now.wall < server + kMinute);
    // What becomes ready is ready by the server's clock too, whatever this process's shows.
    run_now(node.store(), "future", server + 30 * kDay);
    CHECK(look(node.store(), kStart).ready.size() == 1);

    PostgresqlSchema by_hand;
    Node moved(by_hand);
    CHECK(moved.store().now({.wall = 5, .elapsed = 7}).wall == 5);
}

TEST_CASE("a look walks the index of what is due, however many tasks there are") {
    PostgresqlSchema schema;
    Node node(schema);
    add(node.store(), every("digest"), kStart);
    schema.run(
        "INSERT INTO sched SELECT 1000 + i, 1 + i % 3, 1, 1, 0, 1, 'wall', 0, 1800000000000000 + i, "
        "1800000000000000 + i, NULL, 'active', 0, 1 FROM generate_series(1, 50000) AS i");
    schema.run("ANALYZE sched");
    postgresql::Database db(schema.options());
    postgresql::Session session(schema.options());
    session.open(std::chrono::seconds(10));
    for (const bool own_clock : {true, false}) {
        const postgresql::Answers plan =
            session.run({{"EXPLAIN " + db.sql(postgresql::due_statement()),
                          {"{1,2,3}", own_clock ? std::optional<Instant>() : std::optional<Instant>(kStart), 100}}},
                        postgresql::Sends::reads, std::chrono::seconds(10));
        std::string text;
        for (int i = 0; i < plan[0].size(); ++i) text += plan[0].row(i).text(0) + "\n";
        CAPTURE(text);
        CHECK(text.find("Seq Scan on sched") == std::string::npos);
        CHECK(text.find("Index Scan using sched_due") != std::string::npos);
        CHECK(text.find("next_due <= $") != std::string::npos);  // a bound of the index, asked for once
    }
}

TEST_CASE("the child of a fork lets the parent's sessions be") {
    PostgresqlSchema schema;
    Node node(schema);
    add(node.store(), every("digest"));
    const std::string sessions =
        "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE backend_type = 'client backend'";
    const std::string before = schema.ask(sessions);
    Child child([&](Child&) {
        int open = 0;
        for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
            std::error_code error;
            open += std::filesystem::read_symlink(each.path(), error).string().starts_with("socket:") ? 1 : 0;
        }
        return open;
    });
    CHECK(child.exit_status() == 0);  // it has no socket
    CHECK(node.store().get("digest").has_value());
    CHECK(node.beat().standing);
    CHECK(schema.ask(sessions) == before);
}
