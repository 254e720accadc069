#include "core/stores/sqlite/file_membership.hpp"

#include <utility>

namespace uvsched::sqlite {

FileMembership::FileMembership(std::shared_ptr<SharedFile> file, NodeNumber node)
    : file_(std::move(file)), node_(node) {
    watch();
    is_told_ = watched_ != FileIdentity{};
}

BeatAnswer FileMembership::beat() {
    BeatAnswer answer = file_->beat(node_);
    if (is_told_ && file_->lock_file_identity() != watched_) watch();
    return answer;
}

void FileMembership::watch() {
    const FileIdentity now = file_->lock_file_identity();
    watched_ = watch_.watch(file_->path() + "-lock") ? now : FileIdentity{};
}

}  // namespace uvsched::sqlite
