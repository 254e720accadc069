// The name of a store, which its database keeps: a copy of it is the same store, and no other is.
#pragma once

#include <cstdint>
#include <string>

namespace uvsched {

// A random (version 4) UUID.
[[nodiscard]] std::string new_uuid();

// The two halves of the UUID, folded: for fire ids.
[[nodiscard]] std::uint64_t hash_of_uuid(const std::string& uuid);

}  // namespace uvsched
