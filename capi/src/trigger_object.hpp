// TriggerObject: a rule on its own, behind a trigger handle.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/triggers/trigger.hpp"
#include "handles.hpp"

namespace uvsched::capi {

// A cron string, checked: its JSON, with `own` for its zone where there is one, and its rule, in `read_in` where there
// is none. Throws Error(invalid) as make_cron_trigger() does.
struct CronText {
    CronText(const char* expression, const std::optional<TimeZone>& own, const TimeZone& read_in);
    TimeZone zone;
    TriggerPtr rule;
    std::string json;
};

// Members are set when it is made, but for what the key changes: see sched_trigger_set_key().
struct TriggerObject final : Object {
    using Handle = sched_trigger;
    static constexpr Kind kKind = Kind::trigger;

    // `given` is the JSON that the rule was made of, `argument` the zone beside it.
    TriggerObject(TriggerPtr made, const nlohmann::json& given, const std::optional<TimeZone>& argument);
    explicit TriggerObject(const CronText& cron);

    // The rule to be asked: with its `H` settled where there is a key.
    [[nodiscard]] const Trigger& asked() const noexcept { return keyed ? *keyed : *rule; }

    const TriggerPtr rule;
    const std::string task_json;  // the rule for a task: leaves the zone open where the caller did
    const TimeZone zone;          // that its times are shown in
    TriggerPtr keyed;

    // The texts that getters gave out.
    std::mutex mutex;
    std::string json;
    std::string text;
};

// The zone of that name; nothing for NULL. Throws Error(invalid).
[[nodiscard]] std::optional<TimeZone> zone_argument(const char* name);

}  // namespace uvsched::capi
