// FileMembership: a node among those that have its SQLite file open, by the lock file. The database is not touched.
#pragma once

#include <memory>

#include "core/platform/touch.hpp"
#include "core/stores/membership.hpp"
#include "core/stores/sqlite/shared_file.hpp"

namespace uvsched::sqlite {

class FileMembership final : public Membership {
public:
    FileMembership(std::shared_ptr<SharedFile> file, NodeNumber node);

    BeatAnswer beat() override;
    [[nodiscard]] int descriptor() const noexcept override { return is_told_ ? watch_.descriptor() : -1; }
    bool heard() noexcept override {
        watch_.clear();
        return true;
    }

private:
    void watch();

    const std::shared_ptr<SharedFile> file_;
    const NodeNumber node_;
    TouchWatch watch_;
    FileIdentity watched_;
    bool is_told_ = false;
};

}  // namespace uvsched::sqlite
