#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/name.hpp"
#include "core/base/quote.hpp"
#include "core/config/config.hpp"
#include "core/config/config_keys.hpp"
#include "core/json/fields.hpp"
#include "core/json/span.hpp"
#include "core/json/text.hpp"
#include "core/model/policy_json.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

// Calls add(alias, value) for each member of a section that is not null.
template <class Add>
void each_alias(JsonFields& fields, const char* section, Add add) {
    const json* aliases = fields.find(section);
    if (aliases == nullptr) return;
    static_cast<void>(JsonFields(*aliases, section));  // throws unless it is an object
    for (const auto& member : aliases->items()) {
        if (!member.value().is_null()) add(member.key(), member.value());
    }
}

Policies read_defaults(const json& value) {
    JsonFields fields(value, "task_defaults", Spelling::lenient);
    const PolicyOverrides overrides = policies_from_json(fields);
    fields.refuse_others();
    return fields.within([&] { return merge(Policies(), overrides); });
}

constexpr std::pair<const char*, Undeclared> kUndeclared[] = {
    {"keep", Undeclared::keep}, {"pause", Undeclared::pause}, {"delete", Undeclared::remove}};

Undeclared read_undeclared(JsonFields& fields) {
    const auto text = fields.text("undeclared");
    if (!text) return Undeclared::keep;
    for (const auto& [word, undeclared] : kUndeclared) {
        if (*text == word) return undeclared;
    }
    fields.refuse("undeclared", in_quotes(*text) + " is not one of keep, pause, delete");
}

const char* undeclared_text(Undeclared wanted) {
    for (const auto& [word, undeclared] : kUndeclared) {
        if (undeclared == wanted) return word;
    }
    return "?";
}

json store_json(const StoreConfig& store) {
    json out = parse_json(store.options, "");
    if (!store.durable()) return out;
    out["retention_age"] = seconds_json(store.retention.age);
    out["retention_per_task"] = store.retention.per_task;
    return out;
}

}  // namespace

Config config_from_json(const std::string& text) {
    const json nested = nested_config(parse_json(text, ""));
    JsonFields fields(nested, "", Spelling::lenient);
    Config config;
    each_alias(fields, "stores",
               [&](const std::string& alias, const json& value) { config.add_store_json(alias, value); });
    each_alias(fields, "executors",
               [&](const std::string& alias, const json& value) { config.add_executor_json(alias, value); });
    if (const json* defaults = fields.find("task_defaults")) config.defaults = read_defaults(*defaults);
    if (const auto zone = fields.zone("timezone")) config.zone = zone;
    if (const auto identity = fields.text("identity")) {
        validate_text("identity", *identity);
        config.identity = *identity;
    }
    config.undeclared = read_undeclared(fields);
    fields.refuse_others();
    return config;
}

json config_json(const Config& config) {
    json out = json::object();
    for (const auto& [alias, store] : config.stores) out["stores"][alias] = store_json(store);
    for (const auto& [alias, executor] : config.executors) out["executors"][alias] = executor_json(executor);
    out["task_defaults"] = json::object();
    policies_to_json(config.defaults, out["task_defaults"]);
    if (config.zone) out["timezone"] = config.zone->name();
    if (!config.identity.empty()) out["identity"] = config.identity;
    out["undeclared"] = undeclared_text(config.undeclared);
    return out;
}

}  // namespace uvsched
