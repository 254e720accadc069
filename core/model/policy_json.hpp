// Policies in JSON: under the names that users know, in units that an operator can read.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/model/policy.hpp"
#include "core/triggers/json_fields.hpp"

namespace uvsched {

// Reads "mistrigger_grace_time" (seconds; null: none), "coalesce", "max_instances", "max_catch_up", "overlap",
// "on_crash" and "max_crashes". Throws Error(invalid) with the member's path.
[[nodiscard]] PolicyOverrides policies_from_json(JsonFields& fields);

// Puts those in that are not as Policies{} has them.
void policies_to_json(const Policies& policies, nlohmann::json& out);

[[nodiscard]] const char* overlap_text(Overlap overlap) noexcept;
[[nodiscard]] const char* on_crash_text(OnCrash on_crash) noexcept;

}  // namespace uvsched
