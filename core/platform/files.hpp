// Files as the system sees them: which file a name leads to, whose it is, and what is in a small one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace uvsched {

using UserId = std::uint32_t;

// The user with whose rights this process works.
[[nodiscard]] UserId effective_user() noexcept;

// The same for all names of a file, and for no other file while it is there.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
    friend bool operator<(const FileIdentity& a, const FileIdentity& b) {
        return std::tie(a.device, a.number) < std::tie(b.device, b.number);
    }
};

enum class FileKind : std::uint8_t { regular, symbolic_link, other };

struct FileStatus {
    FileIdentity identity;
    FileKind kind = FileKind::other;
    std::uint64_t names = 0;  // hard links
    UserId owner = 0;
};

// Nothing, and errno, where that cannot be seen.
[[nodiscard]] std::optional<FileStatus> status_of_name(const std::string& path) noexcept;  // a symbolic link is itself
[[nodiscard]] std::optional<FileStatus> status_behind(const std::string& path) noexcept;  // symbolic links are followed
[[nodiscard]] std::optional<FileStatus> status_of(int descriptor) noexcept;

// The absolute path without symbolic links. Nothing, and errno, where it cannot be found.
[[nodiscard]] std::optional<std::string> resolved_path(const std::string& path);

enum class Links : std::uint8_t { follow, refuse };

// Opens a file for reading and writing; one that is not there is made, with mode 0600. The descriptor, which programs
// that this one starts do not get; negative, and errno, where that failed.
[[nodiscard]] int open_or_make(const std::string& path, Links links) noexcept;

// The first bytes of a file, `most` at most.
[[nodiscard]] std::string read_start(int descriptor, std::size_t most);

// A file holds these bytes, and nothing else. False, and errno, where that failed.
bool write_whole(int descriptor, std::string_view bytes) noexcept;

// These bytes of a file are others from now on. False, and errno, where that failed.
bool write_at(int descriptor, std::size_t place, std::string_view bytes) noexcept;

}  // namespace uvsched
