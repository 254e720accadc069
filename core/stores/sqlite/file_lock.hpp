// FileLock: one process for each database file, and one store within a process.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "core/stores/sqlite/file_identity.hpp"
#include "core/stores/sqlite/inode_lock.hpp"

namespace uvsched::sqlite {

// Three locks: one of the process on "<file>-lock", which the system drops when the process dies and which tells others
// whose it is; an InodeLock on the file itself, because a file can have other names and a lock file can be deleted; and
// a registry within the process, because a process's locks do not hold against itself.
//
// Closing any descriptor of a file drops this process's locks on it, also SQLite's own on the database. So the registry
// is asked before either file is opened, and each is opened once.
class FileLock {
public:
    FileLock() = default;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock() { release(); }

    // Makes the file if there is none, with mode 0600, and takes it for this process. Waits at most five seconds for a
    // store of this process that is closing the file. The lock file, and the files that SQLite will write beside the
    // database, must be this store's own.
    // Returns the absolute path with links resolved, which is the same in all processes.
    // Throws Error(busy) that names the holder's process id, and Error(store) if a file cannot be written.
    std::string take(const std::string& path);

    // Throws Error(store) if a file that SQLite will write beside the database is not the store's own.
    void check_side_files() const;

    // Call when SQLite has opened the database and begun its log, which may drop locks: takes them again. Throws like
    // take().
    void keep_database();

    // Makes the lock file again if somebody has deleted it, so that others can read it.
    void keep_lock_file() noexcept;

    // The file will be released soon: take() of another store waits for that. May be called from any thread; never
    // waits.
    void expect_release() noexcept { closing_ = true; }

    void release() noexcept;

    // The identity of the database, while it is taken.
    [[nodiscard]] const FileIdentity& database() const noexcept { return database_; }

    // The number of names (hard links) of the database.
    [[nodiscard]] std::size_t names() const;

private:
    struct Registry;
    static Registry& registry();
    void open_database(const std::string& path);
    void lock_side(const std::string& path);
    bool try_lock_side(const std::string& side);
    void lock_inode(const std::string& path);
    void close_side() noexcept;
    void enter();

    InodeLock inode_;
    std::string path_;  // with links resolved
    FileIdentity database_;
    UserId owner_ = 0;     // of the database
    int descriptor_ = -1;  // of the lock file
    FileIdentity side_;
    std::atomic<bool> closing_{false};
    std::vector<FileIdentity> registered_;
};

}  // namespace uvsched::sqlite
