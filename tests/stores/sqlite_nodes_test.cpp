// The nodes that have a file open: who is there, who is dead, who hangs, and what one tells the others.
#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "core/stores/node_number.hpp"
#include "core/stores/sqlite/file_membership.hpp"
#include "core/stores/sqlite/shared_file.hpp"
#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;
namespace fs = std::filesystem;

namespace {

// A node on a file, without a database.
class Node {
public:
    explicit Node(const std::string& path, Micros lease = 10 * kSecond) {
        const sqlite::SharedFile::Door door = sqlite::SharedFile::open(path, lease);
        file_ = door.file();
        first_ = door.first();
        file_->enter(number_);
        file_->keep_database();
        membership_ = std::make_unique<sqlite::FileMembership>(file_, number_);
        file_->announce(number_);
    }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node() { file_->leave(number_); }

    [[nodiscard]] sqlite::SharedFile& file() const { return *file_; }
    [[nodiscard]] NodeNumber number() const { return number_; }
    [[nodiscard]] bool first() const { return first_; }
    [[nodiscard]] BeatAnswer beat() const { return membership_->beat(); }
    [[nodiscard]] int descriptor() const { return membership_->descriptor(); }
    void heard() const { membership_->heard(); }

private:
    const NodeNumber number_ = draw_node_number();
    std::shared_ptr<sqlite::SharedFile> file_;
    std::unique_ptr<sqlite::FileMembership> membership_;
    bool first_ = false;
};

// A process with a node. Told to, it ends with 0, or with 7 if its node does not stand any more.
class Holder {
public:
    explicit Holder(const std::string& path)
        : child_([&](Child& self) {
              const Node node(path);
              self.tell_parent();
              self.await_parent();
              return node.beat().standing ? 0 : 7;
          }) {
        child_.await();
    }
    [[nodiscard]] std::string pid() const { return std::to_string(child_.pid()); }
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
    pollfd asked{.fd = node.descriptor(), .events = POLLIN, .revents = 0};
    return poll(&asked, 1, 0) == 1;
}

PeerBeat only_peer(const Node& node) {
    const BeatAnswer answer = node.beat();
    REQUIRE(answer.standing);
    REQUIRE(answer.peers.size() == 1);
    return answer.peers[0];
}

std::string message_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.message();
    }
    return "";
}

bool says(const std::string& message, const std::string& part) { return message.find(part) != std::string::npos; }

void write_file(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

TEST_CASE("nodes see each other's beats, in one process and in several") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node first(path);
    CHECK(first.first());
    CHECK(first.beat().peers.empty());
    const Node second(path);
    CHECK_FALSE(second.first());
    CHECK(only_peer(first).node == second.number());
    CHECK(only_peer(second).node == first.number());
    const std::uint64_t before = only_peer(first).count;
    CHECK(only_peer(first).count == before);
    static_cast<void>(second.beat());
    CHECK(only_peer(first).count != before);
    CHECK_FALSE(first.file().has_strangers());
    Holder holder(path);
    CHECK(first.beat().peers.size() == 2);
    CHECK(first.file().has_strangers());
    for (const PeerBeat& peer : first.beat().peers) CHECK_FALSE(peer.gone);
    CHECK(holder.end() == 0);
}

TEST_CASE("the lease is that of the node that came first") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    {
        const Node first(path, 3 * kSecond);
        CHECK(Node(path, 7 * kSecond).file().lease() == 3 * kSecond);
    }
    CHECK(Node(path, 7 * kSecond).file().lease() == 7 * kSecond);
}

TEST_CASE("one who comes, and one who has made something, is told to the others; a beat is not") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node first(path);
    first.heard();
    const bool tells = first.descriptor() >= 0;
    const Node second(path);
    CHECK(is_told(first) == tells);
    first.heard();
    const std::uint64_t before = first.beat().changes;
    static_cast<void>(second.beat());
    CHECK_FALSE(is_told(first));
    CHECK(first.beat().changes == before);
    second.file().announce(second.number());
    CHECK(is_told(first) == tells);
    CHECK(first.beat().changes != before);
    const std::uint64_t own = second.beat().changes;
    second.file().announce(second.number());
    CHECK(second.beat().changes == own);
}

TEST_CASE("a killed process is gone at once, until it is forgotten") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node watcher(path);
    Holder holder(path);
    const NodeNumber dead = only_peer(watcher).node;
    CHECK(watcher.file().living().size() == 2);
    holder.die();
    CHECK(only_peer(watcher).gone);
    CHECK(watcher.file().living() == std::vector<NodeNumber>{watcher.number()});
    const Node late(path);
    CHECK(late.beat().peers.size() == 2);
    late.file().forget(dead);
    CHECK(only_peer(watcher).node == late.number());
    CHECK_FALSE(only_peer(watcher).gone);
}

TEST_CASE("a stopped process stands still and is not gone; forgotten, it does not stand any more") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node node(path);
    Holder holder(path);
    holder.signal(SIGSTOP);
    const PeerBeat hung = only_peer(node);
    CHECK_FALSE(hung.gone);
    CHECK(only_peer(node).count == hung.count);
    node.file().forget(hung.node);
    CHECK(node.beat().peers.empty());
    CHECK_FALSE(Node(path).first());
    holder.signal(SIGCONT);
    CHECK(holder.end() == 7);
}

TEST_CASE("of eight processes that open a file at once, one is the first") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 8; ++i) {
        children.push_back(std::make_unique<Child>([&](Child& self) {
            self.await_parent();
            const Node node(path);
            self.tell_parent();
            self.await_parent();
            if (node.beat().peers.size() != 7) return 2;
            self.tell_parent();
            self.await_parent();
            return node.first() ? 1 : 0;
        }));
    }
    for (int step = 0; step < 2; ++step) {
        for (const auto& child : children) child->tell();
        for (const auto& child : children) child->await();
    }
    for (const auto& child : children) child->tell();
    int firsts = 0;
    for (const auto& child : children) firsts += child->exit_status();
    CHECK(firsts == 1);
}

TEST_CASE("a file is shared by one name only") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    fs::create_symlink(path, folder.file("link.db"));
    const auto node = std::make_unique<Node>(path);
    fs::create_hard_link(path, folder.file("hard.db"));
    CHECK_FALSE(Node(folder.file("link.db")).first());
    CHECK(says(message_of([&] { const Node other(folder.file("hard.db")); }), "has the file open as " + path));
    const std::string own = std::to_string(getpid());
    Child other([&](Child&) {
        return says(message_of([&] { const Node late(folder.file("hard.db")); }), "in use by process " + own) ? 0 : 1;
    });
    CHECK(other.exit_status() == 0);
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
    CHECK(says(message_of([&] { const Node late(path); }), "the lock file was removed while process"));
    CHECK(holder.end() == 0);
    CHECK(first.beat().standing);
    const std::vector<PeerBeat> peers = first.beat().peers;
    CHECK(std::count_if(peers.begin(), peers.end(), [](const PeerBeat& peer) { return !peer.gone; }) == 1);
}

TEST_CASE("a lone process makes a removed lock file again, and others may come at once") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const Node first(path);
    fs::remove(path + "-lock");
    CHECK(first.beat().standing);
    Holder holder(path);
    CHECK_FALSE(only_peer(first).gone);
    CHECK(holder.end() == 0);
}

TEST_CASE("who would open another log than those who are in is refused") {
    for (const char* side : {"-wal", "-shm"}) {
        CAPTURE(side);
        const Folder folder;
        const std::string path = folder.file("t.db");
        write_file(path + "-wal", "");
        write_file(path + "-shm", "");
        auto holder = std::make_unique<Holder>(path);
        fs::rename(path + side, path + ".before");
        const std::string message = message_of([&] { const Node late(path); });
        CHECK(says(message, std::string("t.db") + side + ": the file was removed or replaced"));
        CHECK(says(message, holder->pid()));
        fs::rename(path + ".before", path + side);
        CHECK_FALSE(Node(path).first());
        fs::rename(path + side, path + ".before");
        CHECK(holder->end() == 0);
        CHECK(Node(path).first());
    }
}

TEST_CASE("there are places for 128 nodes") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    std::vector<std::unique_ptr<Node>> nodes;
    while (nodes.size() < 128) nodes.push_back(std::make_unique<Node>(path));
    CHECK(says(message_of([&] { const Node late(path); }), "128 schedulers have the file open"));
    CHECK(nodes[7]->beat().peers.size() == 127);
    nodes[5].reset();
    const Node late(path);  // in the place of the dead one
    CHECK(late.beat().peers.size() == 127);
}
