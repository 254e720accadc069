// The file under a name that the store uses, and whether the store may write to it.
#pragma once

#include <optional>
#include <string>

#include "core/platform/files.hpp"

namespace uvsched::sqlite {

// The file with this name; a symbolic link is not followed. nullopt if there is no such name.
// Throws Error(store) if the name cannot be looked up.
[[nodiscard]] std::optional<FileStatus> look_at(const std::string& path);
[[nodiscard]] std::optional<FileIdentity> identity_at(const std::string& path);

// Checks a file beside the database (-lock, -wal, …) before it is written: it must not be a link or a pipe, and must
// belong to the user of this process or to the owner of the database. Throws Error(store) that names the file.
void check_side_file(const std::string& path, const FileStatus& status, UserId database_owner);

}  // namespace uvsched::sqlite
