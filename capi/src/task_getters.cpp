// Getters of a task handle: they show the stored task if it was added or fetched, else the members that were set.
#include <cstring>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "structs.hpp"
#include "task_draft.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

// A string that lives in the handle: of the stored definition, else of the draft.
const char* text(const char* function, const sched_task* handle, const std::string Definition::*stored,
                 std::optional<std::string> TaskDraft::*set) noexcept {
    return guarded_value(function, static_cast<const char*>(nullptr), [&] {
        const Ref<TaskObject> ref(handle, "task");
        if (ref->view) return ((*ref->view->definition).*stored).c_str();
        const auto& value = ref->draft.*set;
        return value ? value->c_str() : "";
    });
}

// A string that is made from the trigger, and kept in `made`.
template <class Make>
const char* trigger_text(const char* function, const sched_task* handle, std::string TaskObject::*made,
                         Make&& make) noexcept {
    return guarded_value(function, static_cast<const char*>(nullptr), [&] {
        const Ref<TaskObject> ref(handle, "task");
        const TriggerPtr trigger =
            ref->view ? ref->view->definition->trigger : trigger_of(ref->draft, TimeZone(), nullptr);
        (*ref).*made = trigger ? make(*trigger) : std::string();
        return ((*ref).*made).c_str();
    });
}

sched_task_info info_of(const TaskView& view) {
    sched_task_info info{};
    const Policies& policies = view.definition->policies;
    info.next_run_time = view.next_run().value_or(INT64_MAX);
    info.runs = view.state.runs;
    info.mistrigger_grace_time = policies.grace.value_or(-1);
    info.max_instances = policies.max_instances;
    info.max_catch_up = policies.max_catch_up;
    info.max_crashes = policies.max_crashes;
    info.running = view.running;
    info.coalesce = policies.coalesce ? 1 : 0;
    info.on_crash = policies.on_crash == OnCrash::mark_lost ? UVSCHED_CRASH_MARK_LOST : UVSCHED_CRASH_RERUN;
    info.paused = view.state.status == TaskStatus::paused ? 1 : 0;
    info.finished = view.state.status == TaskStatus::finished ? 1 : 0;
    info.pending = view.pending ? 1 : 0;
    return info;
}

std::uint8_t outcome_of(std::optional<AddOutcome::Result> result) noexcept {
    if (!result) return 0;
    switch (*result) {
        case AddOutcome::Result::created:
            return UVSCHED_ADD_CREATED;
        case AddOutcome::Result::unchanged:
            return UVSCHED_ADD_UNCHANGED;
        case AddOutcome::Result::replaced:
            return UVSCHED_ADD_REPLACED;
        case AddOutcome::Result::pending:
            return UVSCHED_ADD_PENDING;
    }
    return 0;
}

// Members that are not set show the engine's own defaults.
sched_task_info info_of(const TaskDraft& draft) {
    auto definition = std::make_shared<Definition>();
    definition->policies = merge(Policies(), draft.policies);
    TaskView view;
    view.definition = std::move(definition);
    if (draft.next_run_time && !*draft.next_run_time) view.state.status = TaskStatus::paused;
    if (draft.next_run_time) view.state.next_due = *draft.next_run_time;
    return info_of(view);
}

}  // namespace

const char* sched_task_id(const sched_task* task) { return text(__func__, task, &Definition::id, &TaskDraft::id); }

const char* sched_task_name(const sched_task* task) {
    return text(__func__, task, &Definition::name, &TaskDraft::name);
}

const char* sched_task_function(const sched_task* task) {
    return text(__func__, task, &Definition::function, &TaskDraft::function);
}

const char* sched_task_executor(const sched_task* task) {
    return text(__func__, task, &Definition::executor, &TaskDraft::executor);
}

const char* sched_task_arguments(const sched_task* task) {
    return text(__func__, task, &Definition::arguments, &TaskDraft::arguments);
}

const char* sched_task_store(const sched_task* task) {
    return guarded_value(__func__, static_cast<const char*>(nullptr), [&] {
        const Ref<TaskObject> ref(task, "task");
        if (ref->view) return ref->view->store.c_str();
        return ref->draft.store ? ref->draft.store->c_str() : "";
    });
}

const char* sched_task_trigger_json(const sched_task* task) {
    return trigger_text(__func__, task, &TaskObject::trigger_json,
                        [](const Trigger& trigger) { return trigger.to_json().dump(); });
}

const char* sched_task_trigger_text(const sched_task* task) {
    return trigger_text(__func__, task, &TaskObject::trigger_text,
                        [](const Trigger& trigger) { return trigger.describe(); });
}

int sched_task_get_info(sched_task_info* out, const sched_task* task) {
    return guarded(__func__, [&] {
        const Ref<TaskObject> ref(task, "task");
        sched_task_info info = ref->view ? info_of(*ref->view) : info_of(ref->draft);
        info.token = ref->draft.token.value_or(0);
        info.outcome = outcome_of(ref->outcome);
        copy_out(info, out);
    });
}
