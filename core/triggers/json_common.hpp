// The members that the JSON of all triggers except shutdown has: timezone, jitter, start_at, end_at.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/json/fields.hpp"
#include "core/time/zone.hpp"

namespace uvsched {

struct TriggerCommon {
    std::string timezone{};  // as spelt; empty: none was given
    TimeZone zone{};         // the rule's: `timezone`, else the offset of start_at, else of end_at, else the fallback
    Micros jitter = 0;
    std::optional<Instant> start_at{};
    std::optional<Instant> end_at{};
};

// Reads the four members. Naive times are read in the rule's zone, which is `fallback` if no member names a zone.
[[nodiscard]] TriggerCommon read_common(JsonFields& fields, const TimeZone& fallback);

// Writes the four members: the zone as spelt in `timezone`, times in UTC. Leaves out members that are absent or 0.
void put_common(nlohmann::json& object, const TriggerCommon& common);

// The zone that `timezone` names; nullopt if it is empty. Throws Error(invalid) if the zone's data is gone.
[[nodiscard]] std::optional<TimeZone> zone_named(const std::string& timezone);

}  // namespace uvsched
