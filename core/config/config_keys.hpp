// Turns both spellings of a configuration dictionary into one: sections of nested objects.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace uvsched {

// {"asyncz.stores.default.type": "memory", "uvsched": {"timezone": "UTC"}} becomes
// {"stores": {"default": {"type": "memory"}}, "timezone": "UTC"}. Throws Error(invalid), naming the key, if a key is
// given twice. In a flat key of a store or executor, the last part is an option's name unless the value is an object or
// there is no third part; then the rest of the key is the alias. Null values are left out.
[[nodiscard]] nlohmann::json nested_config(const nlohmann::json& given);

}  // namespace uvsched
