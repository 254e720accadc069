#include "core/stores/sqlite/file_identity.hpp"

#include <cerrno>
#include <system_error>

#include "core/base/error.hpp"

namespace uvsched::sqlite {

std::optional<FileStatus> look_at(const std::string& path) {
    std::optional<FileStatus> status = status_of_name(path);
    if (status || errno == ENOENT || errno == ENOTDIR) return status;
    fail(Code::store, path + ": looking at the file failed: " + std::generic_category().message(errno) +
                          "; check that its folder can be read");
}

std::optional<FileIdentity> identity_at(const std::string& path) {
    const auto status = look_at(path);
    if (!status) return std::nullopt;
    return status->identity;
}

void check_side_file(const std::string& path, const FileStatus& status, UserId database_owner) {
    const auto refuse = [&](const std::string& why) {
        fail(Code::store, path + ": " + why + "; the scheduler writes only to a file of its own: move this one away");
    };
    if (status.kind == FileKind::symbolic_link) refuse("this is a symbolic link");
    if (status.kind != FileKind::regular) refuse("this is not a regular file");
    if (status.names != 1) refuse("the file has " + std::to_string(status.names) + " names (hard links)");
    if (status.owner != effective_user() && status.owner != database_owner) {
        refuse("the file belongs to another user (" + std::to_string(status.owner) + ")");
    }
}

}  // namespace uvsched::sqlite
