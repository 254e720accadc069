#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/base/name.hpp"
#include "core/json/fields.hpp"
#include "core/json/text.hpp"
#include "core/model/policy_json.hpp"
#include "core/model/task.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

constexpr const char* kUsualExecutor = "default";

json parse_arguments(const std::string& text) {
    json arguments = parse_json(text, "arguments");
    if (!arguments.is_array() && !arguments.is_object()) {
        fail(Code::invalid, "arguments: " + json_excerpt(arguments) + " is neither an array nor an object");
    }
    return arguments;
}

Definition read_definition(const std::string& id, const json& value) {
    JsonFields fields(value, "");
    Definition out;
    out.id = id;
    out.function = fields.text("function").value_or("");
    out.name = fields.text("name").value_or(out.function);
    out.executor = fields.text("executor").value_or(kUsualExecutor);
    validate_text("function", out.function);
    validate_text("name", out.name);
    validate_text("executor", out.executor);
    if (const json* arguments = fields.find("arguments")) out.arguments = parse_arguments(arguments->dump()).dump();
    const json* trigger = fields.find("trigger");
    if (trigger == nullptr) fields.refuse("trigger", "missing");
    out.trigger = trigger_from_json(*trigger, TimeZone(), "trigger");
    out.policies = merge(Policies(), policies_from_json(fields));
    fields.refuse_others();
    return out;
}

}  // namespace

std::string canonical_json(const Definition& definition) {
    // Names in objects are in alphabetical order, so that the order in which members were given makes no difference.
    json out = {{"function", definition.function}, {"trigger", definition.trigger->to_json()}};
    if (definition.name != definition.function) out["name"] = definition.name;
    if (definition.executor != kUsualExecutor) out["executor"] = definition.executor;
    if (!definition.arguments.empty()) out["arguments"] = parse_arguments(definition.arguments);
    policies_to_json(definition.policies, out);
    return out.dump();
}

Definition definition_from_json(const std::string& id, const std::string& text) {
    try {
        return read_definition(id, parse_json(text, ""));
    } catch (const Error& error) {
        throw Error(Code::corrupt, "the definition cannot be read: " + error.message());
    }
}

std::uint64_t definition_hash(const std::string& canonical) { return splitmix(fnv1a(canonical)); }

}  // namespace uvsched
