#include "trigger_object.hpp"

#include <utility>

#include "arguments.hpp"

namespace uvsched::capi {
namespace {

std::optional<TimeZone> zone_argument(const char* text) {
    if (text == nullptr) return std::nullopt;
    const std::string name = name_argument(text, "timezone");
    try {
        return TimeZone::load(name);
    } catch (const Error& error) {
        throw Error(error.code(), "timezone: " + error.message());
    }
}

// The zone of a rule, also where the rule itself does not depend on it.
TimeZone shown_zone(const Trigger& rule, const nlohmann::json& source, const std::optional<TimeZone>& argument) {
    if (const auto own = rule.zone()) return *own;
    if (const auto named = source.find("timezone"); named != source.end() && named->is_string()) {
        return TimeZone::load(named->get<std::string>());
    }
    return argument.value_or(TimeZone());
}

}  // namespace

TriggerObject::TriggerObject(nlohmann::json given, const char* zone_name)
    : argument(zone_argument(zone_name)),
      source(std::move(given)),
      rule(trigger_from_json(source, argument.value_or(TimeZone()), "")),
      zone(shown_zone(*rule, source, argument)) {}

std::string TriggerObject::for_task() const { return (argument ? rule->to_json() : source).dump(); }

nlohmann::json cron_json(const char* expression, const char* zone_name) {
    nlohmann::json out = {{"type", "cron"}, {"expression", text_argument(expression, "expression")}};
    if (const auto zone = zone_argument(zone_name)) out["timezone"] = zone->name();
    return out;
}

}  // namespace uvsched::capi
