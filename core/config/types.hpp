// The store and executor types that a configuration can name, in all their spellings.
#pragma once

#include <string>

#include "core/config/config.hpp"

namespace uvsched {

// A type name ("sqlite", "pool"), or a class of asyncz or uvsched ("asyncz.stores.memory:MemoryStore"). Throws
// Error(invalid) for an unknown one and Error(unsupported) for one that is known but not in this build; `path` begins
// the message.
[[nodiscard]] StoreType store_type(const std::string& name, const std::string& path);
[[nodiscard]] ExecutorType executor_type(const std::string& name, const std::string& path);

}  // namespace uvsched
