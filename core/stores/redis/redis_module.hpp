// The Redis store in the registry.
#pragma once

#include "core/stores/redis/redis_store.hpp"
#include "core/stores/registry/store_config.hpp"
#include "core/stores/registry/store_fields.hpp"

namespace uvsched {

// Reads "redis://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE&…" as "url", and "user", "password", "host", "port",
// "database" and "socket" beside it, "prefix" and "lease" (seconds). Throws Error(invalid) that names what is wrong,
// and what redis_driver() throws.
[[nodiscard]] RedisOptions read_redis_options(StoreFields& given);

[[nodiscard]] StoreConfig read_redis_store(StoreFields& given);

// Throws Error(unsupported) for "rediss:", as a URL with TLS begins.
void refuse_redis_with_tls(const StoreFields& given);

}  // namespace uvsched
