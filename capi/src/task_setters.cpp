// Task handles: making them, and what can be set on them.
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "core/json/text.hpp"
#include "core/triggers/interval.hpp"
#include "task_draft.hpp"
#include "trigger_object.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

// Runs a setter: `make` checks the argument before anything changes, and gives what `put` puts into the draft.
template <class Make, class Put>
int set(const char* function, sched_task* handle, Make&& make, Put&& put) noexcept {
    return guarded(function, [&] {
        const Ref<TaskObject> ref(handle, "task");
        auto value = make();
        put(ref->edit(), std::move(value));
    });
}

template <class Member>
int set_name(const char* function, sched_task* handle, Member TaskDraft::*member, const char* text,
             const char* argument) noexcept {
    return set(
        function, handle, [&] { return name_argument(text, argument); },
        [&](TaskDraft& draft, std::string&& value) { draft.*member = std::move(value); });
}

template <class Value, class Make>
int set_policy(const char* function, sched_task* handle, std::optional<Value> PolicyOverrides::*member,
               Make&& make) noexcept {
    return set(function, handle, make, [&](TaskDraft& draft, const Value& value) { draft.policies.*member = value; });
}

int set_instant(const char* function, sched_task* handle, std::optional<Instant> TaskDraft::*member,
                Instant instant) noexcept {
    return set(
        function, handle, [&] { return instant; }, [&](TaskDraft& draft, Instant value) { draft.*member = value; });
}

void put_json(TaskDraft& draft, std::string text) {
    draft.shape = TaskDraft::Shape::json;
    draft.trigger_json = std::move(text);
}

std::string arguments_text(const char* json) {
    if (json == nullptr) return {};
    const nlohmann::json value = parse_json(json, "arguments");
    if (!value.is_array() && !value.is_object()) {
        fail(Code::invalid, "arguments: " + json_excerpt(value) + " is neither an array nor an object");
    }
    return json;
}

}  // namespace

int sched_task_new(sched_task** out, const char* function) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        auto object = std::make_unique<TaskObject>();
        if (function != nullptr) object->draft.function = name_argument(function, "function");
        *out = new_handle(std::move(object));
    });
}

void sched_task_free(sched_task* task) { free_handle<TaskObject>(__func__, task, "task"); }

int sched_task_set_function(sched_task* task, const char* function) {
    return set_name(__func__, task, &TaskDraft::function, function, "function");
}

int sched_task_set_id(sched_task* task, const char* id) { return set_name(__func__, task, &TaskDraft::id, id, "id"); }

int sched_task_set_name(sched_task* task, const char* name) {
    return set_name(__func__, task, &TaskDraft::name, name, "name");
}

int sched_task_set_store(sched_task* task, const char* alias) {
    return set_name(__func__, task, &TaskDraft::store, alias, "alias");
}

int sched_task_set_executor(sched_task* task, const char* alias) {
    return set_name(__func__, task, &TaskDraft::executor, alias, "alias");
}

int sched_task_set_arguments(sched_task* task, const char* json) {
    return set(
        __func__, task, [&] { return arguments_text(json); },
        [](TaskDraft& draft, std::string text) { draft.arguments = std::move(text); });
}

int sched_task_set_date(sched_task* task, int64_t instant) {
    return set(
        __func__, task, [&] { return instant; },
        [](TaskDraft& draft, Instant date) {
            draft.shape = TaskDraft::Shape::date;
            draft.date = date;
        });
}

int sched_task_set_interval(sched_task* task, int64_t microseconds) {
    return set(
        __func__, task,
        [&] {
            check_period(microseconds);
            return microseconds;
        },
        [](TaskDraft& draft, Micros period) {
            draft.shape = TaskDraft::Shape::interval;
            draft.period = period;
        });
}

int sched_task_set_cron(sched_task* task, const char* expression, const char* zone) {
    return set(
        __func__, task, [&] { return CronText(expression, zone_argument(zone), TimeZone()).json; },
        [zone](TaskDraft& draft, std::string text) {
            put_json(draft, std::move(text));
            if (zone != nullptr) draft.timezone.reset();  // the last one that was named counts
        });
}

int sched_task_set_trigger(sched_task* task, const sched_trigger* trigger) {
    return set(
        __func__, task, [&] { return Ref<TriggerObject>(trigger, "trigger")->task_json; }, put_json);
}

int sched_task_set_custom_trigger(sched_task* task, const char* name, const char* arguments) {
    return set(
        __func__, task,
        [&] {
            nlohmann::json trigger = {{"type", "custom"}, {"name", name_argument(name, "name")}};
            if (arguments != nullptr) trigger["arguments"] = parse_json(arguments, "arguments");
            return trigger.dump();
        },
        put_json);
}

int sched_task_set_trigger_json(sched_task* task, const char* json) {
    return set(
        __func__, task,
        [&] {
            // Read once here, so that its own faults come up at once.
            static_cast<void>(trigger_from_json(parse_json(not_null(json, "json"), "trigger"), TimeZone(), "trigger"));
            return std::string(json);
        },
        put_json);
}

int sched_task_set_start_at(sched_task* task, int64_t instant) {
    return set_instant(__func__, task, &TaskDraft::start_at, instant);
}

int sched_task_set_end_at(sched_task* task, int64_t instant) {
    return set_instant(__func__, task, &TaskDraft::end_at, instant);
}

int sched_task_set_jitter(sched_task* task, int64_t microseconds) {
    return set(
        __func__, task, [&] { return at_least(microseconds, 0, "jitter"); },
        [](TaskDraft& draft, Micros jitter) { draft.jitter = jitter; });
}

int sched_task_set_timezone(sched_task* task, const char* name) {
    return set(
        __func__, task, [&] { return TimeZone::load(name_argument(name, "name")).name(); },
        [](TaskDraft& draft, std::string zone) { draft.timezone = std::move(zone); });
}

int sched_task_set_mistrigger_grace_time(sched_task* task, int64_t microseconds) {
    return set_policy(__func__, task, &PolicyOverrides::grace, [&] { return grace_argument(microseconds); });
}

int sched_task_set_coalesce(sched_task* task, int coalesce) {
    return set_policy(__func__, task, &PolicyOverrides::coalesce, [&] { return flag_argument(coalesce, "coalesce"); });
}

int sched_task_set_max_catch_up(sched_task* task, int max_catch_up) {
    return set_policy(__func__, task, &PolicyOverrides::max_catch_up, [&] { return catch_up_argument(max_catch_up); });
}

int sched_task_set_max_instances(sched_task* task, int max_instances) {
    return set_policy(__func__, task, &PolicyOverrides::max_instances,
                      [&] { return int_at_least(max_instances, 1, "max_instances"); });
}

int sched_task_set_on_crash(sched_task* task, sched_on_crash on_crash) {
    return set_policy(__func__, task, &PolicyOverrides::on_crash, [&] {
        if (on_crash == UVSCHED_CRASH_RERUN) return OnCrash::rerun;
        if (on_crash == UVSCHED_CRASH_MARK_LOST) return OnCrash::mark_lost;
        fail(Code::invalid, "on_crash: " + std::to_string(on_crash) + " is not one of UVSCHED_CRASH_RERUN, MARK_LOST");
    });
}

int sched_task_set_max_crashes(sched_task* task, int max_crashes) {
    return set_policy(__func__, task, &PolicyOverrides::max_crashes,
                      [&] { return int_at_least(max_crashes, 1, "max_crashes"); });
}

int sched_task_set_next_run_time(sched_task* task, int64_t instant) {
    return set(
        __func__, task, [&] { return instant_argument(instant, "next_run_time"); },
        [](TaskDraft& draft, Instant first) { draft.next_run_time = std::optional(first); });
}

int sched_task_set_paused(sched_task* task) {
    return set(
        __func__, task, [] { return std::optional<Instant>(); },
        [](TaskDraft& draft, std::optional<Instant> never) { draft.next_run_time = never; });
}

int sched_task_set_token(sched_task* task, uint64_t token, sched_queue* queue) {
    return set(
        __func__, task, [&] { return Ref<QueueObject>(queue, "queue")->queue; },
        [&](TaskDraft& draft, std::shared_ptr<RunQueue> of) {
            draft.token = token;
            draft.token_queue = std::move(of);
        });
}

int sched_task_set_local(sched_task* task) {
    return set(
        __func__, task, [] { return true; }, [](TaskDraft& draft, bool local) { draft.local = local; });
}
