// The tables, and how files of earlier versions become files of this one. docs/ledger.md describes them for operators.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/clock_line.hpp"
#include "core/stores/sqlite/connection.hpp"

namespace uvsched::sqlite {

inline constexpr std::int64_t kSchemaVersion = 3;  // the version that is written
inline constexpr std::int64_t kMinReader = 3;      // the oldest version that can use it: 2 numbers its nodes by epoch

struct Meta {
    std::string store_uuid;
    ElapsedLine line;
};

// The version of the file's tables; 0 for an empty file. Reads only.
// Throws Error(corrupt) for a database that is not ours, Error(version) for one that needs a newer uvsched.
std::int64_t schema_version(Connection& connection);

// What makes a file of version `version` of one of the version before.
[[nodiscard]] const char* schema_step(std::int64_t version);

// Creates the tables in an empty file, or runs the migration steps that are missing, in one transaction.
void prepare_schema(Connection& connection);

// What prepare_schema() would run in a file with tables of this version (0: an empty one).
[[nodiscard]] std::vector<std::string> schema_on_paper(std::int64_t version);

[[nodiscard]] Meta read_meta(Connection& connection);

// Looks for damage at a bounded cost: small files are checked entirely, of large ones the tables without which nothing
// works. Throws Error(corrupt) with what was found.
void check_for_damage(Connection& connection);

}  // namespace uvsched::sqlite
