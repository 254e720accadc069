// The tables, and whether the server and the database can hold them. docs/ledger.md describes them for operators.
#pragma once

#include <cstdint>
#include <string>

#include "core/stores/postgresql/database.hpp"

namespace uvsched::postgresql {

inline constexpr std::int64_t kSchemaVersion = 1;  // the version that is written
inline constexpr std::int64_t kMinReader = 1;      // the oldest version that can use it

// Creates what is missing; processes that do so at the same time wait for each other. The session is open.
// Throws Error(version) for a server that is too old or tables that need a newer uvsched, Error(corrupt) for tables of
// another program, and Error(store) if the server takes no writes, or this user may not create the tables.
void prepare_schema(Database& db);

}  // namespace uvsched::postgresql
