#include <nlohmann/json.hpp>

#include "core/json/span.hpp"
#include "core/json/text.hpp"
#include "core/triggers/interval.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/json_readers.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

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
    fields.refuse_others();  // before a wrong unit is taken for none
    if (!any) fields.refuse("seconds", "an interval needs a number above 0 of weeks, days, hours, minutes or seconds");
    const auto total = sum.total();
    if (!total) fields.refuse("seconds", "together with the other units, the interval is too long");
    if (*total == 0)
        fields.refuse("seconds", "together with the other units, the interval is less than half a microsecond");
    return *total;
}

}  // namespace

TriggerPtr read_interval(JsonFields& fields, const TimeZone& zone) {
    const TriggerCommon common = read_common(fields, zone);
    const IntervalOptions options{.period = read_period(fields),
                                  .start_at = common.start_at,
                                  .end_at = common.end_at,
                                  .timezone = common.timezone,
                                  .jitter = common.jitter};
    return fields.within([&] { return make_interval_trigger(options); });
}

}  // namespace uvsched
