#include "task_draft.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/json/span.hpp"
#include "core/json/text.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"

namespace uvsched::capi {
namespace {

TriggerPtr date_trigger(const TaskDraft& draft, std::optional<Instant> run_at) {
    return make_date_trigger({.run_at = run_at,
                              .timezone = draft.timezone.value_or(""),
                              .jitter = draft.jitter.value_or(0),
                              .start_at = draft.start_at,
                              .end_at = draft.end_at});
}

TriggerPtr interval_trigger(const TaskDraft& draft) {
    return make_interval_trigger({.period = draft.period,
                                  .start_at = draft.start_at,
                                  .end_at = draft.end_at,
                                  .timezone = draft.timezone.value_or(""),
                                  .jitter = draft.jitter.value_or(0)});
}

// An instant that says nothing of a zone: RFC 3339 (4.3) writes its offset as "-00:00".
std::string zoneless(Instant instant) {
    std::string text = format_utc(instant);
    return text.replace(text.size() - 1, 1, "-00:00");
}

// The members set apart win over those in the JSON.
TriggerPtr json_trigger(const TaskDraft& draft, nlohmann::json value, const TimeZone& zone) {
    if (value.is_object()) {
        if (draft.start_at) value["start_at"] = zoneless(*draft.start_at);
        if (draft.end_at) value["end_at"] = zoneless(*draft.end_at);
        if (draft.jitter) value["jitter"] = seconds_json(*draft.jitter);
        if (draft.timezone) value["timezone"] = *draft.timezone;
    }
    return trigger_from_json(value, zone, "trigger");
}

std::function<void()> release_of(const TaskDraft& draft) {
    if (!draft.token) return {};
    return [queue = draft.token_queue, token = *draft.token] { queue->push_release(token); };
}

}  // namespace

TaskDraft draft_of(const TaskView& view) {
    const Definition& definition = *view.definition;
    TaskDraft draft;
    draft.id = definition.id;
    draft.name = definition.name;
    draft.function = definition.function;
    draft.store = view.store;
    draft.executor = definition.executor;
    draft.arguments = definition.arguments;
    draft.shape = TaskDraft::Shape::json;
    draft.trigger_json = definition.trigger->to_json().dump();
    const Policies& policies = definition.policies;
    draft.policies = {.grace = policies.grace,
                      .coalesce = policies.coalesce,
                      .max_instances = policies.max_instances,
                      .max_catch_up = policies.max_catch_up,
                      .overlap = policies.overlap,
                      .on_crash = policies.on_crash,
                      .max_crashes = policies.max_crashes};
    if (view.state.status == TaskStatus::paused) draft.next_run_time = std::optional<Instant>();
    return draft;
}

TriggerPtr trigger_of(const TaskDraft& draft, const TimeZone& zone, const Trigger* present) {
    switch (draft.shape) {
        case TaskDraft::Shape::date:
            return date_trigger(draft, draft.date);
        case TaskDraft::Shape::interval:
            return interval_trigger(draft);
        case TaskDraft::Shape::json:
            return json_trigger(draft, parse_json(draft.trigger_json, "trigger"), zone);
        case TaskDraft::Shape::none:
            break;
    }
    if (!draft.has_trigger_members()) return nullptr;
    return present == nullptr ? date_trigger(draft, std::nullopt) : json_trigger(draft, present->to_json(), zone);
}

TaskSpec spec_of(const TaskDraft& draft, const TimeZone& zone) {
    TaskSpec spec;
    spec.id = draft.id.value_or("");
    spec.name = draft.name.value_or("");
    if (!draft.function) fail(Code::invalid, "function: not set");
    spec.function = *draft.function;
    spec.arguments = draft.arguments.value_or("");
    spec.executor = draft.executor.value_or("default");
    spec.store = draft.store.value_or("default");
    spec.trigger = trigger_of(draft, zone, nullptr);
    spec.policies = draft.policies;
    spec.next_run_time = draft.next_run_time;
    spec.token = draft.token.value_or(0);
    spec.release = release_of(draft);
    spec.local_function = draft.local;
    return spec;
}

TaskChanges changes_of(const TaskDraft& draft, const TimeZone& zone, const Trigger* present) {
    TaskChanges changes;
    changes.name = draft.name;
    changes.executor = draft.executor;
    changes.arguments = draft.arguments;
    changes.function = draft.function;
    changes.trigger = trigger_of(draft, zone, present);
    changes.policies = draft.policies;
    changes.next_run_time = draft.next_run_time;
    changes.token = draft.token;
    changes.release = release_of(draft);
    return changes;
}

TaskDraft& TaskObject::edit() {
    if (fetched) draft = draft_of(*view);
    fetched = false;
    view.reset();
    outcome.reset();
    return draft;
}

sched_task* new_task(TaskView view) {
    auto object = std::make_unique<TaskObject>();
    object->view = std::move(view);
    object->fetched = true;
    return new_handle(std::move(object));
}

}  // namespace uvsched::capi
