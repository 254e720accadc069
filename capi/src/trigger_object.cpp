#include "trigger_object.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "arguments.hpp"
#include "core/triggers/cron.hpp"

namespace uvsched::capi {
namespace {

// The zone of a rule, also where the rule itself does not depend on it.
TimeZone shown_zone(const Trigger& rule, const nlohmann::json& given, const std::optional<TimeZone>& argument) {
    if (const auto own = rule.zone()) return *own;
    if (const auto named = given.find("timezone"); named != given.end() && named->is_string()) {
        return TimeZone::load(named->get<std::string>());
    }
    return argument ? *argument : TimeZone::local();
}

}  // namespace

TriggerObject::TriggerObject(TriggerPtr made, const nlohmann::json& given, const std::optional<TimeZone>& argument)
    : rule(std::move(made)),
      task_json((argument ? rule->to_json() : given).dump()),
      zone(shown_zone(*rule, given, argument)) {}

TriggerObject::TriggerObject(const CronText& cron) : rule(cron.rule), task_json(cron.json), zone(cron.zone) {}

std::optional<TimeZone> zone_argument(const char* name) {
    if (name == nullptr) return std::nullopt;
    const std::string text = name_argument(name, "timezone");
    try {
        return TimeZone::load(text);
    } catch (const Error& error) {
        throw Error(error.code(), "timezone: " + error.message());
    }
}

CronText::CronText(const char* expression, const std::optional<TimeZone>& own, const TimeZone& read_in)
    : zone(own.value_or(read_in)) {
    nlohmann::json members = {{"type", "cron"}, {"expression", text_argument(expression, "expression")}};
    rule = make_cron_trigger({.expression = expression, .zone = zone});
    if (own) members["timezone"] = zone.name();
    json = members.dump();
}

}  // namespace uvsched::capi
