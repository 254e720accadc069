// Roster: the nodes that have a database open, as the lock file beside it lists them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/ledger/records.hpp"
#include "core/platform/host.hpp"
#include "core/stores/sqlite/file_identity.hpp"

namespace uvsched::sqlite {

// What is in the file: plain data that is read and written. Who may write what, SharedFile says (shared_file.hpp).
struct Roster {
    static constexpr std::size_t kPlaces = 128;

    struct Header {
        std::array<char, 24> magic{};  // for people too: a text
        FileIdentity database{};
        FileIdentity log{};       // the -wal that the nodes have open
        FileIdentity index{};     // and the -shm
        Micros lease = 0;         // of all nodes
        Micros closed_until = 0;  // nobody may join before this elapsed time
    };

    // Of a node; free if it has no number.
    struct Place {
        NodeNumber node = 0;
        std::uint64_t beats = 0;
        ProcessId process = 0;
        std::uint64_t notices = 0;  // how often it told the others that there is something to find
    };

    Header header;
    std::array<Place, kPlaces> places{};

    // nullopt if the file is not such a list.
    [[nodiscard]] static std::optional<Roster> read(int descriptor);

    // Begins the file anew, without a node.
    static bool begin(int descriptor, const Header& header) noexcept;
    static bool write_header(int descriptor, const Header& header) noexcept;
    static bool write_place(int descriptor, std::size_t place, const Place& value) noexcept;
    static bool write_beats(int descriptor, std::size_t place, std::uint64_t beats) noexcept;
    static bool write_notices(int descriptor, std::size_t place, std::uint64_t notices) noexcept;

    // The bytes that are locked: by the processes that use the file in this way, by whoever opens the database, by the
    // node that has a place, and by whoever changes the number there.
    static constexpr std::int64_t kDoorByte = 1;
    static constexpr std::int64_t node_byte(std::size_t place) { return static_cast<std::int64_t>(offset(place)); }
    static constexpr std::int64_t number_byte(std::size_t place) { return node_byte(place) + 1; }

private:
    static constexpr std::size_t offset(std::size_t place) { return sizeof(Header) + place * sizeof(Place); }
};

}  // namespace uvsched::sqlite
