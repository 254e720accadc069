// `H`: a value that is computed from a key, the same on every node, in every version and after a restart.
#pragma once

#include <string>

#include "core/triggers/cron/value_set.hpp"

namespace uvsched {

// FNV-1a over KEY NUL FIELD, then splitmix64's finaliser. Fields: second minute hour day month weekday.
[[nodiscard]] std::uint64_t cron_hash(const std::string& key, const char* field);

// The value of `H(first-last)` (step 0), or the values of `H(first-last)/step`: every step-th value from a chosen first
// one.
[[nodiscard]] CronRange hashed_range(int first, int last, int step, const std::string& key, const char* field);

}  // namespace uvsched
