#include "core/config/config.hpp"

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/name.hpp"
#include "core/stores/registry/registry.hpp"

namespace uvsched {
namespace {

template <class Part>
void add_part(std::map<std::string, Part>& parts, const std::string& alias, Part part, const std::string& path) {
    if (!parts.emplace(alias, std::move(part)).second) fail(Code::already, path + ": the alias is taken");
}

}  // namespace

void Config::add_store(const std::string& alias, const std::string& url) { add_store_json(alias, url); }

void Config::add_executor(const std::string& alias, const std::string& name) { add_executor_json(alias, name); }

void Config::add_store_json(const std::string& alias, const nlohmann::json& given) {
    validate_text("store alias", alias);
    const std::string path = "stores." + alias;
    add_part(stores, alias, read_store(given, path), path);
}

void Config::add_executor_json(const std::string& alias, const nlohmann::json& given) {
    validate_text("executor alias", alias);
    const std::string path = "executors." + alias;
    add_part(executors, alias, read_executor(given, path), path);
}

}  // namespace uvsched
