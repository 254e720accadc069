// InodeLock: one name for a database file, among all that lead to it.
#pragma once

#include <optional>
#include <string>

#include "core/platform/host.hpp"
#include "core/stores/sqlite/held_file.hpp"

namespace uvsched::sqlite {

// A lock on a byte of the database behind those that SQLite locks (lock_byte() in core/platform/file_lock.hpp). It
// belongs to the file, so that a hard link, a bind mount and a lock file that somebody deleted lead to the same lock.
// Processes share it; whoever begins a lock file has it alone for that moment.
//
// Its descriptor is opened before SQLite opens the file and closed after SQLite has closed it, because closing any
// descriptor of a file drops the locks that this process, and SQLite for it, has on the file.
class InodeLock {
public:
    InodeLock() = default;
    InodeLock(const InodeLock&) = delete;
    InodeLock& operator=(const InodeLock&) = delete;
    ~InodeLock() { release(); }

    // Opens the file; makes it if there is none. Returns the descriptor; negative, and errno, where that failed.
    int open(const std::string& path) { return file_.open(path, Links::follow); }

    // False if another process has the lock. Both may be repeated, and share() must be once SQLite has begun its log:
    // until then its transactions end by unlocking the whole file, which on some platforms drops this lock too. They
    // throw Error(store) where the file system has no such locks.
    [[nodiscard]] bool lock(const std::string& path) const;
    [[nodiscard]] bool share(const std::string& path) const;

    // A process that has the lock; nullopt if that cannot be found out.
    [[nodiscard]] std::optional<ProcessId> holder() const;

    // The database can go on being locked by other stores of this process.
    void abandon() noexcept { file_.abandon(); }

    void release() noexcept;

private:
    HeldFile file_;
};

}  // namespace uvsched::sqlite
