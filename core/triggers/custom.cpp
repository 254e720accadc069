#include "core/triggers/custom.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/name.hpp"
#include "core/json/text.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/text.hpp"

namespace uvsched {

CustomTrigger::CustomTrigger(CustomOptions options) : options_(std::move(options)) {
    if (options_.name.empty())
        fail(Code::invalid, "name: empty; give the name that the trigger's function is registered under");
    validate_text("name", options_.name);
    check_jitter(options_.jitter);
    if (!options_.arguments.empty()) {
        const nlohmann::json arguments = parse_json(options_.arguments, "arguments");
        options_.arguments = arguments.is_null() ? std::string() : arguments.dump();
    }
    check_window(options_.start_at, options_.end_at);
    try {
        zone_ = TimeZone::load(options_.timezone);
    } catch (const Error& error) {
        throw Error(error.code(), "timezone: " + error.message());
    }
}

std::optional<Instant> CustomTrigger::next(Instant, Instant) const { return std::nullopt; }

std::optional<Instant> CustomTrigger::previous(Instant, Instant) const { return std::nullopt; }

nlohmann::json CustomTrigger::to_json() const {
    nlohmann::json out = {{"type", "custom"}, {"name", options_.name}};
    if (!options_.arguments.empty()) out["arguments"] = nlohmann::json::parse(options_.arguments);
    put_common(out, {.timezone = options_.timezone,
                     .zone = {},
                     .jitter = options_.jitter,
                     .start_at = options_.start_at,
                     .end_at = options_.end_at});
    return out;
}

std::string CustomTrigger::describe() const {
    std::string out = "custom " + options_.name;
    if (!options_.arguments.empty()) out += " with " + json_excerpt(nlohmann::json::parse(options_.arguments));
    return out + window_text(options_.start_at, options_.end_at) + jitter_text(options_.jitter) +
           zone_text(options_.timezone);
}

TriggerPtr make_custom_trigger(CustomOptions options) { return std::make_shared<CustomTrigger>(std::move(options)); }

std::string_view custom_name(const Trigger& trigger) noexcept {
    if (trigger.kind() != TriggerKind::custom) return {};
    return static_cast<const CustomTrigger&>(trigger).name();
}

}  // namespace uvsched
