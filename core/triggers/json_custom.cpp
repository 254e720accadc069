#include <nlohmann/json.hpp>
#include <utility>

#include "core/triggers/custom.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/json_readers.hpp"

namespace uvsched {

TriggerPtr read_custom(JsonFields& fields, const TimeZone& zone) {
    const TriggerCommon common = read_common(fields, zone);
    CustomOptions options;
    const auto name = fields.text("name");
    if (!name) fields.refuse("name", "missing; give the name that the trigger's function is registered under");
    options.name = *name;
    if (const nlohmann::json* arguments = fields.find("arguments")) options.arguments = arguments->dump();
    options.timezone = common.zone.name();
    options.start_at = common.start_at;
    options.end_at = common.end_at;
    options.jitter = common.jitter;
    fields.refuse_others();
    return fields.within([&] { return make_custom_trigger(std::move(options)); });
}

}  // namespace uvsched
