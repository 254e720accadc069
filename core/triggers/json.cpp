#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/time/quote.hpp"
#include "core/triggers/custom.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"
#include "core/triggers/json_fields.hpp"
#include "core/triggers/json_text.hpp"
#include "core/triggers/span_json.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

// What every scheduled trigger has; the zone that its naive times are read in.
TimeZone read_common(JsonFields& fields, const TimeZone& zone, std::string& timezone, Micros& jitter) {
    jitter = fields.seconds("jitter").value_or(0);
    const auto own = fields.zone("timezone");
    if (own) timezone = own->name();
    return own.value_or(zone);
}

TriggerPtr read_date(JsonFields& fields, const TimeZone& zone) {
    DateOptions options;
    const TimeZone own = read_common(fields, zone, options.timezone, options.jitter);
    options.run_at = fields.instant("run_at", own);
    fields.refuse_others();
    return fields.within([&] { return make_date_trigger(options); });
}

Micros read_period(JsonFields& fields) {
    struct Unit {
        const char* key;
        Micros size;
    };
    constexpr Unit kUnits[] = {{"weeks", 7 * kDay},  {"days", kDay},       {"hours", kHour},
                               {"minutes", kMinute}, {"seconds", kSecond}, {"microseconds", 1}};
    SpanSum sum;
    bool any = false;
    for (const Unit& unit : kUnits) {
        const json* value = fields.find(unit.key);
        if (value == nullptr) continue;
        if (!value->is_number()) fields.refuse(unit.key, json_excerpt(*value) + " is not a number");
        if (value->get<double>() < 0) fields.refuse(unit.key, json_excerpt(*value) + " is negative");
        if (!sum.add(*value, unit.size)) fields.refuse(unit.key, json_excerpt(*value) + " is too long an interval");
        any = any || value->get<double>() != 0;
    }
    if (!any) return kSecond;
    const auto total = sum.total();
    if (!total) fields.refuse("seconds", "with the other units, too long an interval");
    if (*total == 0) fields.refuse("seconds", "with the other units, less than half a microsecond");
    return *total;
}

TriggerPtr read_interval(JsonFields& fields, const TimeZone& zone) {
    IntervalOptions options;
    const TimeZone own = read_common(fields, zone, options.timezone, options.jitter);
    options.period = read_period(fields);
    options.start_at = fields.instant("start_at", own);
    options.end_at = fields.instant("end_at", own);
    fields.refuse_others();
    return fields.within([&] { return make_interval_trigger(options); });
}

TriggerPtr read_custom(JsonFields& fields, const TimeZone& zone) {
    CustomOptions options;
    const auto name = fields.text("name");
    if (!name) fields.refuse("name", "missing: what the trigger's function is registered as");
    options.name = *name;
    if (const json* arguments = fields.find("arguments")) options.arguments = arguments->dump();
    options.timezone = zone.name();
    const TimeZone own = read_common(fields, zone, options.timezone, options.jitter);
    options.start_at = fields.instant("start_at", own);
    options.end_at = fields.instant("end_at", own);
    fields.refuse_others();
    return fields.within([&] { return make_custom_trigger(std::move(options)); });
}

struct Type {
    const char* name;
    TriggerPtr (*read)(JsonFields&, const TimeZone&);  // none: known, but not in this build
};
constexpr Type kTypes[] = {
    {"date", read_date},   {"interval", read_interval},
    {"cron", nullptr},     {"calendar_interval", nullptr},
    {"and", nullptr},      {"or", nullptr},
    {"shutdown", nullptr}, {"custom", read_custom},
};

std::string built_types() {
    std::string list;
    for (const Type& type : kTypes) {
        if (type.read != nullptr) list += (list.empty() ? "" : ", ") + std::string(type.name);
    }
    return list;
}

}  // namespace

TriggerPtr trigger_from_json(const json& value, const TimeZone& zone, const std::string& path) {
    JsonFields fields(value, path);
    const auto name = fields.text("type");
    if (!name) fields.refuse("type", "missing (one of " + built_types() + ")");
    for (const Type& type : kTypes) {
        if (*name != type.name) continue;
        if (type.read == nullptr) {
            fail(Code::unsupported, fields.path_of("type") + ": " + in_quotes(*name) +
                                        " is not built into this version (there are " + built_types() + ")");
        }
        return type.read(fields, zone);
    }
    fields.refuse("type", in_quotes(*name) + " is not a trigger (one of " + built_types() + ")");
}

}  // namespace uvsched
