#include "core/stores/sqlite/file_lock.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/errno.hpp"
#include "core/base/error.hpp"
#include "core/platform/descriptors.hpp"
#include "core/platform/file_lock.hpp"
#include "core/platform/fork.hpp"
#include "core/platform/host.hpp"

namespace uvsched::sqlite {

// Which files stores of this process hold.
struct FileLock::Registry {
    enum class Holder : std::uint8_t { nobody, store, closing_store };

    std::mutex mutex;
    std::condition_variable released;
    std::map<FileIdentity, const FileLock*> held;

    [[nodiscard]] Holder holder_of(const std::string& path) const {
        const std::optional<FileStatus> status = status_behind(path);
        return status ? holder_of(status->identity) : Holder::nobody;
    }
    [[nodiscard]] Holder holder_of(const FileIdentity& file) const {
        const auto found = held.find(file);
        if (found == held.end()) return Holder::nobody;
        return found->second->closing_ ? Holder::closing_store : Holder::store;
    }
    void refuse_held(const std::string& path, Holder holder) const {
        if (holder == Holder::nobody) return;
        const std::string process = " of this process (" + std::to_string(process_id()) + ") ";
        fail(Code::busy,
             path + (holder == Holder::store
                         ? ": another store" + process + "has the file open; give each scheduler a file of its own"
                         : ": a scheduler" + process +
                               "that is stopping still has the file open, because runs are under way; "
                               "wait until it has stopped"));
    }
};

namespace {

constexpr auto kPatienceWithCloser = std::chrono::seconds(5);  // with a store of this process that is closing the file

[[noreturn]] void fail_with_advice(const std::string& path, const char* doing, const char* advice) {
    const int reason = errno;
    if (reason == EMFILE || reason == ENFILE || reason == ENOMEM) {
        fail_with_errno(Code::store, path + ": " + doing + " failed", reason);
    }
    fail(Code::store, path + ": " + doing + " failed: " + std::generic_category().message(reason) + "; " + advice);
}

constexpr const char* kFolderAdvice = "check that the folder exists and can be written";

[[noreturn]] void fail_busy(const std::string& path, std::optional<ProcessId> holder) {
    const std::string who = holder && *holder > 0 ? "process " + std::to_string(*holder) : "another process";
    fail(Code::busy, path + ": in use by " + who + "; stop it first, or give this scheduler a file of its own");
}

constexpr std::size_t kLongestPid = 20;

// What a lock file says, and a little more if it says more than it should.
std::string read_text(int descriptor) { return read_start(descriptor, kLongestPid + 2); }

// Who holds the lock: 0 where neither system nor file tells; nothing if nobody does any more.
std::optional<ProcessId> holder_of(int descriptor) {
    const std::optional<ProcessId> holder = holder_of_whole(descriptor);
    if (holder != 0) return holder;
    return std::strtol(read_text(descriptor).c_str(), nullptr, 10);
}

// A file of that name that somebody else made for a purpose of theirs must not lose what it holds.
bool is_lock_file(int descriptor) {
    std::string text = read_text(descriptor);
    if (!text.empty() && text.back() == '\n') text.pop_back();
    return text.size() <= kLongestPid && text.find_first_not_of("0123456789") == std::string::npos;
}

// For people, and for holder_of() across process namespaces: the lock holds whether this can be written or not.
void write_pid(int descriptor) { static_cast<void>(write_whole(descriptor, std::to_string(process_id()) + "\n")); }

}  // namespace

FileLock::Registry& FileLock::registry() {
    // Never destroyed: stores may outlive static destructors. The child of a fork holds no file, and another thread may
    // have been at work on the parent's registry: it gets one of its own.
    static std::atomic<Registry*> current = [] {
        at_fork(nullptr, nullptr, [] {
            InodeLock::close_inherited();
            current = new Registry;
        });
        return new Registry;
    }();
    return *current;
}

std::string FileLock::take(const std::string& path) {
    Registry& shared = registry();
    closing_ = false;  // of an earlier opening
    std::unique_lock guard(shared.mutex);
    shared.released.wait_for(guard, kPatienceWithCloser,
                             [&] { return shared.holder_of(path) != Registry::Holder::closing_store; });
    open_database(path);
    check_side_files();
    lock_side(path_);
    lock_inode(path_);
    write_pid(descriptor_);
    enter();
    return path_;
}

void FileLock::open_database(const std::string& path) {
    const Registry& shared = registry();
    if (const auto there = status_behind(path)) {
        shared.refuse_held(path, shared.holder_of(there->identity));
        if (there->kind != FileKind::regular) {
            fail(Code::store, path + ": this is not a regular file; name another path");
        }
    }
    const int descriptor = inode_.open(path);
    if (descriptor < 0) fail_with_advice(path, "opening the file for writing", kFolderAdvice);
    const std::optional<FileStatus> status = status_of(descriptor);
    const std::optional<std::string> resolved = resolved_path(path);
    if (!status || !resolved) fail_with_advice(path, "finding the file", kFolderAdvice);
    database_ = status->identity;
    owner_ = status->owner;
    path_ = *resolved;
    const Registry::Holder holder = shared.holder_of(database_);
    if (holder != Registry::Holder::nobody) inode_.abandon();  // put in this place just now
    shared.refuse_held(path, holder);
}

void FileLock::check_side_files() const {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        const std::string side = path_ + suffix;
        if (const auto status = look_at(side)) check_side_file(side, *status, owner_);
    }
}

void FileLock::lock_side(const std::string& path) {
    const std::string side = path + "-lock";
    if (const auto status = look_at(side)) {
        registry().refuse_held(path, registry().holder_of(status->identity));
        check_side_file(side, *status, owner_);
    }
    // Who deletes the file between opening and locking makes room for a second lock.
    while (!try_lock_side(side)) {
    }
}

// False when the name has come to lead to another file.
bool FileLock::try_lock_side(const std::string& side) {
    close_side();
    descriptor_ = open_or_make(side, Links::refuse);
    if (descriptor_ < 0) fail_with_advice(side, "opening the lock file", kFolderAdvice);
    const std::optional<FileStatus> status = status_of(descriptor_);
    if (!status) fail_with_advice(side, "looking at the lock file", kFolderAdvice);
    side_ = status->identity;
    for (Locking outcome = lock_whole(descriptor_); outcome != Locking::done; outcome = lock_whole(descriptor_)) {
        if (outcome == Locking::failed) fail_with_advice(side, "locking", "keep the file on a local disk");
        const std::optional<ProcessId> holder = holder_of(descriptor_);
        if (holder) fail_busy(path_, holder);
    }
    const auto named = look_at(side);
    if (!named || named->identity != side_) return false;
    check_side_file(side, *named, owner_);
    if (!is_lock_file(descriptor_)) {
        fail(Code::store, side +
                              ": this is not a lock file: it holds more than a process id; the scheduler writes "
                              "only to a file of its own: move this one away");
    }
    return true;
}

void FileLock::lock_inode(const std::string& path) {
    if (!inode_.lock(path)) fail_busy(path, inode_.holder());
}

void FileLock::keep_database() { lock_inode(path_); }

void FileLock::enter() {
    registered_ = {database_, side_};
    for (const FileIdentity& identity : registered_) registry().held[identity] = this;
}

void FileLock::keep_lock_file() noexcept {
    Registry& shared = registry();
    try {
        const std::string side = path_ + "-lock";
        if (identity_at(side) == side_) return;
        const std::lock_guard guard(shared.mutex);
        shared.held.erase(side_);
        std::erase(registered_, side_);
        side_ = {};
        lock_side(path_);
        write_pid(descriptor_);
        enter();
    } catch (const std::exception&) {
        // What is there now is not ours, or somebody looks at it just now: again the next time. The lock on the
        // database holds all the same.
        if (std::find(registered_.begin(), registered_.end(), side_) == registered_.end()) side_ = {};
    }
}

std::size_t FileLock::names() const {
    const auto status = look_at(path_);
    return status ? status->names : 0;
}

void FileLock::close_side() noexcept { close_descriptor(std::exchange(descriptor_, -1)); }

void FileLock::release() noexcept {
    Registry& shared = registry();
    // Closing stays under the mutex: it would drop the lock of a store that takes the same file meanwhile.
    const std::lock_guard guard(shared.mutex);
    for (const FileIdentity& identity : registered_) shared.held.erase(identity);
    registered_.clear();
    close_side();
    inode_.release();
    path_.clear();
    shared.released.notify_all();
}

}  // namespace uvsched::sqlite
