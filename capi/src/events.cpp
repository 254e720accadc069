#include <string>

#include "arguments.hpp"
#include "handles.hpp"
#include "runs.hpp"

using namespace uvsched;
using namespace uvsched::capi;

int sched_add_listener(uint64_t* out, sched_scheduler* scheduler, uint64_t mask, sched_event_fn callback,
                       void* user_data, sched_destroy_fn destroy) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        if (event_mask(mask) == 0) fail(Code::invalid, "mask: 0 selects no event");
        not_null(callback, "callback");
        const auto call = [callback, user_data](const Event& event) { callback(to_handle(&event), user_data); };
        const auto release = [destroy, user_data] {
            if (destroy != nullptr) destroy(user_data);
        };
        const std::uint64_t number = ref->engine->add_observer(mask, call, release);
        if (out != nullptr) *out = number;
    });
}

int sched_remove_listener(sched_scheduler* scheduler, uint64_t listener) {
    return guarded(__func__, [&] { Ref<SchedulerObject>(scheduler, "scheduler")->engine->remove_observer(listener); });
}

uint64_t sched_event_code(const sched_event* event) {
    return event == nullptr ? 0 : static_cast<std::uint64_t>(from_handle(event)->code);
}

const char* sched_event_name(const sched_event* event) {
    return event == nullptr ? nullptr : event_text(from_handle(event)->code);
}

int64_t sched_event_time(const sched_event* event) { return event == nullptr ? 0 : from_handle(event)->at; }

const char* sched_event_alias(const sched_event* event) {
    return event == nullptr ? nullptr : from_handle(event)->alias.c_str();
}

const char* sched_event_task_id(const sched_event* event) {
    return event == nullptr ? nullptr : from_handle(event)->task_id.c_str();
}

const char* sched_event_task_name(const sched_event* event) {
    return event == nullptr ? nullptr : from_handle(event)->task_name.c_str();
}

const char* sched_event_fire_id(const sched_event* event) {
    return event == nullptr ? nullptr : from_handle(event)->fire_id.c_str();
}

int64_t sched_event_scheduled_time(const sched_event* event) {
    return event == nullptr ? 0 : from_handle(event)->scheduled;
}
int64_t sched_event_first_time(const sched_event* event) { return event == nullptr ? 0 : from_handle(event)->first; }
int64_t sched_event_count(const sched_event* event) { return event == nullptr ? 0 : from_handle(event)->count; }
int sched_event_asked(const sched_event* event) { return event != nullptr && from_handle(event)->asked ? 1 : 0; }
int sched_event_exact(const sched_event* event) { return event != nullptr && from_handle(event)->exact ? 1 : 0; }

const char* sched_event_reason(const sched_event* event) {
    return event == nullptr ? nullptr : reason_text(from_handle(event)->reason);
}

int sched_event_attempt(const sched_event* event) { return event == nullptr ? 0 : from_handle(event)->attempt; }
int64_t sched_event_duration(const sched_event* event) { return event == nullptr ? 0 : from_handle(event)->duration; }

const char* sched_event_result(const sched_event* event) {
    return event == nullptr ? nullptr : from_handle(event)->result.c_str();
}

const char* sched_event_message(const sched_event* event) {
    return event == nullptr ? nullptr : from_handle(event)->message.c_str();
}
