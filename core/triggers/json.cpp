#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/triggers/json_readers.hpp"

namespace uvsched {
namespace {

struct Type {
    const char* name;
    TriggerPtr (*read)(JsonFields&, const TimeZone&);
};
constexpr Type kTypes[] = {
    {"date", read_date},         {"interval", read_interval},
    {"cron", read_cron},         {"calendar_interval", read_calendar},
    {"and", read_and},           {"or", read_or},
    {"shutdown", read_shutdown}, {"custom", read_custom},
};

std::string all_types() {
    std::string list;
    for (const Type& type : kTypes) list += (list.empty() ? "" : ", ") + std::string(type.name);
    return list;
}

}  // namespace

TriggerPtr trigger_from_json(const nlohmann::json& value, const TimeZone& zone, const std::string& path) {
    JsonFields fields(value, path);
    const auto name = fields.text("type");
    if (!name) fields.refuse("type", "missing (one of " + all_types() + ")");
    for (const Type& type : kTypes) {
        if (*name == type.name) return type.read(fields, zone);
    }
    fields.refuse("type", in_quotes(*name) + " is not a trigger (one of " + all_types() + ")");
}

}  // namespace uvsched
