#include "core/stores/sqlite/file_watch.hpp"

#include <cstdio>
#include <string_view>
#include <utility>

namespace uvsched::sqlite {

void FileWatch::begin(std::string path, FileIdentity database) {
    path_ = std::move(path);
    database_ = database;
    forget_sides();
}

void FileWatch::forget_sides() noexcept {
    for (Side& side : sides_) side.identity.reset();
}

FileWatch::Sight FileWatch::look() {
    lost_ = path_;
    if (identity_at(path_) != database_) return Sight::database_gone;
    for (Side& side : sides_) {
        lost_ = path_ + side.suffix;
        const auto now = identity_at(lost_);
        if (!side.identity) side.identity = now;
        if (now != side.identity) return now ? Sight::side_replaced : Sight::side_removed;
    }
    return Sight::same;
}

std::string FileWatch::describe() const {
    return lost_ + (is_there(lost_) ? ": the file was replaced by another while the scheduler uses it"
                                    : ": the file was removed while the scheduler uses it");
}

void FileWatch::remove_sides(bool database_complete) const {
    for (const Side& side : sides_) {
        const std::string path = path_ + side.suffix;
        if (!side.identity || identity_at(path) != side.identity) continue;
        const bool keep = !database_complete && side.suffix == std::string_view("-wal");
        if (!keep || std::rename(path.c_str(), (path + "-lost").c_str()) != 0) std::remove(path.c_str());
    }
}

bool FileWatch::is_there(const std::string& path) { return status_of_name(path).has_value(); }

}  // namespace uvsched::sqlite
