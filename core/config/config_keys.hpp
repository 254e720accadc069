// Brings the spellings of a configuration dictionary into one: sections of nested objects.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace uvsched {

// {"asyncz.stores.default.type": "memory", "uvsched": {"timezone": "UTC"}} becomes
// {"stores": {"default": {"type": "memory"}}, "timezone": "UTC"}. Throws Error(invalid) with the key for one that is
// given twice. In a flat key of a store or executor, the last part is an option's name where the value is not an
// object, and where there is no third part the whole is the alias. Null values are left out.
[[nodiscard]] nlohmann::json nested_config(const nlohmann::json& given);

}  // namespace uvsched
