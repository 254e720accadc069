#include "core/platform/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace uvsched {
namespace {

FileStatus status_from(const struct stat& status) noexcept {
    FileKind kind = FileKind::other;
    if (S_ISREG(status.st_mode)) kind = FileKind::regular;
    if (S_ISLNK(status.st_mode)) kind = FileKind::symbolic_link;
    return {.identity = {.device = static_cast<std::uint64_t>(status.st_dev), .number = status.st_ino},
            .kind = kind,
            .names = status.st_nlink,
            .owner = status.st_uid};
}

}  // namespace

UserId effective_user() noexcept { return geteuid(); }

std::optional<FileStatus> status_of_name(const std::string& path) noexcept {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) return std::nullopt;
    return status_from(status);
}

std::optional<FileStatus> status_behind(const std::string& path) noexcept {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    return status_from(status);
}

std::optional<FileStatus> status_of(int descriptor) noexcept {
    struct stat status {};
    if (fstat(descriptor, &status) != 0) return std::nullopt;
    return status_from(status);
}

std::optional<std::string> resolved_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
    if (resolved == nullptr) return std::nullopt;
    return resolved.get();
}

int open_or_make(const std::string& path, Links links) noexcept {
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | (links == Links::refuse ? O_NOFOLLOW : 0);
    return ::open(path.c_str(), flags, S_IRUSR | S_IWUSR);
}

std::string read_start(int descriptor, std::size_t most) {
    std::string text(most, '\0');
    const ssize_t size = pread(descriptor, text.data(), most, 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
}

bool write_whole(int descriptor, std::string_view bytes) noexcept {
    return ftruncate(descriptor, 0) == 0 && write_at(descriptor, 0, bytes);
}

bool write_at(int descriptor, std::size_t place, std::string_view bytes) noexcept {
    return pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(place)) ==
           static_cast<ssize_t>(bytes.size());
}

}  // namespace uvsched
