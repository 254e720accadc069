#include "core/platform/file_lock.hpp"

#include <fcntl.h>

#include <cerrno>

namespace uvsched {

Locking share_start(int descriptor) noexcept {
    struct flock start {};
    start.l_type = F_RDLCK;
    start.l_whence = SEEK_SET;
    start.l_len = 1;
    if (fcntl(descriptor, F_SETLK, &start) == 0) return Locking::done;
    return errno == EACCES || errno == EAGAIN ? Locking::taken : Locking::failed;
}

std::optional<ProcessId> holder_of_any(int descriptor) noexcept {
    struct flock probe {};
    probe.l_type = F_WRLCK;
    probe.l_whence = SEEK_SET;
    if (fcntl(descriptor, F_GETLK, &probe) != 0) return 0;
    if (probe.l_type == F_UNLCK) return std::nullopt;
    return probe.l_pid > 0 ? probe.l_pid : 0;
}

}  // namespace uvsched
