// InodeLock: one process for a database file, whatever names lead to it.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "core/platform/host.hpp"

namespace uvsched::sqlite {

// A lock on a byte of the database behind those that SQLite locks (lock_byte() in core/platform/file_lock.hpp). It
// belongs to the file, so that a hard link, a bind mount and a lock file that somebody deleted lead to the same lock.
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
    int open(const std::string& path);

    // False if another process has the lock. May be repeated, and must be once SQLite has begun its log: until then its
    // transactions end by unlocking the whole file, which on some platforms drops this lock too. Throws Error(store)
    // where the file system has no such locks.
    [[nodiscard]] bool lock(const std::string& path) const;

    // The process that has the lock; nullopt if that cannot be found out.
    [[nodiscard]] std::optional<ProcessId> holder() const;

    // The database can go on being locked by another store of this process: leaves the descriptor open for ever, for
    // closing it would drop that store's locks.
    void abandon() noexcept { entry_ = nullptr; }

    void release() noexcept;

    // In the child of a fork: closes the parent's descriptors, which share its locks.
    static void close_inherited() noexcept;

private:
    struct Entry;
    Entry* entry_ = nullptr;
};

}  // namespace uvsched::sqlite
