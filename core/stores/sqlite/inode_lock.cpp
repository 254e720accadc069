#include "core/stores/sqlite/inode_lock.hpp"

#include <cerrno>
#include <system_error>

#include "core/base/error.hpp"
#include "core/platform/file_lock.hpp"

namespace uvsched::sqlite {
namespace {

constexpr std::int64_t kInodeByte = 0x40000000 + 512;  // SQLite locks the 512 bytes before it

bool is_locked(Locking outcome, const std::string& path) {
    if (outcome != Locking::failed) return outcome == Locking::done;
    fail(Code::store,
         path + ": locking failed: " + std::generic_category().message(errno) + "; keep the file on a local disk");
}

}  // namespace

bool InodeLock::lock(const std::string& path) const {
    return is_locked(lock_byte(file_.descriptor(), kInodeByte), path);
}

bool InodeLock::share(const std::string& path) const {
    return is_locked(share_byte(file_.descriptor(), kInodeByte), path);
}

std::optional<ProcessId> InodeLock::holder() const { return holder_of_byte(file_.descriptor(), kInodeByte); }

void InodeLock::release() noexcept {
    // Unlocked first: a child that is forked off just now keeps a copy of the descriptor, but not the lock.
    if (file_.is_open()) unlock_byte(file_.descriptor(), kInodeByte);
    file_.close();
}

}  // namespace uvsched::sqlite
