// SharedFile: a database file as this process has it open, for all its nodes, among other processes that have it open.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/records.hpp"
#include "core/stores/membership.hpp"
#include "core/stores/sqlite/held_file.hpp"
#include "core/stores/sqlite/inode_lock.hpp"
#include "core/stores/sqlite/roster.hpp"

namespace uvsched::sqlite {

// The locks of a process, which the system drops when the process dies:
//
//   on "<file>-lock"  its first byte, shared: earlier versions, which lock the whole file, stay away, and are told who
//                     has it. A byte for each node: a place of the Roster whose byte is free is that of a dead node.
//   on the database   an InodeLock, because the file can have other names, and the lock file can be deleted
//
// Closing any descriptor of a file drops this process's locks on it, also SQLite's own on the database. So a registry
// of the process is asked before either file is opened, and each is opened once.
//
// Thread-safe.
class SharedFile {
public:
    class Door;
    class Exit;

    SharedFile() = default;
    SharedFile(const SharedFile&) = delete;
    SharedFile& operator=(const SharedFile&) = delete;

    // Makes the file if there is none, with mode 0600. The lock file, and the files that SQLite will write beside the
    // database, must be this store's own. Throws Error(busy) that names another process where the file cannot be
    // shared, and Error(store) if a file cannot be written.
    // Waits half a minute for another opening. The lease is for the first node; others have that of the file.
    [[nodiscard]] static Door open(const std::string& path, Micros lease);

    // The absolute path with links resolved, which is the same in all processes.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const FileIdentity& database() const noexcept { return database_; }
    [[nodiscard]] Micros lease() const noexcept { return lease_; }

    // Throws Error(store) if a file that SQLite will write beside the database is not the store's own, or not the one
    // that other nodes have open.
    void check_side_files() const;

    // Call when SQLite has opened the database and begun its log, which may drop locks: takes them again. What is
    // beside the database now is what all nodes must have open. Throws like open().
    void keep_database();

    // Call when SQLite has closed the database: on some platforms that dropped the lock on it, which other stores of
    // this process, or this one after a fork(), go on with.
    void keep_after_close() const noexcept;

    // ---- nodes of this process, by their numbers ----

    // Before the node is in the database. Throws Error(busy) if there is no place left.
    void enter(NodeNumber node);
    // Its place keeps the number: it is dead to others until they forget it.
    void leave(NodeNumber node) noexcept;

    // Nodes whose processes live.
    [[nodiscard]] std::vector<NodeNumber> living() const;

    // Nothing of this node is left to be recovered: its place has no number any more.
    void forget(NodeNumber node) noexcept;

    // Whether this node is the only one that has the file open.
    [[nodiscard]] bool is_alone(NodeNumber node) const;

    // Whether other processes had it open when this one looked last: at a beat, or when it came.
    [[nodiscard]] bool has_strangers() const noexcept { return strangers_.load(std::memory_order_relaxed); }

    // See Membership. Also looks after the lock file.
    [[nodiscard]] BeatAnswer beat(NodeNumber node);

    // Tells the other nodes that there is something to find, or who is here.
    void announce(NodeNumber node) noexcept;

    // Makes the lock file again if somebody has deleted it.
    void keep_lock_file() noexcept;

    // Which file that is now.
    [[nodiscard]] FileIdentity lock_file_identity() const;

private:
    struct Registry;
    static Registry& registry();

    void take(const std::string& path);
    void take_again(const std::string& path);
    void open_database(const std::string& path);
    struct Side {
        HeldFile file;
        FileIdentity identity;
    };
    void open_side(Side& side, std::chrono::milliseconds patience) const;
    void join_roster();
    void begin_roster();
    void keep_lock_on_database() const;
    void check_roster(const Roster& roster) const;
    void mend();
    void move_nodes(const Side& to);
    void look_around(const Roster& roster) noexcept;
    void change_number(std::size_t place, NodeNumber from, const Roster::Place& to) const;
    [[nodiscard]] std::optional<std::size_t> find_place(const Roster& roster, bool with_dead) const;
    [[nodiscard]] std::optional<std::size_t> place_of(NodeNumber node) const noexcept;
    [[nodiscard]] bool is_held(std::size_t place) const noexcept;
    [[nodiscard]] bool is_anybody_in() const noexcept;
    [[nodiscard]] Roster read_roster() const;
    [[nodiscard]] std::optional<ProcessId> somebody(const Roster& roster) const noexcept;
    void close_door() noexcept;
    void close() noexcept;
    void go(NodeNumber node) noexcept;
    [[nodiscard]] int lock_file() const noexcept { return side_.file.descriptor(); }

    std::string path_;
    FileIdentity database_;
    UserId owner_ = 0;  // of the database
    InodeLock inode_;
    std::atomic<bool> strangers_{false};

    mutable std::mutex mutex_;  // of what follows; the registry's comes first
    Side side_;
    std::array<NodeNumber, Roster::kPlaces> own_{};  // the nodes of this process at their places
    bool first_ = false;                             // nobody was in when the door was opened
    bool others_ = false;                            // when this process looked last
    Micros lease_ = 0;
};

// While one opens a database nobody else does, in any process.
class SharedFile::Door {
public:
    Door(std::unique_lock<std::mutex> registry, std::shared_ptr<SharedFile> file)
        : registry_(std::move(registry)), file_(std::move(file)) {}
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;
    ~Door() { file_->close_door(); }

    [[nodiscard]] const std::shared_ptr<SharedFile>& file() const noexcept { return file_; }

    // Nobody else has the file open: all nodes before are dead.
    [[nodiscard]] bool first() const noexcept { return file_->first_; }

private:
    std::unique_lock<std::mutex> registry_;
    std::shared_ptr<SharedFile> file_;
};

// A node on its way out. It closes the database while this lives, and leaves with it; nobody opens the file meanwhile,
// unless another process does already.
class SharedFile::Exit {
public:
    Exit(std::shared_ptr<SharedFile> file, NodeNumber node) noexcept;
    ~Exit();
    Exit(const Exit&) = delete;
    Exit& operator=(const Exit&) = delete;

    // Nobody else has the file open, or can come to have it.
    [[nodiscard]] bool alone() const noexcept { return alone_; }

private:
    std::unique_lock<std::mutex> registry_;
    const std::shared_ptr<SharedFile> file_;
    const NodeNumber node_;
    bool has_door_ = false;
    bool alone_ = false;
};

}  // namespace uvsched::sqlite
