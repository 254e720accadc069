// Migration: how a store of an earlier version, or none, becomes one of this version.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace uvsched {

enum class Migrates : std::uint8_t { really, on_paper };

struct Migration {
    std::int64_t from = 0;  // the version of the tables; 0: there is no store
    std::int64_t to = 0;    // and of this program; where it is not higher, there is nothing to do
    // On paper: the SQL that does it. Empty for a store that knows none.
    std::vector<std::string> statements{};
};

// For visitors, who bring nothing up to date: the tables are of an earlier version.
[[nodiscard]] inline std::string earlier_tables(std::int64_t there, std::int64_t here) {
    return "its tables are those of an earlier uvsched (schema " + std::to_string(there) + ", and " +
           std::to_string(here) +
           " here); the next start of a scheduler brings them up to date, and so does `uvsched " + "store migrate`";
}

}  // namespace uvsched
