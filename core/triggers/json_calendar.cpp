#include "core/base/quote.hpp"
#include "core/triggers/calendar.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/json_readers.hpp"

namespace uvsched {

TriggerPtr read_calendar(JsonFields& fields, const TimeZone& zone) {
    const TriggerCommon common = read_common(fields, zone);
    const auto number = [&fields](const char* key, std::int64_t most) {
        return fields.integer(key, 0, most).value_or(0);
    };
    CalendarOptions options;
    options.years = number("years", kMaxCalendarStep);
    options.months = number("months", kMaxCalendarStep);
    options.weeks = number("weeks", kMaxCalendarStep);
    options.days = number("days", kMaxCalendarStep);
    options.hour = number("hour", 23);
    options.minute = number("minute", 59);
    options.second = number("second", 59);
    options.zone = common.zone;
    options.start_at = common.start_at;
    options.end_at = common.end_at;
    options.jitter = common.jitter;
    const auto gap = fields.text("gap");
    if (gap && *gap != "run_at_end" && *gap != "skip") {
        fields.refuse("gap", in_quotes(*gap) + " is neither \"run_at_end\" nor \"skip\"");
    }
    if (gap && *gap == "skip") options.gap = CronGap::skip;
    fields.refuse_others();
    return fields.within([&] { return make_calendar_trigger(options); });
}

}  // namespace uvsched
