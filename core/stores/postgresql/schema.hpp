// The tables, and whether the server and the database can hold them. docs/ledger.md describes them for operators.
#pragma once

#include <cstdint>
#include <string>

#include "core/stores/postgresql/database.hpp"

namespace uvsched::postgresql {

inline constexpr std::int64_t kSchemaVersion = 2;  // the version that is written
inline constexpr std::int64_t kMinReader = 1;      // the oldest version that can use it

// Creates what is missing; processes that do so at the same time wait for each other. The session is open.
// Throws Error(version) for a server that is too old or tables that need a newer uvsched, Error(corrupt) for tables of
// another program, and Error(store) if the server takes no writes, or this user may not create the tables.
void prepare_schema(Database& db);

// The same for a visitor, who creates nothing: throws Error(not_found) if there are no tables, and Error(version) if
// they are of an earlier version.
void find_schema(Database& db);

// What prepare_schema() does, or would do.
[[nodiscard]] Migration migrate_schema(Database& db, Migrates how);

}  // namespace uvsched::postgresql
