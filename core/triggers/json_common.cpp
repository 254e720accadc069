#include "core/triggers/json_common.hpp"

#include <nlohmann/json.hpp>

#include "core/json/span.hpp"
#include "core/time/civil.hpp"
#include "core/time/zone_name.hpp"

namespace uvsched {
namespace {

// The offset that a member's text is written with, as a zone; none if the text is naive or its offset is unknown
// ("-00:00": RFC 3339, 4.3).
std::optional<TimeZone> zone_of(JsonFields& fields, const char* key) {
    const auto text = fields.text(key);
    const auto iso = text ? parse_iso(*text) : std::nullopt;
    if (!iso || !iso->offset_seconds || text->ends_with("-00:00")) return std::nullopt;
    return TimeZone::load(offset_name(*iso->offset_seconds));
}

}  // namespace

TriggerCommon read_common(JsonFields& fields, const TimeZone& fallback) {
    TriggerCommon common;
    common.jitter = fields.seconds("jitter").value_or(0);
    const auto own = fields.zone("timezone");
    if (own) common.timezone = own->name();
    auto zone = own;
    if (!zone) zone = zone_of(fields, "start_at");
    if (!zone) zone = zone_of(fields, "end_at");
    common.zone = zone.value_or(fallback);
    common.start_at = fields.instant("start_at", common.zone);
    common.end_at = fields.instant("end_at", common.zone);
    return common;
}

void put_common(nlohmann::json& object, const TriggerCommon& common) {
    if (common.start_at) object["start_at"] = format_utc(*common.start_at);
    if (common.end_at) object["end_at"] = format_utc(*common.end_at);
    if (!common.timezone.empty()) object["timezone"] = common.timezone;
    if (common.jitter != 0) object["jitter"] = seconds_json(common.jitter);
}

std::optional<TimeZone> zone_named(const std::string& timezone) {
    return timezone.empty() ? std::nullopt : std::optional(TimeZone::load(timezone));
}

}  // namespace uvsched
