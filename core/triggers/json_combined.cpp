#include <nlohmann/json.hpp>

#include "core/json/text.hpp"
#include "core/triggers/combine.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/json_readers.hpp"

namespace uvsched {
namespace {

// Children without a zone are read in their parent's zone.
CombineOptions read_options(JsonFields& fields, const TimeZone& zone) {
    const TriggerCommon common = read_common(fields, zone);
    const nlohmann::json* children = fields.find("triggers");
    fields.refuse_others();
    if (children == nullptr) fields.refuse("triggers", "missing; give an array of triggers");
    if (!children->is_array()) fields.refuse("triggers", json_excerpt(*children) + " is not an array of triggers");
    CombineOptions options{.triggers = {},
                           .timezone = common.timezone,
                           .jitter = common.jitter,
                           .start_at = common.start_at,
                           .end_at = common.end_at};
    for (std::size_t i = 0; i < children->size(); ++i) {
        const std::string path = fields.path_of("triggers[" + std::to_string(i) + "]");
        options.triggers.push_back(trigger_from_json((*children)[i], common.zone, path));
    }
    return options;
}

}  // namespace

TriggerPtr read_and(JsonFields& fields, const TimeZone& zone) {
    const CombineOptions options = read_options(fields, zone);
    return fields.within([&] { return make_and_trigger(options); });
}

TriggerPtr read_or(JsonFields& fields, const TimeZone& zone) {
    const CombineOptions options = read_options(fields, zone);
    return fields.within([&] { return make_or_trigger(options); });
}

}  // namespace uvsched
