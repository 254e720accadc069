#include "core/config/config_keys.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/json/text.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

bool is_prefix(const std::string& key) { return key == "asyncz" || key == "uvsched"; }

// "asyncz.timezone" is "timezone".
std::string without_prefix(const std::string& key) {
    const auto dot = key.find('.');
    return dot != std::string::npos && is_prefix(key.substr(0, dot)) ? key.substr(dot + 1) : key;
}

bool has_aliases(const std::string& section) { return section == "stores" || section == "executors"; }

// "stores.my.db.type" with a text is stores / my.db / type: aliases may have dots, options have none.
std::vector<std::string> parts_of(const std::string& key, const json& value) {
    const auto first = key.find('.');
    if (first == std::string::npos) return {key};
    const std::string section = key.substr(0, first);
    const std::string rest = key.substr(first + 1);
    const auto last = rest.rfind('.');
    if (!has_aliases(section) || value.is_object() || last == std::string::npos) return {section, rest};
    return {section, rest.substr(0, last), rest.substr(last + 1)};
}

void put(json& into, const std::string& key, const json& value, const std::string& path) {
    const auto found = into.find(key);
    if (found == into.end()) {
        into[key] = value;
        return;
    }
    if (!found->is_object() || !value.is_object()) fail(Code::invalid, path + ": given twice");
    for (const auto& member : value.items()) put(*found, member.key(), member.value(), path + "." + member.key());
}

void collect(const json& given, json& out) {
    for (const auto& member : given.items()) {
        if (member.value().is_null()) continue;
        if (is_prefix(member.key()) && member.value().is_object()) {
            collect(member.value(), out);
            continue;
        }
        const std::string key = without_prefix(member.key());
        json value = member.value();
        const auto parts = parts_of(key, value);
        for (std::size_t i = parts.size(); i-- > 1;) value = json{{parts[i], std::move(value)}};
        put(out, parts.front(), value, parts.front());
    }
}

}  // namespace

json nested_config(const json& given) {
    if (!given.is_object()) fail(Code::invalid, json_excerpt(given) + " is not an object");
    json out = json::object();
    collect(given, out);
    return out;
}

}  // namespace uvsched
