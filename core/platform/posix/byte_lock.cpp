// A lock of the process, for systems whose locks belong to no opening.
#include <fcntl.h>

#include <cerrno>

#include "core/platform/file_lock.hpp"

namespace uvsched {
namespace {

struct flock one_byte(short type, std::int64_t byte) noexcept {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

Locking take(int descriptor, short type, std::int64_t byte) noexcept {
    struct flock lock = one_byte(type, byte);
    if (fcntl(descriptor, F_SETLK, &lock) == 0) return Locking::done;
    return errno == EACCES || errno == EAGAIN ? Locking::taken : Locking::failed;
}

}  // namespace

Locking lock_byte(int descriptor, std::int64_t byte) noexcept { return take(descriptor, F_WRLCK, byte); }

Locking share_byte(int descriptor, std::int64_t byte) noexcept { return take(descriptor, F_RDLCK, byte); }

bool is_byte_locked(int descriptor, std::int64_t byte) noexcept {
    struct flock probe = one_byte(F_WRLCK, byte);
    return fcntl(descriptor, F_GETLK, &probe) != 0 || probe.l_type != F_UNLCK;
}

void unlock_byte(int descriptor, std::int64_t byte) noexcept {
    struct flock lock = one_byte(F_UNLCK, byte);
    fcntl(descriptor, F_SETLK, &lock);
}

std::optional<ProcessId> holder_of_byte(int descriptor, std::int64_t byte) {
    struct flock probe = one_byte(F_WRLCK, byte);
    if (fcntl(descriptor, F_GETLK, &probe) != 0 || probe.l_type == F_UNLCK || probe.l_pid <= 0) return std::nullopt;
    return probe.l_pid;
}

}  // namespace uvsched
