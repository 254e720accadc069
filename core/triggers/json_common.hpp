// What all triggers but shutdown have in common in their JSON: timezone, jitter, start_at, end_at.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/time/zone.hpp"
#include "core/triggers/json_fields.hpp"

namespace uvsched {

struct TriggerCommon {
    std::string timezone{};  // as spelt; empty: none was given
    TimeZone zone{};  // of the rule: the given one, else that of start_at (its offset), else of end_at, else another
    Micros jitter = 0;
    std::optional<Instant> start_at{};
    std::optional<Instant> end_at{};
};

// Reads the four. Naive times are read in the rule's zone, which is `fallback` where nothing says one.
[[nodiscard]] TriggerCommon read_common(JsonFields& fields, const TimeZone& fallback);

// Writes them: the zone as `timezone` spells it, times in UTC; what is absent or 0 is left out.
void put_common(nlohmann::json& object, const TriggerCommon& common);

// The zone that `timezone` spells; nothing where it is empty. Throws Error(invalid) where its data is gone.
[[nodiscard]] std::optional<TimeZone> zone_named(const std::string& timezone);

}  // namespace uvsched
