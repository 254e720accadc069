// The registry of stores: finds a store by the scheme of its URL, by its type or by its class. No code above it names a
// store.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/stores/registry/store_config.hpp"

namespace uvsched {

// Reads the configuration of one store: a URL ("memory", "sqlite:tasks.db?synchronous=normal"), or an object with
// "type", "class" or "url", the store's own options, "retention_age" (seconds) and "retention_per_task".
//
// Every error begins with the JSON path of the fault, below `path`. Error(invalid): a wrong option or value.
// Error(not_found): no such store; the message lists the known ones. Error(unsupported): the store is known, but not
// available in this build. No message repeats a password.
[[nodiscard]] StoreConfig read_store(const nlohmann::json& given, const std::string& path);

// The libraries that the stores of this build stand on, each with the version that is loaded: "SQLite 3.40.1".
[[nodiscard]] std::string store_libraries();

}  // namespace uvsched
