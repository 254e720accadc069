#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "core/config/config_keys.hpp"
#include "core/config/types.hpp"
#include "core/model/policy_json.hpp"
#include "core/model/task.hpp"
#include "core/triggers/json_fields.hpp"
#include "core/triggers/json_text.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

// What "type", or asyncz's "class", names; `look_up` gets the text and the path.
template <class LookUp>
auto read_type(JsonFields& fields, LookUp look_up) {
    const auto type = fields.text("type");
    const auto class_name = fields.text("class");
    if (type && class_name) fields.refuse("class", "given together with type; one of them is enough");
    if (!type && !class_name) fields.refuse("type", "missing");
    return type ? look_up(*type, fields.path_of("type")) : look_up(*class_name, fields.path_of("class"));
}

std::string sqlite_url(JsonFields& fields) {
    constexpr const char* kKeys[] = {"url", "database", "path"};
    std::string url;
    for (const char* key : kKeys) {
        const auto text = fields.text(key);
        if (!text) continue;
        if (!url.empty()) fields.refuse(key, "given twice; one of url, database and path is enough");
        const bool is_url = text->starts_with("sqlite:");
        if (!is_url && text->find('?') != std::string::npos) {
            fields.refuse(key, "a file name with \"?\" cannot be opened; choose another name");
        }
        url = is_url ? *text : "sqlite:" + *text;
    }
    if (url.empty()) fields.refuse("url", "missing (\"sqlite:PATH\", or a path under \"database\")");
    return url;
}

void read_retention(JsonFields& fields, StoreConfig& store) {
    constexpr std::int64_t kMaxHistory = 100'000'000;
    store.retention.age = fields.seconds("retention_age").value_or(store.retention.age);
    store.retention.per_task = fields.integer("retention_per_task", 0, INT64_MAX).value_or(store.retention.per_task);
    if (store.type != StoreType::memory) return;
    if (const auto size = fields.integer("history", 0, kMaxHistory)) store.history = static_cast<std::size_t>(*size);
}

void read_store(Config& config, const std::string& alias, const json& value, const std::string& path) {
    if (value.is_string()) return config.add_store(alias, value.get<std::string>());
    JsonFields fields(value, path, Spelling::lenient);
    const StoreType type = read_type(fields, store_type);
    config.add_store(alias, type == StoreType::sqlite ? sqlite_url(fields) : "memory");
    read_retention(fields, config.stores.at(alias));
    fields.refuse_others();
}

void read_executor(Config& config, const std::string& alias, const json& value, const std::string& path) {
    if (value.is_string()) return config.add_executor(alias, value.get<std::string>());
    JsonFields fields(value, path, Spelling::lenient);
    ExecutorConfig executor;
    executor.type = read_type(fields, executor_type);
    if (executor.type == ExecutorType::thread_pool) {
        const auto threads = fields.integer("max_workers", 1, 1024);
        if (threads) executor.threads = static_cast<std::uint32_t>(*threads);
    }
    fields.refuse_others();
    validate_text("executor alias", alias);
    config.executors.emplace(alias, executor);
}

// Calls read(alias, value, path) for each member of a section.
template <class Read>
void each_alias(JsonFields& fields, const char* section, Read read) {
    const json* aliases = fields.find(section);
    if (aliases == nullptr) return;
    const JsonFields checked(*aliases, section);
    for (const auto& member : aliases->items()) {
        if (!member.value().is_null()) read(member.key(), member.value(), checked.path_of(member.key()));
    }
}

Policies read_defaults(const json& value) {
    JsonFields fields(value, "task_defaults", Spelling::lenient);
    const PolicyOverrides overrides = policies_from_json(fields);
    fields.refuse_others();
    return fields.within([&] { return merge(Policies(), overrides); });
}

}  // namespace

Config config_from_json(const std::string& text) {
    const json nested = nested_config(parse_json(text, ""));
    JsonFields fields(nested, "", Spelling::lenient);
    Config config;
    each_alias(fields, "stores", [&](const std::string& alias, const json& value, const std::string& path) {
        read_store(config, alias, value, path);
    });
    each_alias(fields, "executors", [&](const std::string& alias, const json& value, const std::string& path) {
        read_executor(config, alias, value, path);
    });
    if (const json* defaults = fields.find("task_defaults")) config.defaults = read_defaults(*defaults);
    if (const auto zone = fields.zone("timezone")) config.zone = *zone;
    if (const auto identity = fields.text("identity")) {
        validate_text("identity", *identity);
        config.identity = *identity;
    }
    fields.refuse_others();
    return config;
}

}  // namespace uvsched
