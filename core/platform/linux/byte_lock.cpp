// An open-file-description lock.
#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "core/platform/file_lock.hpp"
#include "core/platform/files.hpp"

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
    if (fcntl(descriptor, F_OFD_SETLK, &lock) == 0) return Locking::done;
    return errno == EACCES || errno == EAGAIN ? Locking::taken : Locking::failed;
}

// The first entry of a folder of /proc that `wanted` says is it; nothing comes of what cannot be read or has gone.
template <class Wanted>
std::optional<std::filesystem::path> find_in(const std::filesystem::path& folder, Wanted wanted) {
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        if (wanted(entry->path())) return entry->path();
    }
    return std::nullopt;
}

// Whether one of a process's descriptors is of this file and has a lock of this kind.
bool has_lock(const std::filesystem::path& process, const FileIdentity& file) {
    const auto found = find_in(process / "fd", [&](const std::filesystem::path& descriptor) {
        const std::optional<FileStatus> status = status_behind(descriptor);
        if (!status || status->identity != file) return false;
        std::ifstream info(process / "fdinfo" / descriptor.filename());
        for (std::string line; std::getline(info, line);) {
            if (line.find("OFDLCK") != std::string::npos) return true;
        }
        return false;
    });
    return found.has_value();
}

ProcessId process_of(const std::filesystem::path& folder) {
    const std::string name = folder.filename();
    ProcessId process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    return error == std::errc() && end == name.data() + name.size() ? process : 0;
}

}  // namespace

Locking lock_byte(int descriptor, std::int64_t byte) noexcept { return take(descriptor, F_WRLCK, byte); }

Locking share_byte(int descriptor, std::int64_t byte) noexcept { return take(descriptor, F_RDLCK, byte); }

bool is_byte_locked(int descriptor, std::int64_t byte) noexcept {
    struct flock probe = one_byte(F_WRLCK, byte);
    return fcntl(descriptor, F_OFD_GETLK, &probe) != 0 || probe.l_type != F_UNLCK;
}

void unlock_byte(int descriptor, std::int64_t byte) noexcept {
    struct flock lock = one_byte(F_UNLCK, byte);
    fcntl(descriptor, F_OFD_SETLK, &lock);
}

// The kernel does not tell whose such a lock is, but shows it beside the descriptor.
std::optional<ProcessId> holder_of_byte(int descriptor, std::int64_t /*byte*/) {
    const std::optional<FileStatus> status = status_of(descriptor);
    if (!status) return std::nullopt;
    const auto found = find_in("/proc", [&](const std::filesystem::path& process) {
        const ProcessId number = process_of(process);
        return number != 0 && number != process_id() && has_lock(process, status->identity);
    });
    if (!found) return std::nullopt;
    return process_of(*found);
}

}  // namespace uvsched
