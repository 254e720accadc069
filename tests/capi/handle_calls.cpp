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
    sched_task_iterator* tasks = nullptr;
    sched_history_iterator* rows = nullptr;
    sched_time time{};
    sched_offset offset{};
    int number = 0;
    std::int64_t instant = 0;
    std::size_t size = 0;
    const char* text = nullptr;
    sched_state state = UVSCHED_STATE_STOPPED;
    std::uint64_t listener = 0;
    sched_stats stats = UVSCHED_STATS_INIT;
    sched_task_counts counts = UVSCHED_TASK_COUNTS_INIT;
    sched_task_info info = UVSCHED_TASK_INFO_INIT;
    sched_history_row row = UVSCHED_HISTORY_ROW_INIT;
    sched_item item{};
    sched_result result{};
    sched_answer answer{};
} out;

void ignore_event(const sched_event* /*event*/, void* /*user_data*/) {}

// A function that returns a status; `handle` stands for its handle, which the header calls `argument`.
#define CALL(kind, argument, function, ...)                   \
    {                                                         \
#function, Handle::kind, argument, [](void* raw) {          \
            auto* const handle = static_cast<sched_##kind*>(raw);   \
            return function(__VA_ARGS__) != 0;                      \
        } \
    }
// A function whose first parameter, a handle, is named as its kind. GETTER: one that returns a string.
#define STATUS(kind, function, ...) CALL(kind, #kind, function, handle __VA_OPT__(, ) __VA_ARGS__)
#define GETTER(kind, function)                                                                   \
    {                                                                                            \
#function, Handle::kind, #kind,                                                          \
            [](void* handle) { return function(static_cast<sched_##kind*>(handle)) == nullptr; } \
    }

const std::vector<HandleCall> kCalls = {
    GETTER(config, sched_config_json),
    {"sched_config_nest_json", Handle::config, "config",
     [](void* handle) { return sched_config_nest_json(&out.text, static_cast<sched_config*>(handle), "{}") != 0; }},
    STATUS(config, sched_config_add_store, "x", "memory"),
    STATUS(config, sched_config_add_executor, "x", "inline"),
    STATUS(config, sched_config_set_timezone, "UTC"),
    STATUS(config, sched_config_set_identity, "x"),
    STATUS(config, sched_config_set_mistrigger_grace_time, -1),
    STATUS(config, sched_config_set_coalesce, 1),
    STATUS(config, sched_config_set_max_instances, 1),
    STATUS(config, sched_config_set_max_catch_up, 1),
    STATUS(config, sched_config_set_undeclared, UVSCHED_UNDECLARED_KEEP),
    STATUS(config, sched_config_set_driver, UVSCHED_DRIVER_CALLER),
    STATUS(config, sched_config_set_role, UVSCHED_ROLE_VISITOR),
    CALL(config, "config", sched_config_migrate_store, &out.text, handle, "default", UVSCHED_MIGRATE_SHOW),
    STATUS(config, sched_config_set_retention, "default", 0, 0),
    STATUS(config, sched_config_set_manual_clock, 0),
    CALL(config, "config", sched_new, &out.scheduler, handle),

    STATUS(scheduler, sched_start),
    STATUS(scheduler, sched_start_paused),
    STATUS(scheduler, sched_stop, UVSCHED_STOP_WAIT),
    STATUS(scheduler, sched_wait, 0),
    STATUS(scheduler, sched_shutdown, 0),
    STATUS(scheduler, sched_pause),
    STATUS(scheduler, sched_resume),
    CALL(scheduler, "scheduler", sched_get_state, &out.state, handle),
    STATUS(scheduler, sched_poll),
    CALL(scheduler, "scheduler", sched_poll_fd, &out.number, handle),
    CALL(scheduler, "scheduler", sched_poll_timeout, &out.number, handle),
    GETTER(scheduler, sched_timezone),
    STATUS(scheduler, sched_add_store, "x", "memory"),
    STATUS(scheduler, sched_remove_store, "x"),
    STATUS(scheduler, sched_add_executor, "x", "inline"),
    STATUS(scheduler, sched_remove_executor, "default"),
    STATUS(scheduler, sched_wait_idle, 0),
    STATUS(scheduler, sched_clock_advance, 0),
    STATUS(scheduler, sched_clock_step, 0),
    CALL(scheduler, "scheduler", sched_clock_now, &out.instant, handle),
    CALL(scheduler, "scheduler", sched_get_stats, &out.stats, handle),
    STATUS(scheduler, sched_register_function, "f", count_run, nullptr, nullptr),
    STATUS(scheduler, sched_register_token, "f", 1, nullptr),
    STATUS(scheduler, sched_register_trigger, "f", nullptr, nullptr, nullptr),
    STATUS(scheduler, sched_register_trigger_token, "f", 1, nullptr),
    STATUS(scheduler, sched_unregister_trigger, "f"),
    STATUS(scheduler, sched_unregister_function, "f"),
    STATUS(scheduler, sched_add_task, nullptr, 0),
    STATUS(scheduler, sched_delete_task, "a", nullptr),
    CALL(scheduler, "scheduler", sched_remove_all_tasks, &out.instant, handle, nullptr),
    STATUS(scheduler, sched_pause_task, "a", nullptr),
    STATUS(scheduler, sched_resume_task, "a", nullptr),
    STATUS(scheduler, sched_update_task, "a", nullptr, nullptr),
    STATUS(scheduler, sched_run_task, "a", nullptr),
    CALL(scheduler, "scheduler", sched_get_task, &out.task, handle, "a", nullptr),
    CALL(scheduler, "scheduler", sched_preview_task_runs, &out.instant, 1, &out.size, handle, "a", nullptr, 0),
    CALL(scheduler, "scheduler", sched_get_tasks, &out.tasks, handle, nullptr),
    CALL(scheduler, "scheduler", sched_check_store, &out.text, handle, nullptr, 0),
    CALL(scheduler, "scheduler", sched_count_tasks, &out.counts, handle, nullptr),
    CALL(scheduler, "scheduler", sched_history, &out.rows, handle, nullptr),
    CALL(scheduler, "scheduler", sched_add_listener, &out.listener, handle, 1, ignore_event, nullptr, nullptr),
    STATUS(scheduler, sched_remove_listener, 1),
    CALL(scheduler, "scheduler", sched_get_queue, &out.queue, handle, "queue"),

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
    STATUS(task, sched_task_set_mistrigger_grace_time, -1),
    STATUS(task, sched_task_set_coalesce, 1),
    STATUS(task, sched_task_set_max_catch_up, 1),
    STATUS(task, sched_task_set_max_instances, 1),
    STATUS(task, sched_task_set_on_crash, UVSCHED_CRASH_RERUN),
    STATUS(task, sched_task_set_max_crashes, 1),
    STATUS(task, sched_task_set_next_run_time, 0),
    STATUS(task, sched_task_set_paused),
    STATUS(task, sched_task_set_token, 1, nullptr),
    STATUS(task, sched_task_set_local),
    CALL(task, "task", sched_task_get_info, &out.info, handle),
    GETTER(task, sched_task_id),
    GETTER(task, sched_task_name),
    GETTER(task, sched_task_function),
    GETTER(task, sched_task_store),
    GETTER(task, sched_task_executor),
    GETTER(task, sched_task_arguments),
    GETTER(task, sched_task_trigger_json),
    GETTER(task, sched_task_trigger_text),

    CALL(trigger, "trigger", sched_trigger_next, &out.time, 1, &out.size, handle, 0),
    CALL(trigger, "trigger", sched_trigger_previous, &out.time, 1, &out.size, handle, 0),
    CALL(trigger, "trigger", sched_trigger_offset, &out.offset, handle, 0),
    STATUS(trigger, sched_trigger_set_key, "a"),
    GETTER(trigger, sched_trigger_json),
    GETTER(trigger, sched_trigger_text),

    CALL(queue, "queue", sched_consumer_new, &out.consumer, handle, 1),
    CALL(queue, "queue", sched_consumer_new_workers, &out.consumer, handle, 1),
    STATUS(queue, sched_queue_wake),
    CALL(queue, "queue", sched_queue_fd, &out.number, handle),
    STATUS(queue, sched_queue_set_notify, nullptr, nullptr),
    STATUS(queue, sched_queue_subscribe, 0),
    STATUS(queue, sched_queue_answer, &out.answer, 1),
    STATUS(queue, sched_queue_finish, &out.result, 1),
    CALL(consumer, "consumer", sched_consumer_take, &out.item, 1, &out.size, handle, 0),
    CALL(task_iterator, "iterator", sched_task_iterator_next, &out.task, handle),
    CALL(history_iterator, "iterator", sched_history_iterator_next, &out.row, handle),
};

}  // namespace

const std::vector<HandleCall>& handle_calls() { return kCalls; }

}  // namespace capi_test
