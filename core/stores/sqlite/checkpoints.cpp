#include "core/stores/sqlite/checkpoints.hpp"

namespace uvsched::sqlite {
namespace {

// More than SQLite's default of 1,000: each checkpoint syncs both files.
constexpr int kFrames = 4000;
constexpr int kFramesAfterFailure = 500;

}  // namespace

void Checkpoints::begin(Connection& connection) {
    writer_.open(connection.path());
    // It has the log open from now on, also if somebody takes its name away.
    writer_.execute("PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 0; PRAGMA schema_version");
    connection_ = &connection;
    frames_ = 0;
    next_ = kFrames;
    sqlite3_wal_hook(connection.handle(), count, this);  // takes the place of automatic checkpoints
}

void Checkpoints::end() noexcept {
    connection_ = nullptr;
    writer_.close_as_is();
}

int Checkpoints::count(void* self, sqlite3* /*handle*/, const char* /*name*/, int frames) noexcept {
    auto& checkpoints = *static_cast<Checkpoints*>(self);
    if (frames < checkpoints.frames_) checkpoints.next_ = kFrames;  // the log has begun anew
    checkpoints.frames_ = frames;
    return SQLITE_OK;
}

void Checkpoints::run_if_due() noexcept {
    if (connection_ == nullptr || frames_ < next_) return;
    next_ = frames_ + kFramesAfterFailure;
    try {
        static_cast<void>(run());
        next_ = frames_ + kFrames;
    } catch (const std::exception&) {
        return;
    }
}

bool Checkpoints::run() {
    if (connection_ == nullptr) return false;
    const Transaction nobody_writes(writer_);
    Statement checkpoint(*connection_, "PRAGMA wal_checkpoint(PASSIVE)");
    Cursor row(checkpoint);
    return row.next() && row.integer(0) == 0 && row.integer(1) == row.integer(2);
}

}  // namespace uvsched::sqlite
