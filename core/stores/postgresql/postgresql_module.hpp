// The PostgreSQL store in the registry.
#pragma once

#include "core/stores/postgresql/postgresql_store.hpp"
#include "core/stores/registry/store_config.hpp"
#include "core/stores/registry/store_fields.hpp"

namespace uvsched {

// Reads "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE&…" (or "postgres:") as "url", "user", "password",
// "host", "port" and "database" beside it, "schema", "lease" (seconds), and each parameter of libpq. Throws
// Error(invalid) that names what is wrong, and what postgresql_driver() throws.
[[nodiscard]] PostgresqlOptions read_postgresql_options(StoreFields& given);

[[nodiscard]] StoreConfig read_postgresql_store(StoreFields& given);

}  // namespace uvsched
