// The SQLite store in the registry.
#pragma once

#include <string>

#include "core/stores/registry/store_config.hpp"
#include "core/stores/registry/store_fields.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"

namespace uvsched {

// Reads "sqlite:PATH", "sqlite:///RELATIVE" or "sqlite:////ABSOLUTE" as "url", "database" or "path", or a path alone,
// "synchronous" (full, normal) and "lease" (seconds). Throws Error(invalid) that names what is wrong.
[[nodiscard]] SqliteOptions read_sqlite_options(StoreFields& given);

// The same, and "on_file_lost" (stop, reopen).
[[nodiscard]] StoreConfig read_sqlite_store(StoreFields& given);

// "SQLite 3.40.1": the version that is loaded.
[[nodiscard]] std::string sqlite_library();

}  // namespace uvsched
