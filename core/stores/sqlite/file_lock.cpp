#include "core/stores/sqlite/file_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>

#include "core/base/error.hpp"

namespace uvsched::sqlite {

// Which files stores of this process hold. An entry of another process was inherited through fork() and means nothing
// here.
struct FileLock::Registry {
    std::mutex mutex;
    std::map<FileIdentity, pid_t> held;

    void refuse_held(const std::string& path, const struct stat& status) const {
        const auto found = held.find({status.st_dev, status.st_ino});
        if (found == held.end() || found->second != getpid()) return;
        fail(Code::busy, path + ": another store of this process (" + std::to_string(getpid()) +
                             ") has the file open; give each scheduler a file of its own");
    }
};

namespace {

[[noreturn]] void fail_with_errno(const std::string& path, const char* doing, const char* advice) {
    fail(Code::store, path + ": " + doing + " failed: " + std::generic_category().message(errno) + "; " + advice);
}

constexpr const char* kFolderAdvice = "check that the folder exists and can be written";

// Who holds the lock, 0 where that cannot be seen (another process namespace); nothing when nobody does any more.
std::optional<pid_t> holder_of(int descriptor) {
    struct flock probe {};
    probe.l_type = F_WRLCK;
    probe.l_whence = SEEK_SET;
    if (fcntl(descriptor, F_GETLK, &probe) != 0) return 0;
    if (probe.l_type == F_UNLCK) return std::nullopt;
    if (probe.l_pid > 0) return probe.l_pid;
    char text[32] = {};
    if (pread(descriptor, text, sizeof text - 1, 0) <= 0) return 0;
    return static_cast<pid_t>(std::strtol(text, nullptr, 10));
}

// For people, and for holder_of() across process namespaces: the lock holds whether this can be written or not.
void write_pid(int descriptor) {
    const std::string text = std::to_string(getpid()) + "\n";
    const bool written = ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text.data(), text.size(), 0) > 0;
    static_cast<void>(written);
}

}  // namespace

FileLock::Registry& FileLock::registry() {
    static auto* const shared = new Registry;  // never destroyed: stores may outlive static destructors
    return *shared;
}

std::string FileLock::take(const std::string& path) {
    Registry& shared = registry();
    const std::lock_guard guard(shared.mutex);
    FileIdentity database;
    std::string resolved = create_and_resolve(path, database);
    lock(resolved);
    registered_.push_back(database);
    for (const FileIdentity& identity : registered_) shared.held[identity] = getpid();
    return resolved;
}

std::string FileLock::create_and_resolve(const std::string& path, FileIdentity& identity) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0) {
        registry().refuse_held(path, status);
        if (!S_ISREG(status.st_mode)) fail(Code::store, path + ": this is not a regular file; name another path");
    }
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) fail_with_errno(path, "opening the file for writing", kFolderAdvice);
    const bool known = fstat(descriptor, &status) == 0;
    ::close(descriptor);
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
    if (!known || resolved == nullptr) fail_with_errno(path, "finding the file", kFolderAdvice);
    identity = {status.st_dev, status.st_ino};
    return resolved.get();
}

void FileLock::fail_and_close(const std::string& path, const char* doing, const char* advice) {
    const int reason = errno;
    ::close(std::exchange(descriptor_, -1));
    errno = reason;
    fail_with_errno(path, doing, advice);
}

void FileLock::lock(const std::string& path) {
    const std::string side = path + "-lock";
    struct stat status {};
    if (stat(side.c_str(), &status) == 0) registry().refuse_held(path, status);
    descriptor_ = ::open(side.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor_ < 0) fail_with_errno(side, "opening the lock file", kFolderAdvice);
    if (fstat(descriptor_, &status) != 0) fail_and_close(side, "looking at the lock file", kFolderAdvice);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    while (fcntl(descriptor_, F_SETLK, &whole) != 0) {
        if (errno != EACCES && errno != EAGAIN) fail_and_close(side, "locking", "keep the file on a local disk");
        const std::optional<pid_t> holder = holder_of(descriptor_);
        if (!holder) continue;
        ::close(std::exchange(descriptor_, -1));
        fail(Code::busy, path + ": in use by process " + std::to_string(*holder) +
                             "; stop it first, or give this scheduler a file of its own");
    }
    write_pid(descriptor_);
    registered_.emplace_back(status.st_dev, status.st_ino);
}

void FileLock::release() noexcept {
    if (descriptor_ < 0) return;
    Registry& shared = registry();
    // Closing stays under the mutex: it would drop the lock of a store that takes the same file meanwhile.
    const std::lock_guard guard(shared.mutex);
    for (const FileIdentity& identity : registered_) shared.held.erase(identity);
    registered_.clear();
    ::close(descriptor_);
    descriptor_ = -1;
}

}  // namespace uvsched::sqlite
