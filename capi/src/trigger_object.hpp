// TriggerObject: a rule on its own, behind a trigger handle.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/triggers/trigger.hpp"
#include "handles.hpp"

namespace uvsched::capi {

// Members are set when it is made, but for what the key changes: see sched_trigger_set_key().
struct TriggerObject final : Object {
    using Handle = sched_trigger;
    static constexpr Kind kKind = Kind::trigger;

    // Reads `given`; the zone is that of rules that name none (NULL: UTC, and not part of the rule). Throws Error.
    TriggerObject(nlohmann::json given, const char* zone_name);

    // The rule for a task: JSON that leaves the zone open where the caller did.
    [[nodiscard]] std::string for_task() const;

    // The rule to be asked: with its `H` settled where there is a key.
    [[nodiscard]] const Trigger& asked() const noexcept { return keyed ? *keyed : *rule; }

    const std::optional<TimeZone> argument;  // the zone that the caller gave
    const nlohmann::json source;
    const TriggerPtr rule;
    const TimeZone zone;  // that its times are shown in
    TriggerPtr keyed;

    // What getters gave out.
    std::mutex mutex;
    std::string json;
    std::string text;
};

// JSON of a cron string, read in that zone (NULL: not said). Throws Error(invalid) for NULL and for what is not UTF-8.
[[nodiscard]] nlohmann::json cron_json(const char* expression, const char* zone_name);

}  // namespace uvsched::capi
