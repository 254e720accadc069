#include "core/triggers/date.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/json_readers.hpp"

namespace uvsched {

TriggerPtr read_date(JsonFields& fields, const TimeZone& zone) {
    const TriggerCommon common = read_common(fields, zone);
    DateOptions options{
        .timezone = common.timezone, .jitter = common.jitter, .start_at = common.start_at, .end_at = common.end_at};
    options.run_at = fields.instant("run_at", common.timezone.empty() ? zone : common.zone);
    fields.refuse_others();
    return fields.within([&] { return make_date_trigger(options); });
}

}  // namespace uvsched
