/* uvsched.h - the C ABI of libuvsched, a task scheduler. docs/c-api.md tells the same with examples.
 *
 * Conventions, which the comments below do not repeat
 *
 *   Status     Functions return UVSCHED_OK (0) or a negative UVSCHED_E* code; sched_last_error() then says, for this
 *              thread, what was wrong: it names the argument and the value at fault. Any function may return
 *              UVSCHED_EHANDLE, UVSCHED_EFORKED, UVSCHED_ENOMEM, and UVSCHED_EINVAL for a NULL argument, for text that
 *              is not UTF-8 or too long (ids, names and aliases: 1 to 255 bytes without control characters; JSON:
 *              1 MiB, 64 levels) and for numbers out of range. Comments name the other codes.
 *   Out        Out-parameters come first and are written only on success.
 *   Handles    sched_config, sched_scheduler, sched_task, sched_trigger, sched_queue, sched_consumer and sched_iterator
 *              are tokens that are checked on each use: NULL, a stale, freed or foreign one gives UVSCHED_EHANDLE, never
 *              a crash. Whoever made one frees it; freeing NULL does nothing. Freeing is safe while other threads use
 *              the handle.
 *   Borrowed   sched_run, sched_event, sched_ask, sched_history_row and strings live as long as their comment says. They are not
 *              checked; their getters give NULL or 0 for NULL.
 *   Units      Instants are signed 64-bit microseconds since 1970-01-01T00:00:00Z, spans microseconds, timeouts
 *              milliseconds (-1: for ever, 0: do not wait). Strings are UTF-8, end in NUL, and are copied.
 *   Threads    Any function may be called from any thread at any time, but one config, task or iterator handle by one
 *              thread at a time. No lock is held while a callback or a destroy function runs: they may call everything
 *              here that does not wait.
 *   Waiting    A function waits where its comment says so. On the loop thread, which calls the functions of inline
 *              executors, it returns UVSCHED_EDEADLK instead.
 *   Callbacks  must return: no longjmp, no pthread_exit. A destroy function is called once, on any thread, and never
 *              when the call it was given to failed.
 *   fork()     A handle made before it gives UVSCHED_EFORKED in the child, where freeing it does nothing. The child may
 *              make handles of its own.
 *   Since      0.1.0, where a comment says nothing else.
 */
#ifndef UVSCHED_H
#define UVSCHED_H

#include <stddef.h>
#include <stdint.h>

#define UVSCHED_VERSION_MAJOR 0
#define UVSCHED_VERSION_MINOR 1
#define UVSCHED_VERSION_PATCH 0

#if defined(UVSCHED_STATIC)
#define UVSCHED_API
#else
#define UVSCHED_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status ------------------------------------------------------------------------------------------------------ */

enum {
    UVSCHED_OK = 0,
    UVSCHED_EINVAL = -1,        /* an argument's value is wrong */
    UVSCHED_ENOMEM = -2,        /* allocation failed */
    UVSCHED_EHANDLE = -3,       /* NULL, stale, freed or foreign handle */
    UVSCHED_ENOTFOUND = -4,     /* no such task, store, executor, function */
    UVSCHED_ECONFLICT = -5,     /* the id is taken by a different definition */
    UVSCHED_ENOTRUNNING = -6,   /* the scheduler is not running */
    UVSCHED_EALREADY = -7,      /* already running, already registered */
    UVSCHED_EDEADLK = -8,       /* a waiting call where waiting could never end */
    UVSCHED_ETIMEDOUT = -9,     /* the deadline passed; what was begun goes on */
    UVSCHED_EFORKED = -10,      /* the handle belongs to the parent process */
    UVSCHED_EVERSION = -11,     /* two copies of the library, or a newer database schema */
    UVSCHED_ESTORE = -12,       /* the store failed */
    UVSCHED_EBUSY = -13,        /* the store file is in use by another process */
    UVSCHED_ECORRUPT = -14,     /* the store file is damaged, or none of ours */
    UVSCHED_EUNSUPPORTED = -15, /* known, but not in this build */
    UVSCHED_EINTERNAL = -16     /* a bug in uvsched */
};

/* The text of this thread's last failure; "" before the first. Valid until this thread's next failing call. */
UVSCHED_API const char* sched_last_error(void);

/* A code's short name, e.g. "UVSCHED_EINVAL"; "UVSCHED_?" for an unknown one. Static. */
UVSCHED_API const char* sched_error_name(int code);

/* The library's version, "0.1.0": the header's macros, of the header that the library was built with. Static. */
UVSCHED_API const char* sched_version(void);

/* ---- Types ------------------------------------------------------------------------------------------------------- */

typedef struct sched_config sched_config;
typedef struct sched_scheduler sched_scheduler;
typedef struct sched_task sched_task;
typedef struct sched_trigger sched_trigger;
typedef struct sched_queue sched_queue;
typedef struct sched_consumer sched_consumer;
typedef struct sched_iterator sched_iterator;
typedef struct sched_run sched_run;                 /* borrowed */
typedef struct sched_event sched_event;             /* borrowed */
typedef struct sched_ask sched_ask;                 /* borrowed */
typedef struct sched_history_row sched_history_row; /* borrowed */

/* A task's function: 0 is success; anything else makes the run fail (sched_run_set_error gives the text). */
typedef int (*sched_run_fn)(const sched_run* run, void* user_data);
typedef void (*sched_event_fn)(const sched_event* event, void* user_data);
typedef void (*sched_destroy_fn)(void* user_data);

/* ---- Configuration ----------------------------------------------------------------------------------------------- */

/* A configuration with the defaults: a memory store and a thread pool of ten, both "default"; UTC. */
UVSCHED_API int sched_config_new(sched_config** out);

/* The asyncz configuration dictionary as JSON, in both its spellings: flat "asyncz.stores.default.type" keys, nested
 * objects; "uvsched." as prefix too, or none. UVSCHED_EINVAL starts with the JSON path of the fault. */
UVSCHED_API int sched_config_from_json(sched_config** out, const char* json);

UVSCHED_API void sched_config_free(sched_config* config);

/* Adds a store: "memory", "sqlite:PATH". The store "default" is a memory store unless added.
 * UVSCHED_EALREADY: the alias is taken. */
UVSCHED_API int sched_config_add_store(sched_config* config, const char* alias, const char* url);

/* Adds an executor: "inline" (on the loop thread), "threadpool", "threadpool:N", "queue" (see run queues below).
 * "default" is a thread pool unless added. UVSCHED_EALREADY: the alias is taken. */
UVSCHED_API int sched_config_add_executor(sched_config* config, const char* alias, const char* spec);

/* The zone of naive times: an IANA name, "UTC", "+02:00". The default is UTC. */
UVSCHED_API int sched_config_set_timezone(sched_config* config, const char* name);

/* Names this node in the ledger. The default is host:pid. */
UVSCHED_API int sched_config_set_identity(sched_config* config, const char* identity);

/* What tasks get that do not say otherwise: see sched_task_set_grace_time() and its neighbours. */
UVSCHED_API int sched_config_set_grace_time(sched_config* config, int64_t microseconds);
UVSCHED_API int sched_config_set_coalesce(sched_config* config, int coalesce);
UVSCHED_API int sched_config_set_max_instances(sched_config* config, int max_instances);
UVSCHED_API int sched_config_set_max_catch_up(sched_config* config, int max_catch_up);

/* How long a store keeps history: by age, and by number of rows for each task. 0: no limit. The defaults are 30 days
 * and 1000 rows. UVSCHED_ENOTFOUND: the store was not added. */
UVSCHED_API int sched_config_set_retention(sched_config* config, const char* store, int64_t age_microseconds,
                                           int64_t rows_per_task);

/* A clock that stands still until sched_clock_advance(), for tests and simulations. Schedulers made from one config
 * share it. */
UVSCHED_API int sched_config_set_manual_clock(sched_config* config, int64_t start);

/* Where zone files are read: `folder` first of all, `fallback` when neither TZDIR nor the system has them. NULL: none.
 * Process-wide, for zones not loaded before. */
UVSCHED_API int sched_set_zone_data(const char* folder, const char* fallback);

/* ---- Scheduler --------------------------------------------------------------------------------------------------- */

/* Makes a scheduler. Opens nothing: no thread, file or connection. The config may be freed or used again afterwards.
 * UVSCHED_EVERSION: another copy of libuvsched is in use in this process (docs/c-api.md says how far that is seen). */
UVSCHED_API int sched_new(sched_scheduler** out, const sched_config* config);

/* Frees a scheduler. Of one that has stopped no callback is called any more when this returns (unless it was called from
 * one): listeners hear first what they have not heard yet, and what can be destroyed is. One that runs is stopped (UVSCHED_STOP_CANCEL), without waiting: runs
 * under way end on their own, and tasks on a shutdown trigger run; functions, listeners and tokens are released when the
 * last of them has. From anywhere, callbacks included. */
UVSCHED_API void sched_free(sched_scheduler* scheduler);

/* Opens the stores, recovers, writes the tasks added so far and begins to fire; paused where the second one is called.
 * Waits for the stores. A scheduler that has stopped may be started again. Where it fails, nothing runs and the store
 * is closed again. UVSCHED_EALREADY: it runs. UVSCHED_EBUSY, UVSCHED_ECORRUPT, UVSCHED_EVERSION, UVSCHED_ESTORE: of the
 * store's file, which the text names. UVSCHED_ECONFLICT: see UVSCHED_RAISE_CONFLICT. */
UVSCHED_API int sched_start(sched_scheduler* scheduler);
UVSCHED_API int sched_start_paused(sched_scheduler* scheduler);

#define UVSCHED_STOP_WAIT 0   /* what runs may finish */
#define UVSCHED_STOP_CANCEL 1 /* what runs is asked to end early */

/* Begins the end: never blocks, idempotent, from anywhere, callbacks included. Tasks on a shutdown trigger run now, in
 * both modes, and the scheduler has stopped when they have ended; a further UVSCHED_STOP_CANCEL asks them to end early
 * too. UVSCHED_ENOTRUNNING: it does not run. */
UVSCHED_API int sched_stop(sched_scheduler* scheduler, int mode);

/* Waits until it has stopped. Two threads that wait get the same result.
 * UVSCHED_ETIMEDOUT: still stopping. UVSCHED_EDEADLK: from its own callbacks. UVSCHED_ENOTRUNNING: it did not run. */
UVSCHED_API int sched_wait(sched_scheduler* scheduler, int timeout_ms);

/* sched_stop(UVSCHED_STOP_WAIT), then sched_wait(). From a callback the stop begins, and it returns UVSCHED_EDEADLK. */
UVSCHED_API int sched_shutdown(sched_scheduler* scheduler, int timeout_ms);

/* No fire starts while paused; due times that pass are treated as late when it resumes. UVSCHED_ENOTRUNNING. */
UVSCHED_API int sched_pause(sched_scheduler* scheduler);
UVSCHED_API int sched_resume(sched_scheduler* scheduler);

#define UVSCHED_STATE_STOPPED 0
#define UVSCHED_STATE_RUNNING 1
#define UVSCHED_STATE_PAUSED 2
#define UVSCHED_STATE_STARTING 3
#define UVSCHED_STATE_STOPPING 4

/* Gives one of UVSCHED_STATE_*. */
UVSCHED_API int sched_state(const sched_scheduler* scheduler, int* out);

/* Waits until nothing is due at the clock's present time, nothing runs, and every result is stored. For tests.
 * UVSCHED_ETIMEDOUT, UVSCHED_ENOTRUNNING; UVSCHED_EDEADLK from its own callbacks. */
UVSCHED_API int sched_wait_idle(sched_scheduler* scheduler, int timeout_ms);

/* Manual clock only, else UVSCHED_EUNSUPPORTED. advance: time passes (not backwards); step: the wall clock is set by
 * this much. Returns before what became due has run: see sched_wait_idle(). */
UVSCHED_API int sched_clock_advance(sched_scheduler* scheduler, int64_t microseconds);
UVSCHED_API int sched_clock_step(sched_scheduler* scheduler, int64_t microseconds);

/* The scheduler's wall clock, whichever it has. */
UVSCHED_API int sched_clock_now(const sched_scheduler* scheduler, int64_t* out);

typedef struct sched_stats {
    size_t size;       /* set to sizeof(sched_stats) by the caller */
    int64_t fires;     /* runs handed to executors */
    int64_t finished;  /* runs that ended */
    int64_t missed;    /* due times missed or skipped */
    int64_t wakeups;   /* times the loop thread came back from waiting */
    int64_t in_flight; /* runs claimed or under way now */
    int64_t events_dropped;
} sched_stats;

/* Counters since the scheduler was made. */
UVSCHED_API int sched_get_stats(sched_scheduler* scheduler, sched_stats* out);

/* ---- Functions --------------------------------------------------------------------------------------------------- */

/* Makes `name` callable by tasks. `destroy(user_data)` (may be NULL) is called once, when it was unregistered or the
 * scheduler freed, and no run uses it any more. UVSCHED_EALREADY: the name is taken. */
UVSCHED_API int sched_register_function(sched_scheduler* scheduler, const char* name, sched_run_fn fn, void* user_data,
                                        sched_destroy_fn destroy);

/* The same for a function of another language: its runs carry `token` to a run queue's consumer. Registering a name
 * again replaces its token; the old one comes back as a RELEASE item of the `queue` it was registered with. */
UVSCHED_API int sched_register_token(sched_scheduler* scheduler, const char* name, uint64_t token, sched_queue* queue);

/* Its tasks stay, and wait until the name is registered again. UVSCHED_ENOTFOUND. */
UVSCHED_API int sched_unregister_function(sched_scheduler* scheduler, const char* name);

/* ---- Triggers ---------------------------------------------------------------------------------------------------- */

/* A rule that says when something is due, to be asked or to be given to tasks. It knows no clock and no scheduler.
 * Threads: any number may use one trigger at a time, but none while sched_trigger_set_key() changes it.
 *
 * `zone` is that of a rule that names none, and of naive times: an IANA name, "UTC", "+02:00". NULL: UTC while
 * the trigger is asked, the scheduler's in a task that it is given to. UVSCHED_EINVAL: there is no such zone. */

/* A cron string: 5 fields (minute hour day-of-month month day-of-week), 6 with seconds first, 7 with a year last; or
 * "@daily" and the like. UVSCHED_EINVAL says which field, which text, what was expected, and the column (characters
 * from 1): minute: "61" is not in 0-59 (column 1). */
UVSCHED_API int sched_trigger_from_cron(sched_trigger** out, const char* expression, const char* zone);

/* JSON as written by sched_trigger_json(), or by hand: {"type": "calendar_interval", "months": 1, "hour": 9}. The types
 * stand in docs/c-api.md. UVSCHED_EINVAL starts with the JSON path of the fault, "triggers[1].hour: ". */
UVSCHED_API int sched_trigger_from_json(sched_trigger** out, const char* json, const char* zone);

/* Keyword fields, all of which must match. NULL: not given; fields finer than the finest given one take their minimum,
 * coarser ones every value. */
typedef struct sched_cron_fields {
    size_t size;             /* set to sizeof(sched_cron_fields) by the caller */
    const char* year;        /* 1970 to 2199 */
    const char* month;       /* 1 to 12, jan to dec */
    const char* day;         /* 1 to 31, last, 2nd fri, last mon */
    const char* week;        /* ISO weeks, 1 to 53 */
    const char* day_of_week; /* 0 to 6, mon to sun: Monday is 0, unlike in cron strings */
    const char* hour;
    const char* minute;
    const char* second;
} sched_cron_fields;

/* UVSCHED_EINVAL as for sched_trigger_from_cron(); also where no field is given. */
UVSCHED_API int sched_trigger_from_fields(sched_trigger** out, const sched_cron_fields* fields, const char* zone);

UVSCHED_API void sched_trigger_free(sched_trigger* trigger);

#define UVSCHED_WHY_MATCH 0       /* the rule names this time */
#define UVSCHED_WHY_GAP 1         /* here ends a gap of local time that swallowed a time that the rule names */
#define UVSCHED_WHY_FIRST_PASS 2  /* the rule names this time, which local clocks will show once more */
#define UVSCHED_WHY_SECOND_PASS 3 /* the rule names this time, which local clocks have shown before */

typedef struct sched_time {
    int64_t instant;
    int32_t offset_seconds; /* local time minus UTC in the trigger's zone, then */
    int32_t why;            /* UVSCHED_WHY_* */
} sched_time;

/* The due times strictly after `after`, oldest first, or strictly before `before`, newest first. Writes at most
 * `capacity` of them, and how many to `count`: fewer, when there are no more; 0 for what is due when a scheduler starts
 * or stops. Without jitter. What adding a task would fill in ("now") is `after` or `before` itself: the first time of
 * an interval without a start is one interval after it. UVSCHED_EINVAL: an `H` in a cron string, without a key. */
UVSCHED_API int sched_trigger_next(const sched_trigger* trigger, int64_t after, sched_time* out, size_t capacity,
                                   size_t* count);
UVSCHED_API int sched_trigger_previous(const sched_trigger* trigger, int64_t before, sched_time* out, size_t capacity,
                                       size_t* count);

typedef struct sched_offset {
    int64_t begin;   /* the first instant with this offset; INT64_MIN: since ever */
    int64_t end;     /* the first one after it with another; INT64_MAX: for ever */
    int32_t seconds; /* local time minus UTC */
    int32_t reserved;
} sched_offset;

/* The stretch of constant offset in the trigger's zone that holds `instant`. Exact before the year 2200. */
UVSCHED_API int sched_trigger_offset(const sched_trigger* trigger, int64_t instant, sched_offset* out);

/* Settles each `H` of its cron strings that has no key of its own, by a text of 1 to 255 bytes; the last one counts. Only
 * for asking: in a task, its id or its function's name settles them. */
UVSCHED_API int sched_trigger_set_key(sched_trigger* trigger, const char* key);

/* Its canonical JSON, equal for equal rules; and a line for people. Until the key is set or the handle freed; NULL for a
 * bad handle. */
UVSCHED_API const char* sched_trigger_json(const sched_trigger* trigger);
UVSCHED_API const char* sched_trigger_text(const sched_trigger* trigger);

/* ---- Tasks ------------------------------------------------------------------------------------------------------- */

/* A description of a task to add, or (with `function` NULL) of changes to one. The scheduler copies what it needs: the
 * handle may be used again or freed. */
UVSCHED_API int sched_task_new(sched_task** out, const char* function);
UVSCHED_API void sched_task_free(sched_task* task);

/* What it is, and where it lives. Without an id one is made up (a stable one for a recurring task in a durable store);
 * the name is the function's, store and executor are "default", unless set. */
UVSCHED_API int sched_task_set_function(sched_task* task, const char* function);
UVSCHED_API int sched_task_set_id(sched_task* task, const char* id);
UVSCHED_API int sched_task_set_name(sched_task* task, const char* name);
UVSCHED_API int sched_task_set_store(sched_task* task, const char* alias);
UVSCHED_API int sched_task_set_executor(sched_task* task, const char* alias);

/* Arguments as JSON (array or object), handed to each run. NULL: none. */
UVSCHED_API int sched_task_set_arguments(sched_task* task, const char* json);

/* Trigger: the last of these five, and of sched_task_set_custom_trigger(), counts. A task without one runs once, at once. The JSON is as written by
 * sched_task_trigger_json(): {"type": "interval", "seconds": 10, "start_at": "2026-01-01T00:00:00Z"}. A cron string is
 * read in `zone` (NULL: the scheduler's), with errors as sched_trigger_from_cron() gives. A trigger is copied. */
UVSCHED_API int sched_task_set_date(sched_task* task, int64_t instant);
UVSCHED_API int sched_task_set_interval(sched_task* task, int64_t microseconds);
UVSCHED_API int sched_task_set_cron(sched_task* task, const char* expression, const char* zone);
UVSCHED_API int sched_task_set_trigger(sched_task* task, const sched_trigger* trigger);
UVSCHED_API int sched_task_set_trigger_json(sched_task* task, const char* json);

/* Members of the trigger above, set before or after it; whether they fit it is found when the task is added. The end is
 * inclusive; jitter delays each run by 0 to so much. */
UVSCHED_API int sched_task_set_start_at(sched_task* task, int64_t instant);
UVSCHED_API int sched_task_set_end_at(sched_task* task, int64_t instant);
UVSCHED_API int sched_task_set_jitter(sched_task* task, int64_t microseconds);
UVSCHED_API int sched_task_set_timezone(sched_task* task, const char* name);

/* Lateness. A run later than the grace time is a miss (-1, the default: never too late). Times that piled up run once
 * (coalesce 1, the default) or each, up to max_catch_up (default 1000). */
UVSCHED_API int sched_task_set_grace_time(sched_task* task, int64_t microseconds);
UVSCHED_API int sched_task_set_coalesce(sched_task* task, int coalesce);
UVSCHED_API int sched_task_set_max_catch_up(sched_task* task, int max_catch_up);

/* Overlap: a time that comes while so many of its runs are under way (default 1) is skipped. */
UVSCHED_API int sched_task_set_max_instances(sched_task* task, int max_instances);

#define UVSCHED_CRASH_RERUN 0     /* at least once (the default) */
#define UVSCHED_CRASH_MARK_LOST 1 /* at most once */

/* What becomes of a run whose process died. A rerun one is lost after max_crashes (default 3). */
UVSCHED_API int sched_task_set_on_crash(sched_task* task, int on_crash);
UVSCHED_API int sched_task_set_max_crashes(sched_task* task, int max_crashes);

/* The first run at this time, whatever the trigger says; or none until it is resumed. The last of the two counts. */
UVSCHED_API int sched_task_set_next_run_time(sched_task* task, int64_t instant);
UVSCHED_API int sched_task_set_paused(sched_task* task);

/* Memory stores only: a number handed out with each run. It comes back as a RELEASE item of `queue` when the task is
 * gone and no run uses it, or another token took its place; not when adding failed. */
UVSCHED_API int sched_task_set_token(sched_task* task, uint64_t token, sched_queue* queue);

/* The function has no name that another process could resolve: durable stores refuse the task. */
UVSCHED_API int sched_task_set_local(sched_task* task);

#define UVSCHED_REPLACE_EXISTING 1U /* an existing id gets this definition; run count and pause stay */
#define UVSCHED_RAISE_CONFLICT 2U   /* before start: let sched_start() fail on a conflict, not keep the stored task */

/* Adds a task. Before start it is kept, and written at start. Afterwards the getters of `task` show it as stored. An id
 * that exists with an equal definition changes nothing. Waits for a durable store's commit.
 * UVSCHED_ECONFLICT: the id exists with another definition (the text has the difference). UVSCHED_ENOTFOUND: no such
 * store, executor, or function. UVSCHED_ESTORE. */
UVSCHED_API int sched_add_task(sched_scheduler* scheduler, sched_task* task, unsigned flags);

/* For these, `store` may be NULL: the first store that has the id; of remove_all: every store. They wait for the commit
 * where the store is durable. UVSCHED_ENOTFOUND names the id; UVSCHED_ENOTRUNNING: a durable store is closed;
 * UVSCHED_ESTORE. Runs under way go on. `removed` may be NULL. */
UVSCHED_API int sched_remove_task(sched_scheduler* scheduler, const char* store, const char* id);
UVSCHED_API int sched_remove_all_tasks(sched_scheduler* scheduler, const char* store, int64_t* removed);

/* A paused task stays so over restarts; resuming computes its next time from now. */
UVSCHED_API int sched_pause_task(sched_scheduler* scheduler, const char* store, const char* id);
UVSCHED_API int sched_resume_task(sched_scheduler* scheduler, const char* store, const char* id);

/* Applies to the stored task the members that were set on `changes`. Its id and store cannot change. */
UVSCHED_API int sched_change_task(sched_scheduler* scheduler, const char* store, const char* id,
                                  const sched_task* changes);

/* One run now, beside the schedule, kind "manual". */
UVSCHED_API int sched_run_task(sched_scheduler* scheduler, const char* store, const char* id);

/* A handle, to free, that shows the task as it is now. Setters turn it into a description with all that it shows. */
UVSCHED_API int sched_get_task(sched_scheduler* scheduler, sched_task** out, const char* store, const char* id);

/* The next times of a stored task, strictly after `after`; INT64_MIN: from its next run on. Writes at most `capacity`
 * of them (10,000 in one call) and how many to `count`. */
UVSCHED_API int sched_preview_task(sched_scheduler* scheduler, const char* store, const char* id, int64_t after,
                                   int64_t* times, size_t capacity, size_t* count);

/* Getters. Strings live until the handle is changed or freed; "" where nothing is set; NULL for a bad handle, and for a
 * trigger whose members do not fit it. */
UVSCHED_API const char* sched_task_id(const sched_task* task);
UVSCHED_API const char* sched_task_name(const sched_task* task);
UVSCHED_API const char* sched_task_function(const sched_task* task);
UVSCHED_API const char* sched_task_store(const sched_task* task);
UVSCHED_API const char* sched_task_executor(const sched_task* task);
UVSCHED_API const char* sched_task_arguments(const sched_task* task);
UVSCHED_API const char* sched_task_trigger_json(const sched_task* task);
UVSCHED_API const char* sched_task_trigger_text(const sched_task* task); /* for people: "interval of 10 s" */

typedef struct sched_task_info {
    size_t size;        /* set to sizeof(sched_task_info) by the caller */
    int64_t next_run;   /* INT64_MAX: none (paused, finished, never) */
    int64_t runs;       /* started so far */
    int64_t grace_time; /* -1: none */
    uint64_t token;
    int32_t max_instances;
    int32_t max_catch_up;
    int32_t max_crashes;
    int32_t running; /* under way now */
    uint8_t coalesce;
    uint8_t on_crash;
    uint8_t paused;
    uint8_t finished;
    uint8_t pending; /* added before start, not stored yet */
    uint8_t reserved[3];
} sched_task_info;

/* The rest of what there is to know of a task. */
UVSCHED_API int sched_task_get_info(const sched_task* task, sched_task_info* out);

/* ---- Iteration --------------------------------------------------------------------------------------------------- */

/* The tasks of a store (NULL: of every store) that are not finished, in order of store and id, read in pages as it goes
 * on: tasks added or removed meanwhile may be seen or not, all others are seen once. UVSCHED_ENOTFOUND: no such store.
 */
UVSCHED_API int sched_list_tasks(sched_scheduler* scheduler, sched_iterator** out, const char* store);

/* UVSCHED_OK and a task to free, or UVSCHED_ENOTFOUND at the end (without an error text). Waits for durable stores. */
UVSCHED_API int sched_iterator_next(sched_iterator* iterator, sched_task** out);
UVSCHED_API void sched_iterator_free(sched_iterator* iterator);

/* ---- History ----------------------------------------------------------------------------------------------------- */

struct sched_history_row {
    size_t size; /* of the library's struct */
    int64_t seq;
    const char* task_id;
    const char* fire_id;
    const char* kind;   /* scheduled, manual, boot, shutdown */
    const char* state;  /* done, failed, cancelled, lost, missed, skipped */
    const char* reason; /* "" or why */
    const char* owner;
    const char* result; /* JSON, or "" */
    const char* error;
    const char* late_result; /* what a run reported after its fire had been taken from it */
    int64_t first;           /* earliest and latest scheduled time folded in */
    int64_t last;
    int64_t folded;
    int64_t claimed_at; /* 0: none */
    int64_t started_at;
    int64_t finished_at;
    int32_t exact; /* 0: folded is "at least" */
    int32_t attempt;
    int32_t crashes;
    int32_t reserved;
};

/* Called for one row, which is valid until it returns. */
typedef void (*sched_history_fn)(const sched_history_row* row, void* user_data);

/* Fires that ended, from new to old. `store` NULL: "default"; `task_id` NULL: of all tasks; `state` NULL: any;
 * `before`: rows with a smaller number (INT64_MAX: from the newest). Calls `row` for at most `limit` rows on this
 * thread, with no lock held. Waits for durable stores. UVSCHED_ENOTFOUND: no such store. UVSCHED_ENOTRUNNING: it is
 * durable and closed. */
UVSCHED_API int sched_query_history(sched_scheduler* scheduler, const char* store, const char* task_id,
                                    const char* state, int64_t before, size_t limit, sched_history_fn row,
                                    void* user_data);

/* ---- Runs: valid in the callback, or until a run queue's consumer has reported the run ----------------------------
 */

/* Whose run it is. Strings live as long as the run. */
UVSCHED_API const char* sched_run_task_id(const sched_run* run);
UVSCHED_API const char* sched_run_task_name(const sched_run* run);
UVSCHED_API const char* sched_run_function(const sched_run* run);
UVSCHED_API const char* sched_run_store(const sched_run* run);
UVSCHED_API const char* sched_run_arguments(const sched_run* run); /* JSON, or "" */

/* The idempotency key: 32 hexadecimal digits, written with a NUL to `buffer`, which is returned. */
UVSCHED_API const char* sched_run_fire_id(const sched_run* run, char buffer[33]);

/* Which of its fires: "scheduled", "manual", "boot" or "shutdown"; the latest and earliest scheduled time folded into
 * it, how many those are (exact, or at least so many), and the attempt, from 1. */
UVSCHED_API const char* sched_run_kind(const sched_run* run);
UVSCHED_API int64_t sched_run_scheduled_time(const sched_run* run);
UVSCHED_API int64_t sched_run_first_time(const sched_run* run);
UVSCHED_API int64_t sched_run_folded(const sched_run* run);
UVSCHED_API int sched_run_exact(const sched_run* run);
UVSCHED_API int sched_run_attempt(const sched_run* run);

/* 1 once it was asked to end early. */
UVSCHED_API int sched_run_cancelled(const sched_run* run);

/* The run's result (JSON text) or error text, for event and ledger; in its callback, on that thread. What is not UTF-8
 * in an error text is replaced, and what is beyond 64 KiB cut off. */
UVSCHED_API int sched_run_set_result(const sched_run* run, const char* json, size_t length);
UVSCHED_API int sched_run_set_error(const sched_run* run, const char* text, size_t length);

/* ---- Events ------------------------------------------------------------------------------------------------------ */

#define UVSCHED_EVENT_SCHEDULER_STARTED (1ULL << 0)
#define UVSCHED_EVENT_SCHEDULER_SHUTDOWN (1ULL << 1)
#define UVSCHED_EVENT_SCHEDULER_PAUSED (1ULL << 2)
#define UVSCHED_EVENT_SCHEDULER_RESUMED (1ULL << 3)
#define UVSCHED_EVENT_EXECUTOR_ADDED (1ULL << 4)
#define UVSCHED_EVENT_EXECUTOR_REMOVED (1ULL << 5)
#define UVSCHED_EVENT_STORE_ADDED (1ULL << 6)
#define UVSCHED_EVENT_STORE_REMOVED (1ULL << 7)
#define UVSCHED_EVENT_ALL_TASKS_REMOVED (1ULL << 8)
#define UVSCHED_EVENT_TASK_ADDED (1ULL << 9)
#define UVSCHED_EVENT_TASK_REMOVED (1ULL << 10)
#define UVSCHED_EVENT_TASK_MODIFIED (1ULL << 11)
#define UVSCHED_EVENT_TASK_EXECUTED (1ULL << 12)
#define UVSCHED_EVENT_TASK_ERROR (1ULL << 13)
#define UVSCHED_EVENT_TASK_MISSED (1ULL << 14)
#define UVSCHED_EVENT_TASK_SUBMITTED (1ULL << 15)
#define UVSCHED_EVENT_TASK_MAX_INSTANCES (1ULL << 16)
#define UVSCHED_EVENT_TASK_CANCELLED (1ULL << 17)   /* a run was cancelled by a shutdown or a request */
#define UVSCHED_EVENT_TASK_LOST (1ULL << 18)        /* recovery gave a run up */
#define UVSCHED_EVENT_TASK_RECOVERED (1ULL << 19)   /* recovery will run a fire of a dead process again */
#define UVSCHED_EVENT_TASK_FINISHED (1ULL << 20)    /* the trigger has no further time */
#define UVSCHED_EVENT_TASK_CONFLICT (1ULL << 21)    /* a declared task differs from the stored one, which stays */
#define UVSCHED_EVENT_TASK_QUARANTINED (1ULL << 22) /* a stored row cannot be read; it stays where it is */
#define UVSCHED_EVENT_TASK_UNRUNNABLE (1ULL << 23)  /* a stored task's function or executor is not known here */
#define UVSCHED_EVENT_STORE_ERROR (1ULL << 24)      /* a store request failed and will be tried again */
#define UVSCHED_EVENT_STORE_RECOVERED (1ULL << 25)
#define UVSCHED_EVENT_CLOCK_STEP (1ULL << 26)
#define UVSCHED_EVENT_SLOW_INLINE (1ULL << 27)    /* an inline callback held the loop for longer than 100 ms */
#define UVSCHED_EVENT_EVENTS_DROPPED (1ULL << 28) /* a listener was too slow; it gets this one whatever its mask */
#define UVSCHED_EVENT_TRIGGER_ERROR (1ULL << 29)
#define UVSCHED_EVENT_ALL ((1ULL << 30) - 1)

/* `callback` is called on a thread of the scheduler's own, in order, for events whose code is in `mask`. `destroy` may
 * be NULL. `listener` gets a number for sched_remove_listener(); may be NULL. */
UVSCHED_API int sched_add_listener(sched_scheduler* scheduler, uint64_t mask, sched_event_fn callback, void* user_data,
                                   sched_destroy_fn destroy, uint64_t* listener);

/* After it returns, the callback is not running (unless it was called from it) and will not be called again: so it
 * waits for a call under way. UVSCHED_ENOTFOUND. */
UVSCHED_API int sched_remove_listener(sched_scheduler* scheduler, uint64_t listener);

/* Getters; strings live as long as the event: in the callback, or until the consumer's next sched_queue_take(). What
 * does not concern an event is "" or 0. */
UVSCHED_API uint64_t sched_event_code(const sched_event* event);
UVSCHED_API const char* sched_event_name(const sched_event* event); /* "task_executed" */
UVSCHED_API int64_t sched_event_time(const sched_event* event);
UVSCHED_API const char* sched_event_alias(const sched_event* event); /* of the store or executor */
UVSCHED_API const char* sched_event_task_id(const sched_event* event);
UVSCHED_API const char* sched_event_fire_id(const sched_event* event);
UVSCHED_API int64_t sched_event_scheduled_time(const sched_event* event);
UVSCHED_API int64_t sched_event_first_time(const sched_event* event);
/* Times folded, missed or skipped (exact, or at least so many); events dropped; microseconds of a step or slow call. */
UVSCHED_API int64_t sched_event_count(const sched_event* event);
UVSCHED_API int sched_event_exact(const sched_event* event);
UVSCHED_API const char* sched_event_reason(const sched_event* event);
UVSCHED_API int sched_event_attempt(const sched_event* event);
UVSCHED_API int64_t sched_event_duration(const sched_event* event);   /* of a run that ended, microseconds */
UVSCHED_API const char* sched_event_result(const sched_event* event); /* JSON, or "" */
/* For people; of a failed run the error's text. */
UVSCHED_API const char* sched_event_message(const sched_event* event);

/* ---- Run queues: executors for other languages and other threads ------------------------------------------------- */

/* The queue behind an executor of type "queue". UVSCHED_ENOTFOUND: no such executor. */
UVSCHED_API int sched_queue_get(sched_scheduler* scheduler, sched_queue** out, const char* executor);

/* Frees the handle, not the executor. */
UVSCHED_API void sched_queue_free(sched_queue* queue);

/* Becomes a consumer with room for so many runs that wait: the scheduler claims no more than the attached consumers
 * have room for. */
UVSCHED_API int sched_queue_attach(sched_queue* queue, size_t room, sched_consumer** out);

/* Frees the consumer; when the last one leaves, the runs that wait are released to be claimed again. A take that waits
 * in another thread returns. */
UVSCHED_API int sched_queue_detach(sched_consumer* consumer);

#define UVSCHED_ITEM_RUN 1U          /* call it, then report it with sched_queue_finish() */
#define UVSCHED_ITEM_EVENT 2U        /* see sched_queue_subscribe() */
#define UVSCHED_ITEM_TRIGGER_NEXT 3U /* see custom triggers below */
#define UVSCHED_ITEM_STORE_CALL 4U   /* reserved */
#define UVSCHED_ITEM_RELEASE 5U      /* `token` is not used any more */
#define UVSCHED_ITEM_STOPPED 6U      /* the scheduler has stopped */
#define UVSCHED_ITEM_CANCEL 7U       /* the run `run_id` should end early */

typedef struct sched_item {
    uint32_t tag; /* UVSCHED_ITEM_*; skip those you do not know */
    uint32_t reserved;
    uint64_t run_id;
    uint64_t token; /* RUN: the task's, else the function's; RELEASE: the retired one; TRIGGER_NEXT: the trigger's */
    const sched_run* run;     /* RUN: valid until reported */
    const sched_event* event; /* EVENT: valid until this consumer's next take, or its detach */
    const sched_ask* ask;     /* TRIGGER_NEXT: as an event is */
} sched_item;

/* Takes up to `capacity` items (4096 in one call), waiting up to timeout_ms for the first, on whichever thread.
 * 0 items: timeout, or sched_queue_wake(). One thread at a time for each consumer. */
UVSCHED_API int sched_queue_take(sched_consumer* consumer, sched_item* items, size_t capacity, int timeout_ms,
                                 size_t* count);

/* Makes every take that waits return. */
UVSCHED_API int sched_queue_wake(sched_queue* queue);

/* A descriptor that is readable while items wait; never read or close it yourself. It is closed when the scheduler and
 * every handle of the queue and its consumers are freed. */
UVSCHED_API int sched_queue_fd(sched_queue* queue, int* out);

/* Events for the queue's consumers, in a bounded ring with a drop count. A mask of 0: none. */
UVSCHED_API int sched_queue_subscribe(sched_queue* queue, uint64_t mask);

#define UVSCHED_RUN_DONE 0
#define UVSCHED_RUN_FAILED 1
#define UVSCHED_RUN_CANCELLED 2

typedef struct sched_result {
    uint64_t run_id;
    int32_t status; /* UVSCHED_RUN_* */
    int32_t reserved;
    const char* result; /* JSON text, or NULL */
    size_t result_length;
    const char* error; /* or NULL; see sched_run_set_error() */
    size_t error_length;
} sched_result;

/* Reports ends of runs, in one batch: all, or on UVSCHED_EINVAL (which names the member) none. Run ids that are not
 * under way (any more) are ignored. */
UVSCHED_API int sched_queue_finish(sched_queue* queue, const sched_result* results, size_t count);

/* ---- Custom triggers: rules of the program's own ----------------------------------------------------------------- */

/* A task whose trigger is custom stores a name and arguments; the function behind the name is asked for one time after
 * the other: when the task is added, resumed, changed or replaced, after each run was claimed, and, where a run is more
 * than a second late, for the times that piled up behind it, before it is run. While it is asked, the task has no next
 * run. jitter, start_at and end_at are the scheduler's part.
 *
 * A function that fails, gives a time that is not later than its last one (or, asked for the first, lies before the
 * moment it is asked from), or one outside 1970 to 2199, or does not answer within UVSCHED_TRIGGER_DEADLINE_MS, hurts
 * its own task alone: that one is paused, with a "missed" row of reason "trigger_failed" in its history, whose error
 * says what came, and an event UVSCHED_EVENT_TRIGGER_ERROR. sched_resume_task() and sched_change_task() ask again.
 *
 * A stored task whose trigger's name is not registered in this process waits until it is (one event, TASK_UNRUNNABLE).
 * A process that ends between a claim and the answer loses nothing: the next start asks again. Custom triggers cannot
 * stand inside "and" and "or", and sched_preview_task() shows their next time alone. */

#define UVSCHED_TRIGGER_DEADLINE_MS 5000 /* for one answer */

#define UVSCHED_TRIGGER_NEVER 0     /* there is no further time: the task is finished */
#define UVSCHED_TRIGGER_TIME 1      /* here it is */
#define UVSCHED_TRIGGER_FAILED (-1) /* as is every other number */

/* Writes the next time to `next` and returns UVSCHED_TRIGGER_*. Called on a thread that the scheduler keeps for custom
 * triggers, one call at a time, with no lock held. A call that is over its deadline is left to that thread, whose place
 * a fresh one takes; its answer is ignored then, and neither a stop nor sched_free() waits for it. */
typedef int (*sched_trigger_next_fn)(const sched_ask* ask, int64_t* next, void* user_data);

typedef struct sched_trigger_table {
    size_t size; /* set to sizeof(sched_trigger_table) by the caller */
    sched_trigger_next_fn next;
} sched_trigger_table;

/* Makes `name` usable by tasks. The table is copied. `destroy(user_data)` (may be NULL) is called once, when the name
 * was unregistered or the scheduler freed, and no call uses it any more. UVSCHED_EALREADY: the name is taken. */
UVSCHED_API int sched_register_trigger(sched_scheduler* scheduler, const char* name, const sched_trigger_table* table,
                                       void* user_data, sched_destroy_fn destroy);

/* The same for a function of another language: it is asked by TRIGGER_NEXT items of `queue`, to be answered with
 * sched_queue_answer(). Its time to answer begins when the item is taken; while no consumer is attached, the task waits.
 * Registering a name again replaces its token; the old one comes back as a RELEASE item of its queue. */
UVSCHED_API int sched_register_trigger_token(sched_scheduler* scheduler, const char* name, uint64_t token,
                                             sched_queue* queue);

/* Its tasks keep the time that is known, and then wait until the name is registered again. UVSCHED_ENOTFOUND. */
UVSCHED_API int sched_unregister_trigger(sched_scheduler* scheduler, const char* name);

/* Gives a task such a trigger; it counts among the setters of its trigger. `arguments` is any JSON, handed to the
 * function; NULL: none. Adding the task gives UVSCHED_ENOTFOUND where the name is not registered. */
UVSCHED_API int sched_task_set_custom_trigger(sched_task* task, const char* name, const char* arguments);

/* What is asked: valid in the function, or as sched_item says. The id names it in an answer. The last time that it
 * gave is INT64_MIN when the first is asked for, which must not be earlier than sched_ask_now(): then the moment of
 * adding, resuming or replacing the task, or start_at; else the wall clock's time. */
UVSCHED_API uint64_t sched_ask_id(const sched_ask* ask);
UVSCHED_API const char* sched_ask_task_id(const sched_ask* ask);
UVSCHED_API const char* sched_ask_trigger(const sched_ask* ask);   /* the registered name */
UVSCHED_API const char* sched_ask_arguments(const sched_ask* ask); /* JSON, or "" */
UVSCHED_API const char* sched_ask_timezone(const sched_ask* ask);  /* of the trigger, else the scheduler's */
UVSCHED_API int64_t sched_ask_previous(const sched_ask* ask);
UVSCHED_API int64_t sched_ask_now(const sched_ask* ask);

/* In the function, on its thread: why it fails. As sched_run_set_error(). */
UVSCHED_API int sched_ask_set_error(const sched_ask* ask, const char* text, size_t length);

typedef struct sched_answer {
    uint64_t ask_id;
    int64_t time;   /* UVSCHED_TRIGGER_TIME */
    int32_t status; /* UVSCHED_TRIGGER_* */
    int32_t reserved;
    const char* error; /* UVSCHED_TRIGGER_FAILED, or NULL; see sched_run_set_error() */
    size_t error_length;
} sched_answer;

/* Answers what TRIGGER_NEXT items asked, in one batch: all, or on UVSCHED_EINVAL (which names the member) none. Answers
 * that nobody waits for (any more) are ignored. */
UVSCHED_API int sched_queue_answer(sched_queue* queue, const sched_answer* answers, size_t count);

#ifdef __cplusplus
}
#endif

#endif /* UVSCHED_H */
