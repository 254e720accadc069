// Policies in JSON, with the names that users know and in units that operators can read.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/json/fields.hpp"
#include "core/model/policy.hpp"

namespace uvsched {

// Reads "mistrigger_grace_time" (seconds; null: none), "coalesce", "max_instances", "max_catch_up", "overlap",
// "on_crash" and "max_crashes". Throws Error(invalid) with the member's path.
[[nodiscard]] PolicyOverrides policies_from_json(JsonFields& fields);

// Adds the members that differ from Policies{}.
void policies_to_json(const Policies& policies, nlohmann::json& out);

[[nodiscard]] const char* overlap_text(Overlap overlap) noexcept;
[[nodiscard]] const char* on_crash_text(OnCrash on_crash) noexcept;

}  // namespace uvsched
