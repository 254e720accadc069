// FileLock: one process for each database file, and one store within a process.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace uvsched::sqlite {

// A write lock (fcntl) on "<file>-lock", which the kernel drops when the process dies, and a registry within the
// process, because such locks do not hold against the process that owns them.
//
// Closing any descriptor of a file drops this process's fcntl locks on it, also SQLite's own on the database. So the
// registry is asked before either file is opened, and the lock file is opened once.
class FileLock {
public:
    FileLock() = default;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock() { release(); }

    // Creates the file where there is none, with mode 0600, and takes it for this process.
    // Returns its absolute path with links resolved: the one all processes agree on.
    // Throws Error(busy) that names the holder's process id, Error(store) where the file cannot be written.
    std::string take(const std::string& path);

    void release() noexcept;

private:
    using FileIdentity = std::pair<dev_t, ino_t>;
    struct Registry;
    static Registry& registry();
    std::string create_and_resolve(const std::string& path, FileIdentity& identity);
    void lock(const std::string& path);
    [[noreturn]] void fail_and_close(const std::string& path, const char* doing, const char* advice);

    int descriptor_ = -1;
    std::vector<FileIdentity> registered_;
};

}  // namespace uvsched::sqlite
