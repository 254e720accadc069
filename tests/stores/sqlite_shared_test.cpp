// The nodes that have a file open: who is there, who is dead, who hangs, and what one tells the others.
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/stores/membership.hpp"
#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;
namespace fs = std::filesystem;

namespace {

// A node on a file.
struct Node {
    explicit Node(const std::string& path) : store(make_sqlite_store({path, Synchronous::normal, {}})) { open(); }
    void open() {
        opened = store->open({.wall = kStart, .label = "node", .retention = {}});
        membership = store->membership();
    }
    [[nodiscard]] BeatAnswer beat() const { return membership->beat(); }

    std::unique_ptr<Store> store;
    Opened opened;
    std::shared_ptr<Membership> membership;
};

// A process with a node that has claimed a fire of the task "digest". Told to, it asks for a run and says whether that
// was done: 0, or 7 if its node was lost.
class Holder {
public:
    explicit Holder(const std::string& path)
        : child_([&](Child& self) {
              const Node node(path);
              if (!node.store->get("digest")) add(*node.store, every("digest"));
              claim(*node.store, "digest");
              self.tell_parent();
              self.await_parent();
              try {
                  return run_now(*node.store, "digest").outcome == Outcome::done ? 0 : 1;
              } catch (const NodeLost&) {
                  return node.beat().standing ? 8 : 7;
              }
          }) {
        child_.await();
    }
    void signal(int number) const { kill(child_.pid(), number); }
    void die() {
        signal(SIGKILL);
        child_.wait();
    }
    int end() {
        child_.tell();
        return child_.exit_status();
    }

private:
    Child child_;
};

bool is_told(const Node& node) {
    pollfd asked{.fd = node.membership->descriptor(), .events = POLLIN, .revents = 0};
    return poll(&asked, 1, 0) == 1;
}

NodeNumber only_peer(const Node& node) {
    const BeatAnswer answer = node.beat();
    REQUIRE(answer.standing);
    REQUIRE(answer.peers.size() == 1);
    return answer.peers[0].node;
}

std::string message_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("nodes see each other's beats, in one process and in several") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node first(path);
    CHECK(first.opened.lease == 10 * kSecond);
    CHECK(first.beat().peers.empty());
    Node second(path);
    CHECK(second.opened.dead.empty());
    CHECK(only_peer(first) == second.opened.node);
    CHECK(only_peer(second) == first.opened.node);
    const std::uint64_t before = first.beat().peers[0].count;
    CHECK(first.beat().peers[0].count == before);
    static_cast<void>(second.beat());
    CHECK(first.beat().peers[0].count != before);
    Holder holder(path);
    CHECK(first.beat().peers.size() == 2);
    for (const PeerBeat& peer : first.beat().peers) CHECK_FALSE(peer.gone);
    CHECK(holder.end() == 0);
}

TEST_CASE("the lease is that of the node that came first") {
    const Folder folder;
    const auto open_with = [&](Store& store) { return store.open({.wall = kStart, .label = "node", .retention = {}}); };
    const auto first = make_sqlite_store({folder.file("t.db"), Synchronous::normal, {}, 3 * kSecond});
    const auto second = make_sqlite_store({folder.file("t.db"), Synchronous::normal, {}, 7 * kSecond});
    CHECK(open_with(*first).notices.empty());
    const Opened opened = open_with(*second);
    CHECK(opened.lease == 3 * kSecond);
    REQUIRE(opened.notices.size() == 1);
    CHECK(opened.notices[0].find("the lease is 3 s") != std::string::npos);
    first->close();
    second->close();
    CHECK(open_with(*second).lease == 7 * kSecond);
}

TEST_CASE("what a node makes is told to the others, and what it does otherwise is not") {
    const Folder folder;
    const Node first(folder.file("t.db"));
    const bool tells = first.membership->descriptor() >= 0;
    const Node second(folder.file("t.db"));
    CHECK(is_told(first) == tells);  // of who came
    first.membership->heard();
    const std::uint64_t before = first.beat().changes;
    CHECK_FALSE(is_told(first));
    add(*second.store, every("digest"));
    CHECK(is_told(first) == tells);
    CHECK(first.beat().changes != before);
    first.membership->heard();
    const std::uint64_t after = first.beat().changes;
    const OpenFire fire = claim(*second.store, "digest");
    CHECK(finish(*second.store, ref(fire)) == Outcome::done);
    static_cast<void>(second.beat());
    CHECK_FALSE(is_told(first));
    CHECK(first.beat().changes == after);
    CHECK(second.beat().changes != 0);
}

TEST_CASE("a killed process is gone at once, until its fires are recovered") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node watcher(path);
    const Node other(path);
    Holder holder(path);
    NodeNumber dead = 0;
    for (const PeerBeat& peer : watcher.beat().peers) dead = peer.node == other.opened.node ? dead : peer.node;
    holder.die();
    const std::vector<PeerBeat> peers = watcher.beat().peers;
    CHECK(std::ranges::count(peers, true, &PeerBeat::gone) == 1);
    CHECK(std::ranges::find(peers, true, &PeerBeat::gone)->node == dead);
    const Node late(path);
    CHECK(late.opened.dead == std::vector<NodeNumber>{dead});
    CHECK(watcher.store->recover(dead, kStart, 100).ready.size() == 1);
    CHECK(late.store->recover(dead, kStart, 100).ready.empty());  // two may ask for it
    CHECK(other.beat().peers.size() == 2);
    CHECK(std::ranges::count(other.beat().peers, true, &PeerBeat::gone) == 0);
}

TEST_CASE("a stopped process stands still and is not gone; declared dead, it writes nothing more and may come again") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node node(path);
    Holder holder(path);
    holder.signal(SIGSTOP);
    const NodeNumber hung = only_peer(node);
    CHECK_FALSE(node.beat().peers[0].gone);
    CHECK(node.store->recover(hung, kStart, 100).ready.size() == 1);
    CHECK(node.beat().peers.empty());
    holder.signal(SIGCONT);
    CHECK(holder.end() == 7);
    CHECK(ask_sql(path, "SELECT count(*) FROM open WHERE kind = 'manual'") == "0");
}

TEST_CASE("one that leaves gives back what it has not begun, and its row") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node stays(path);
    Node leaves(path);
    add(*stays.store, every("digest"));
    const OpenFire fire = claim(*leaves.store, "digest");
    const Recovered left = leaves.store->recover(leaves.opened.node, kStart, 100);
    CHECK(left.ready.size() == 1);
    CHECK_FALSE(leaves.beat().standing);
    leaves.store->close();
    CHECK_FALSE(leaves.beat().standing);
    CHECK(stays.beat().peers.empty());
    CHECK(look(*stays.store, kStart).ready.size() == 1);
    CHECK(ask_sql(path, "SELECT count(*) FROM node") == "1");
    leaves.open();
    CHECK(leaves.beat().standing);
    CHECK(finish(*leaves.store, ref(fire)) == Outcome::refused);
}

TEST_CASE("eight processes open an empty file at once") {
    for (int round = 0; round < 3; ++round) {
        const Folder folder;
        const std::string path = folder.file("t.db");
        std::vector<std::unique_ptr<Child>> children;
        for (int i = 0; i < 8; ++i) {
            children.push_back(std::make_unique<Child>([&, i](Child& self) {
                self.await_parent();
                const Node node(path);
                add(*node.store, every("task-" + std::to_string(i)));
                self.tell_parent();
                self.await_parent();
                return node.beat().peers.size() == 7 && node.store->counts().active == 8 ? 0 : 1;
            }));
        }
        for (const auto& child : children) child->tell();
        for (const auto& child : children) child->await();
        for (const auto& child : children) child->tell();
        for (const auto& child : children) CHECK(child->exit_status() == 0);
    }
}

TEST_CASE("two processes declare the same thousand tasks") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto declare = [&](Child& self) {
        const Node node(path);
        self.tell_parent();
        self.await_parent();
        Batch batch;
        for (int i = 0; i < 1000; ++i) {
            batch.adds.push_back(adding(every("task-" + std::to_string(i))));
            batch.adds.back().on_existing = OnExisting::replace;
            batch.adds.back().at_start = true;
            if (batch.adds.size() < 50) continue;
            node.store->apply(batch);
            for (const Add& add : batch.adds) {
                if (add.result != Add::Result::created && add.result != Add::Result::unchanged) return 1;
            }
            batch = {};
        }
        return 0;
    };
    Child one(declare);
    Child two(declare);
    for (Child* each : {&one, &two}) each->await();
    for (Child* each : {&one, &two}) each->tell();
    CHECK(one.exit_status() == 0);
    CHECK(two.exit_status() == 0);
    CHECK(ask_sql(path, "SELECT count(*), count(DISTINCT id) FROM def") == "1000|1000");
    CHECK(ask_sql(path, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("a lock file that is removed while several have the file open is made again, and nobody is taken for dead") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node first(path);
    const Node second(path);
    Holder holder(path);
    fs::remove(path + "-lock");
    CHECK(first.beat().peers.size() == 1);  // the other process has not seen it yet
    CHECK(second.beat().peers.size() == 1);
    CHECK(message_of([&] { const Node late(path); }).find("the lock file was removed") != std::string::npos);
    CHECK(holder.end() == 0);  // which has written, and so looked
    CHECK(first.beat().standing);
    const std::vector<PeerBeat> peers = first.beat().peers;
    REQUIRE(peers.size() == 2);
    CHECK(std::ranges::count(peers, true, &PeerBeat::gone) == 1);
}

TEST_CASE("a log that is removed while several have the file open is not made anew under them") {
    for (const char* side : {"-wal", "-shm"}) {
        CAPTURE(side);
        const Folder folder;
        const std::string path = folder.file("t.db");
        Node first(path);
        Node second(path);
        add(*first.store, every("digest"));
        fs::remove(path + side);
        CHECK(message_of([&] { const Node late(path); }).find("the file was removed or replaced") != std::string::npos);
        CHECK_THROWS_AS(run_now(*first.store, "digest"), StoreLost);
        first.store->close();
        CHECK(message_of([&] { run_now(*second.store, "digest"); }).find("the file is made anew") != std::string::npos);
        CHECK(run_now(*second.store, "digest").outcome == Outcome::done);  // it is alone by now
        first.open();
        CHECK(run_now(*first.store, "digest").outcome == Outcome::done);
        CHECK(ask_sql(path, "PRAGMA integrity_check") == "ok");
    }
}

TEST_CASE("there are places for 128 nodes") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    std::vector<std::unique_ptr<Node>> nodes;
    while (nodes.size() < 128) nodes.push_back(std::make_unique<Node>(path));
    CHECK(message_of([&] { const Node late(path); }).find("128 schedulers have the file open") != std::string::npos);
    CHECK(nodes[7]->beat().peers.size() == 127);
    nodes[5]->store->close();
    const Node late(path);  // in the place of the dead one
    CHECK(late.opened.dead.size() == 1);
}
