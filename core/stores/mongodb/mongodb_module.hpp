// The MongoDB store in the registry.
#pragma once

#include "core/stores/mongodb/mongodb_store.hpp"
#include "core/stores/registry/store_config.hpp"
#include "core/stores/registry/store_fields.hpp"

namespace uvsched {

// Reads "mongodb://USER:PASSWORD@HOST:PORT,…/DATABASE?OPTION=VALUE&…" as "url", and "user", "password", "host", "port"
// and "database" beside it, "collection", "lease" (seconds), and options of the client library by their names. Throws
// Error(invalid) that names what is wrong, and what mongodb_driver() throws.
[[nodiscard]] MongodbOptions read_mongodb_options(StoreFields& given);

[[nodiscard]] StoreConfig read_mongodb_store(StoreFields& given);

// Throws Error(unsupported) for "mongodb+srv:", as a URL begins whose hosts a name server knows.
void refuse_mongodb_by_name_server(const StoreFields& given);

}  // namespace uvsched
