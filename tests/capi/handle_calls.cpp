#include "handle_calls.hpp"

#include "support.hpp"

namespace capi_test {
namespace {

// Where out-parameters go; a refused call writes nothing.
struct Out {
    sched_scheduler* scheduler = nullptr;
    sched_task* task = nullptr;
    sched_queue* queue = nullptr;
    sched_consumer* consumer = nullptr;
    sched_iterator* iterator = nullptr;
    sched_time time{};
    sched_offset offset{};
    int number = 0;
    std::int64_t instant = 0;
    std::size_t size = 0;
    sched_stats stats{};
    sched_task_info info{};
    sched_item item{};
    sched_result result{};
    sched_answer answer{};
} out;

void ignore_row(const sched_history_row* /*row*/, void* /*user_data*/) {}
void ignore_event(const sched_event* /*event*/, void* /*user_data*/) {}

// A function whose first parameter, a handle, is named as its kind. GETTER: one that returns a string.
#define STATUS(kind, function, ...)                                                                                   \
    {                                                                                                                 \
#function, Handle::kind, #kind,                                                                               \
            [](void* handle) { return function(static_cast<sched_##kind*>(handle) __VA_OPT__(, ) __VA_ARGS__) != 0; } \
    }
#define GETTER(kind, function)                                                                   \
    {                                                                                            \
#function, Handle::kind, #kind,                                                          \
            [](void* handle) { return function(static_cast<sched_##kind*>(handle)) == nullptr; } \
    }

const std::vector<HandleCall> kCalls = {
    STATUS(config, sched_config_add_store, "x", "memory"),
    STATUS(config, sched_config_add_executor, "x", "inline"),
    STATUS(config, sched_config_set_timezone, "UTC"),
    STATUS(config, sched_config_set_identity, "x"),
    STATUS(config, sched_config_set_grace_time, -1),
    STATUS(config, sched_config_set_coalesce, 1),
    STATUS(config, sched_config_set_max_instances, 1),
    STATUS(config, sched_config_set_max_catch_up, 1),
    STATUS(config, sched_config_set_retention, "default", 0, 0),
    STATUS(config, sched_config_set_manual_clock, 0),
    {"sched_new", Handle::config, "config",
     [](void* handle) { return sched_new(&out.scheduler, static_cast<sched_config*>(handle)) != 0; }},

    STATUS(scheduler, sched_start),
    STATUS(scheduler, sched_start_paused),
    STATUS(scheduler, sched_stop, UVSCHED_STOP_WAIT),
    STATUS(scheduler, sched_wait, 0),
    STATUS(scheduler, sched_shutdown, 0),
    STATUS(scheduler, sched_pause),
    STATUS(scheduler, sched_resume),
    STATUS(scheduler, sched_state, &out.number),
    STATUS(scheduler, sched_wait_idle, 0),
    STATUS(scheduler, sched_clock_advance, 0),
    STATUS(scheduler, sched_clock_step, 0),
    STATUS(scheduler, sched_clock_now, &out.instant),
    STATUS(scheduler, sched_get_stats, &out.stats),
    STATUS(scheduler, sched_register_function, "f", count_run, nullptr, nullptr),
    STATUS(scheduler, sched_register_token, "f", 1, nullptr),
    STATUS(scheduler, sched_register_trigger, "f", nullptr, nullptr, nullptr),
    STATUS(scheduler, sched_register_trigger_token, "f", 1, nullptr),
    STATUS(scheduler, sched_unregister_trigger, "f"),
    STATUS(scheduler, sched_unregister_function, "f"),
    STATUS(scheduler, sched_add_task, nullptr, 0),
    STATUS(scheduler, sched_remove_task, nullptr, "a"),
    STATUS(scheduler, sched_remove_all_tasks, nullptr, nullptr),
    STATUS(scheduler, sched_pause_task, nullptr, "a"),
    STATUS(scheduler, sched_resume_task, nullptr, "a"),
    STATUS(scheduler, sched_change_task, nullptr, "a", nullptr),
    STATUS(scheduler, sched_run_task, nullptr, "a"),
    STATUS(scheduler, sched_get_task, &out.task, nullptr, "a"),
    STATUS(scheduler, sched_preview_task, nullptr, "a", 0, &out.instant, 1, &out.size),
    STATUS(scheduler, sched_list_tasks, &out.iterator, nullptr),
    STATUS(scheduler, sched_query_history, nullptr, nullptr, nullptr, 0, 1, ignore_row, nullptr),
    STATUS(scheduler, sched_add_listener, 1, ignore_event, nullptr, nullptr, nullptr),
    STATUS(scheduler, sched_remove_listener, 1),
    STATUS(scheduler, sched_queue_get, &out.queue, "queue"),

    STATUS(task, sched_task_set_function, "f"),
    STATUS(task, sched_task_set_id, "a"),
    STATUS(task, sched_task_set_name, "a"),
    STATUS(task, sched_task_set_store, "a"),
    STATUS(task, sched_task_set_executor, "a"),
    STATUS(task, sched_task_set_arguments, "[]"),
    STATUS(task, sched_task_set_date, 0),
    STATUS(task, sched_task_set_interval, 1),
    STATUS(task, sched_task_set_cron, "@daily", nullptr),
    STATUS(task, sched_task_set_trigger, nullptr),
    STATUS(task, sched_task_set_custom_trigger, "f", nullptr),
    STATUS(task, sched_task_set_trigger_json, R"({"type": "date"})"),
    STATUS(task, sched_task_set_start_at, 0),
    STATUS(task, sched_task_set_end_at, 0),
    STATUS(task, sched_task_set_jitter, 0),
    STATUS(task, sched_task_set_timezone, "UTC"),
    STATUS(task, sched_task_set_grace_time, -1),
    STATUS(task, sched_task_set_coalesce, 1),
    STATUS(task, sched_task_set_max_catch_up, 1),
    STATUS(task, sched_task_set_max_instances, 1),
    STATUS(task, sched_task_set_on_crash, UVSCHED_CRASH_RERUN),
    STATUS(task, sched_task_set_max_crashes, 1),
    STATUS(task, sched_task_set_next_run_time, 0),
    STATUS(task, sched_task_set_paused),
    STATUS(task, sched_task_set_token, 1, nullptr),
    STATUS(task, sched_task_set_local),
    STATUS(task, sched_task_get_info, &out.info),
    GETTER(task, sched_task_id),
    GETTER(task, sched_task_name),
    GETTER(task, sched_task_function),
    GETTER(task, sched_task_store),
    GETTER(task, sched_task_executor),
    GETTER(task, sched_task_arguments),
    GETTER(task, sched_task_trigger_json),
    GETTER(task, sched_task_trigger_text),

    STATUS(trigger, sched_trigger_next, 0, &out.time, 1, &out.size),
    STATUS(trigger, sched_trigger_previous, 0, &out.time, 1, &out.size),
    STATUS(trigger, sched_trigger_offset, 0, &out.offset),
    STATUS(trigger, sched_trigger_set_key, "a"),
    GETTER(trigger, sched_trigger_json),
    GETTER(trigger, sched_trigger_text),

    STATUS(queue, sched_queue_attach, 1, &out.consumer),
    STATUS(queue, sched_queue_wake),
    STATUS(queue, sched_queue_fd, &out.number),
    STATUS(queue, sched_queue_subscribe, 0),
    STATUS(queue, sched_queue_answer, &out.answer, 1),
    STATUS(queue, sched_queue_finish, &out.result, 1),
    STATUS(consumer, sched_queue_take, &out.item, 1, 0, &out.size),
    STATUS(consumer, sched_queue_detach),
    STATUS(iterator, sched_iterator_next, &out.task),
};

}  // namespace

const std::vector<HandleCall>& handle_calls() { return kCalls; }

}  // namespace capi_test
