// FileWatch: whether the names of an open database still lead to the files that were opened.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/stores/sqlite/file_identity.hpp"

namespace uvsched::sqlite {

// A file that is deleted or renamed stays open, and nobody will find what is written to it. SQLite does not check the
// names of its files; this class does. Not thread-safe.
class FileWatch {
public:
    enum class Sight : std::uint8_t {
        same,
        database_gone,  // removed, or another file is in its place
        side_removed,   // the -wal or the -shm; the database is there
        side_replaced,
    };

    void begin(std::string path, FileIdentity database);

    // The connection was opened again, so the files beside the database may be new ones.
    void forget_sides() noexcept;

    // Throws Error(store) if a name cannot be looked up.
    [[nodiscard]] Sight look();

    // The last result of look(), for messages.
    [[nodiscard]] std::string describe() const;

    // Removes the files beside the database that are those of the one that was opened: one that takes its place must
    // not find them. A log that the database does not hold is kept, as "<file>-wal-lost".
    void remove_sides(bool database_complete) const;

private:
    struct Side {
        const char* suffix;
        std::optional<FileIdentity> identity;  // once it was seen
    };
    [[nodiscard]] static bool is_there(const std::string& path);

    std::string path_;
    FileIdentity database_;
    std::array<Side, 2> sides_{{{"-wal", {}}, {"-shm", {}}}};
    std::string lost_;  // the name that led elsewhere
};

}  // namespace uvsched::sqlite
