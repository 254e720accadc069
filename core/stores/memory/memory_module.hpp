// The memory store in the registry.
#pragma once

#include "core/stores/registry/store_config.hpp"
#include "core/stores/registry/store_fields.hpp"

namespace uvsched {

// Its URL is "memory", its option "history". Throws Error(invalid) that names what is wrong.
[[nodiscard]] StoreConfig read_memory_store(StoreFields& given);

}  // namespace uvsched
