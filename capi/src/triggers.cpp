#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "arguments.hpp"
#include "core/json/text.hpp"
#include "structs.hpp"
#include "trigger_object.hpp"

using namespace uvsched;
using namespace uvsched::capi;

static_assert(static_cast<int>(Why::match) == UVSCHED_WHY_MATCH && static_cast<int>(Why::gap) == UVSCHED_WHY_GAP);
static_assert(static_cast<int>(Why::first_pass) == UVSCHED_WHY_FIRST_PASS);
static_assert(static_cast<int>(Why::second_pass) == UVSCHED_WHY_SECOND_PASS);

namespace {

// Local clocks were never set by more than a day since 1970, so farther from a change than this there is no reason but
// a match.
constexpr Micros kReach = 25 * kHour;

// Fills in what a caller wants to know of each time.
class Describer {
public:
    Describer(const TriggerObject& of, Instant anchor)
        : rule_(of.asked()),
          zone_(of.zone),
          anchor_(anchor),
          own_zone_(rule_.kind() == TriggerKind::cron || rule_.kind() == TriggerKind::calendar) {}

    [[nodiscard]] sched_time operator()(Instant time) {
        if (time < stretch_.begin || time >= stretch_.end) enter(time);
        const bool calm = own_zone_ && time >= calm_from_ && time < calm_until_;
        const Why why = calm ? Why::match : rule_.why(time, anchor_);
        return {time, static_cast<std::int32_t>(stretch_.offset / kSecond), static_cast<std::int32_t>(why)};
    }

private:
    void enter(Instant time) {
        stretch_ = zone_.segment(time);
        calm_from_ = saturating_add(stretch_.begin, kReach);
        calm_until_ = saturating_sub(stretch_.end, kReach);
    }

    const Trigger& rule_;
    const TimeZone& zone_;
    const Instant anchor_;
    const bool own_zone_;  // the rule is read in the zone that is shown, and in no other
    ZoneSegment stretch_{0, 0, 0};
    Instant calm_from_ = 0;
    Instant calm_until_ = 0;
};

// Asks step(rule, from) again and again, each time from the answer before.
template <class Step>
int list_times(const char* function, sched_time* out, size_t capacity, size_t* count, const sched_trigger* trigger,
               Instant from, Step&& step) noexcept {
    return guarded(function, [&] {
        const Ref<TriggerObject> ref(trigger, "trigger");
        not_null(count, "count");
        if (capacity > 0) not_null(out, "out");
        const Trigger& rule = ref->asked();
        Describer describe(*ref, from);
        std::size_t found = 0;
        for (Instant at = from; found < capacity; ++found) {
            const std::optional<Instant> time = step(rule, at);
            if (!time) break;
            at = *time;
            out[found] = describe(at);
        }
        *count = found;
    });
}

// The fields that were given, by name.
nlohmann::json fields_json(const sched_cron_fields* given) {
    const sched_cron_fields fields = copy_in(given, "fields");
    const std::array<std::pair<const char*, const char*>, 8> members = {{
        {"year", fields.year},
        {"month", fields.month},
        {"day", fields.day},
        {"week", fields.week},
        {"day_of_week", fields.day_of_week},
        {"hour", fields.hour},
        {"minute", fields.minute},
        {"second", fields.second},
    }};
    nlohmann::json out = {{"type", "cron"}};
    for (const auto& [name, text] : members) {
        if (text != nullptr) out[name] = text_argument(text, name);
    }
    return out;
}

// Makes a handle; json() gives what its rule is read from.
template <class Json>
int make_trigger(const char* function, sched_trigger** out, const char* zone_name, Json&& json) noexcept {
    return guarded(function, [&] {
        not_null(out, "out");
        const auto zone = zone_argument(zone_name);
        const nlohmann::json given = json();
        TriggerPtr rule = trigger_from_json(given, zone ? *zone : TimeZone::local(), "");
        *out = new_handle(std::make_unique<TriggerObject>(std::move(rule), given, zone));
    });
}

// A string that is made when it is first asked for, and lives in the handle.
template <class Make>
const char* made_text(const char* function, const sched_trigger* trigger, std::string TriggerObject::*member,
                      Make&& make) noexcept {
    return guarded_value(function, static_cast<const char*>(nullptr), [&] {
        const Ref<TriggerObject> ref(trigger, "trigger");
        const std::lock_guard lock(ref->mutex);
        std::string& made = (*ref).*member;
        if (made.empty()) made = make(ref->asked());
        return made.c_str();
    });
}

}  // namespace

int sched_trigger_from_cron(sched_trigger** out, const char* expression, const char* zone) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const auto own = zone_argument(zone);
        *out = new_handle(std::make_unique<TriggerObject>(CronText(expression, own, own ? *own : TimeZone::local())));
    });
}

int sched_trigger_from_json(sched_trigger** out, const char* json, const char* zone) {
    return make_trigger(__func__, out, zone, [&] { return parse_json(not_null(json, "json"), "json"); });
}

int sched_trigger_from_fields(sched_trigger** out, const sched_cron_fields* fields, const char* zone) {
    return make_trigger(__func__, out, zone, [&] { return fields_json(fields); });
}

void sched_trigger_free(sched_trigger* trigger) { free_handle<TriggerObject>(__func__, trigger, "trigger"); }

int sched_trigger_next(sched_time* out, size_t capacity, size_t* count, const sched_trigger* trigger, int64_t after) {
    return list_times(__func__, out, capacity, count, trigger, after,
                      [after](const Trigger& rule, Instant at) { return rule.next(at, after); });
}

int sched_trigger_previous(sched_time* out, size_t capacity, size_t* count, const sched_trigger* trigger,
                           int64_t before) {
    return list_times(__func__, out, capacity, count, trigger, before,
                      [before](const Trigger& rule, Instant at) { return rule.previous(at, before); });
}

int sched_trigger_offset(sched_offset* out, const sched_trigger* trigger, int64_t instant) {
    return guarded(__func__, [&] {
        const Ref<TriggerObject> ref(trigger, "trigger");
        const ZoneSegment stretch = ref->zone.segment(instant);
        *not_null(out, "out") = {stretch.begin, stretch.end, static_cast<std::int32_t>(stretch.offset / kSecond), 0};
    });
}

int sched_trigger_set_key(sched_trigger* trigger, const char* key) {
    return guarded(__func__, [&] {
        const Ref<TriggerObject> ref(trigger, "trigger");
        ref->keyed = ref->rule->with_key(name_argument(key, "key"));
        const std::lock_guard lock(ref->mutex);
        ref->json.clear();
        ref->text.clear();
    });
}

const char* sched_trigger_json(const sched_trigger* trigger) {
    return made_text(__func__, trigger, &TriggerObject::json,
                     [](const Trigger& rule) { return rule.to_json().dump(); });
}

const char* sched_trigger_text(const sched_trigger* trigger) {
    return made_text(__func__, trigger, &TriggerObject::text, [](const Trigger& rule) { return rule.describe(); });
}
