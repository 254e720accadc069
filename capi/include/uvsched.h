/* uvsched.h - the C ABI of libuvsched, a task scheduler. docs/c-api.md shows its use with programs.
 *
 * Conventions, which the comments below do not repeat
 *
 *   Status     Functions return UVSCHED_OK (0) or a negative UVSCHED_E* code; sched_last_error() then has a text for
 *              this thread that names the argument and the value at fault. Any function may return UVSCHED_EHANDLE,
 *              UVSCHED_EFORKED, UVSCHED_ENOMEM, and UVSCHED_EINVAL for a NULL argument, for text that is not UTF-8 or
 *              too long (ids, names and aliases: 1 to 255 bytes without control characters; JSON: 1 MiB, 64 levels) and
 *              for numbers out of range. Comments name the other codes.
 *   Out        Out-parameters come first and are written only on success. An array is three of them: the array, its
 *              capacity, and where the number of written elements goes.
 *   Names      A function of a task is given its id, then its store. Functions and members have the same name in C, C++
 *              and Python, which is asyncz's name if asyncz has them.
 *   Handles    sched_config, sched_scheduler, sched_task, sched_trigger, sched_queue, sched_consumer,
 *              sched_task_iterator and sched_history_iterator are tokens that are checked on each use: NULL, a stale,
 *              freed or foreign one gives UVSCHED_EHANDLE, never a crash. Whoever made one frees it; freeing NULL does
 *              nothing. Freeing is safe while other threads use the handle.
 *   Borrowed   sched_run, sched_event, sched_ask and strings live as long as their comment says. They are not checked;
 *              their getters give NULL or 0 for NULL.
 *   Structs    A struct that begins with `size` can grow at its end. The caller sets `size` to the sizeof of the struct
 *              that it knows, best by the struct's _INIT macro. So a program that was compiled with an older header has
 *              a shorter struct, and one with a newer header a longer one: the library touches no more than `size`
 *              bytes, takes members that are missing for 0, which is the default of each, and sets members that it does
 *              not know to 0. UVSCHED_EUNSUPPORTED: the caller set such a member. Other structs do not grow.
 *   Enums      Parameters have enum types; members of structs have the fixed size that is declared.
 *   Units      Instants are signed 64-bit microseconds since 1970-01-01T00:00:00Z, spans microseconds, timeouts
 *              milliseconds (-1: for ever, 0: do not wait). Strings are UTF-8, end in NUL, and are copied.
 *   Threads    Any function may be called from any thread at any time, but one config, task or iterator handle by one
 *              thread at a time. No lock is held while a callback or a destroy function runs: they may call every
 *              function that does not wait.
 *   Waiting    A function waits if its comment says so. On the loop thread, which calls the functions of inline
 *              executors, it returns UVSCHED_EDEADLK instead.
 *   Callbacks  must return: no longjmp, no pthread_exit. A destroy function is called once, on any thread, and never
 *              if the call that it was given to failed.
 *   fork()     sched_config, sched_task and sched_trigger handles are data: the child has them too, if no other thread
 *              was using them. Any other handle made before gives UVSCHED_EFORKED in the child, where freeing it does
 *              nothing. The child may make handles of its own. A callback that forks calls exec() or _exit() in the
 *              child: one that returns there ends the child, with a message on stderr and status 1.
 *   Limits     If memory, threads or descriptors run out, a call fails with UVSCHED_ENOMEM, UVSCHED_ENOTHREAD or
 *              UVSCHED_ENODESCRIPTOR. A running scheduler goes on with what it has, tries again, and reports this by
 *              UVSCHED_EVENT_RESOURCE_ERROR or _STORE_ERROR. Two libraries below end the process if they get no
 *              memory: libuv when a loop is made, and the JSON library when it frees a document.
 *   Since      0.1.0, unless a comment names another version.
 */
#ifndef UVSCHED_H
#define UVSCHED_H

#include <stddef.h>
#include <stdint.h>

#define UVSCHED_VERSION_MAJOR 0
#define UVSCHED_VERSION_MINOR 1
#define UVSCHED_VERSION_PATCH 0

/* UVSCHED_STATIC: the program links the static library. UVSCHED_BUILDING: the library itself is compiled. */
#if defined(UVSCHED_STATIC)
#define UVSCHED_API
#elif defined(_WIN32) && defined(UVSCHED_BUILDING)
#define UVSCHED_API __declspec(dllexport)
#elif defined(_WIN32)
#define UVSCHED_API __declspec(dllimport)
#else
#define UVSCHED_API __attribute__((visibility("default")))
#endif

/* An enum type has 32 bits in C++, so that a value that a later version adds is a valid one. */
#if defined(__cplusplus)
#define UVSCHED_32BIT : int32_t
#else
#define UVSCHED_32BIT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status ------------------------------------------------------------------------------------------------------ */

typedef enum sched_error_code UVSCHED_32BIT {
    UVSCHED_OK = 0,
    UVSCHED_EINVAL = -1,         /* an argument's value is wrong */
    UVSCHED_ENOMEM = -2,         /* allocation failed; free some memory and call again */
    UVSCHED_EHANDLE = -3,        /* NULL, stale, freed or foreign handle */
    UVSCHED_ENOTFOUND = -4,      /* no such task, store, executor, function */
    UVSCHED_ECONFLICT = -5,      /* the id is taken by a different definition */
    UVSCHED_ENOTRUNNING = -6,    /* the scheduler is not running */
    UVSCHED_EALREADY = -7,       /* already running, already registered */
    UVSCHED_EDEADLK = -8,        /* a waiting call that could never end */
    UVSCHED_ETIMEDOUT = -9,      /* the deadline passed; what was begun goes on */
    UVSCHED_EFORKED = -10,       /* the handle belongs to the parent process */
    UVSCHED_EVERSION = -11,      /* two copies of the library, or a newer database schema */
    UVSCHED_ESTORE = -12,        /* the store failed */
    UVSCHED_EBUSY = -13,         /* the store file is in use by a process that it cannot be shared with */
    UVSCHED_ECORRUPT = -14,      /* the store file is damaged, or is not a database of uvsched */
    UVSCHED_EUNSUPPORTED = -15,  /* known, but not in this build */
    UVSCHED_EINTERNAL = -16,     /* a bug in uvsched */
    UVSCHED_ENOTHREAD = -17,     /* the system gave no thread; end some, or raise RLIMIT_NPROC or pids.max */
    UVSCHED_ENODESCRIPTOR = -18, /* too many open files; close some, or raise RLIMIT_NOFILE */
    UVSCHED_EEND = -19,          /* an iterator has come to its end; sets no error text */
} sched_error_code;

/* The text of this thread's last failure; "" before the first. Valid until this thread's next failing call. */
UVSCHED_API const char* sched_last_error(void);

/* A code's short name, e.g. "UVSCHED_EINVAL"; "UVSCHED_?" for an unknown one. Static. */
UVSCHED_API const char* sched_error_name(int code);

/* The version of the library, "0.1.0": the macros of the header that it was built with. Static. */
UVSCHED_API const char* sched_version(void);

/* The same with the libraries below it, as they are loaded: "0.1.0 (libuv 1.44.2, SQLite 3.40.1)", or, if copies of
 * them are part of this library, "0.1.0 (bundled: libuv 1.53.0, SQLite 3.54.1)". For reports; the form may change.
 * Static; any thread. */
UVSCHED_API const char* sched_version_details(void);

/* ---- Types ------------------------------------------------------------------------------------------------------- */

typedef struct sched_config sched_config;
typedef struct sched_scheduler sched_scheduler;
typedef struct sched_task sched_task;
typedef struct sched_trigger sched_trigger;
typedef struct sched_queue sched_queue;
typedef struct sched_consumer sched_consumer;
typedef struct sched_task_iterator sched_task_iterator;
typedef struct sched_history_iterator sched_history_iterator;
typedef struct sched_run sched_run;     /* borrowed */
typedef struct sched_event sched_event; /* borrowed */
typedef struct sched_ask sched_ask;     /* borrowed */

/* A task's function: 0 is success; any other number makes the run fail (sched_run_set_error() gives the text). */
typedef int (*sched_run_fn)(const sched_run* run, void* user_data);
typedef void (*sched_event_fn)(const sched_event* event, void* user_data);
typedef void (*sched_destroy_fn)(void* user_data);

/* ---- Configuration ----------------------------------------------------------------------------------------------- */

/* A configuration with the defaults: a memory store and a thread pool of ten, both "default"; the machine's zone. */
UVSCHED_API int sched_config_new(sched_config** out);

/* The asyncz configuration dictionary as JSON, in both its spellings: flat "asyncz.stores.default.type" keys, nested
 * objects; the prefix may be "uvsched." too, or missing. The text of an error starts with the JSON path of the fault.
 * UVSCHED_ENOTFOUND: an unknown store or executor; UVSCHED_EUNSUPPORTED: one that is not in this build. */
UVSCHED_API int sched_config_from_json(sched_config** out, const char* json);

/* The configuration as sched_config_from_json() takes it: nested, with all options of the stores and executors. Without
 * a manual clock, and with the passwords of URLs. NULL: see sched_last_error(). Lives until the next call with this
 * config. */
UVSCHED_API const char* sched_config_json(sched_config* config);

/* Brings a configuration dictionary into its nested spelling, whatever its values are: for languages whose dictionaries
 * hold values that JSON cannot. {"asyncz.stores.a.type": 1, "uvsched": {"timezone": 2}} becomes
 * {"stores": {"a": {"type": 1}}, "timezone": 2}; members that are null are left out. The config does not change, and
 * *out lives until the next call with it. */
UVSCHED_API int sched_config_nest_json(const char** out, sched_config* config, const char* json);

UVSCHED_API void sched_config_free(sched_config* config);

/* Adds a store: "memory", "sqlite:PATH", "postgresql://HOST/DATABASE", "redis://HOST:PORT/DATABASE",
 * "mongodb://HOST:PORT/DATABASE". The store "default" is a memory store unless it is added. Options of a SQLite file
 * follow its path, "sqlite:PATH?synchronous=normal&on_file_lost=reopen":
 *   synchronous   how much of a commit is synced. "full" (the default); "normal" may lose the last seconds in a power
 *                 cut.
 *   lease         after how many seconds of silence (a process that is stopped, or hangs as a whole) the other
 *                 processes on the file take over its runs: 1 to 600, 10 by default. The first process sets it.
 *   on_file_lost  what follows if the file is removed or replaced while it is open. "stop": the scheduler stops;
 *                 "reopen": the file that is there now is opened (docs/ledger.md).
 * Those of a server follow its database. PostgreSQL, "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?schema=jobs":
 * schema, lease, on_store_lost, and libpq's parameters. Redis, "redis://USER:PASSWORD@HOST:PORT/0?prefix=jobs": prefix,
 * socket, lease and on_store_lost. MongoDB, "mongodb://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?collection=jobs":
 * collection, lease, on_store_lost, and options of libmongoc that say how to connect (docs/stores.md).
 * UVSCHED_EUNSUPPORTED also if the module of the store, or a library that it needs, is not installed; the message says
 * what is.
 * UVSCHED_EALREADY: the alias is taken. UVSCHED_ENOTFOUND, UVSCHED_EUNSUPPORTED: see above. */
UVSCHED_API int sched_config_add_store(sched_config* config, const char* alias, const char* url);

/* Adds an executor: "inline" (on the loop thread), "threadpool", "threadpool:N", "queue" (see run queues below). The
 * executor "default" is a thread pool unless it is added. UVSCHED_EALREADY: the alias is taken. UVSCHED_ENOTFOUND,
 * UVSCHED_EUNSUPPORTED: see above. */
UVSCHED_API int sched_config_add_executor(sched_config* config, const char* alias, const char* spec);

/* The zone of naive times and of triggers that name none: an IANA name, "UTC", "+02:00". The default is "local", the
 * machine's zone when sched_new() is called (see sched_local_timezone()). */
UVSCHED_API int sched_config_set_timezone(sched_config* config, const char* name);

/* Names this node in the ledger. The default is host:pid. */
UVSCHED_API int sched_config_set_identity(sched_config* config, const char* identity);

/* Defaults for tasks that do not set these: see sched_task_set_mistrigger_grace_time() and its neighbours. */
UVSCHED_API int sched_config_set_mistrigger_grace_time(sched_config* config, int64_t microseconds);
UVSCHED_API int sched_config_set_coalesce(sched_config* config, int coalesce);
UVSCHED_API int sched_config_set_max_instances(sched_config* config, int max_instances);
UVSCHED_API int sched_config_set_max_catch_up(sched_config* config, int max_catch_up);

typedef enum sched_undeclared UVSCHED_32BIT {
    UVSCHED_UNDECLARED_KEEP = 0, /* they stay as they are (the default) */
    UVSCHED_UNDECLARED_PAUSE = 1,
    UVSCHED_UNDECLARED_DELETE = 2,
} sched_undeclared;

/* What a start does with tasks of a durable store that an earlier start declared and this one does not. They are named
 * in one event, UVSCHED_EVENT_TASK_UNDECLARED, in any case. Tasks that were added while a scheduler ran do not count,
 * and a scheduler that declares nothing in a store leaves it alone. For stores of one application: two applications
 * that declare different tasks in one store would do this to each other. */
UVSCHED_API int sched_config_set_undeclared(sched_config* config, sched_undeclared undeclared);

typedef enum sched_driver UVSCHED_32BIT {
    UVSCHED_DRIVER_OWN_THREAD = 0, /* threads of the library's own (the default) */
    UVSCHED_DRIVER_CALLER = 1,     /* the program, by sched_poll() */
} sched_driver;

/* Sets which threads find due tasks, read and write durable stores, and call inline functions, listeners and custom
 * triggers. */
UVSCHED_API int sched_config_set_driver(sched_config* config, sched_driver driver);

typedef enum sched_role UVSCHED_32BIT {
    UVSCHED_ROLE_NODE = 0,    /* it runs the tasks of its stores, as one of those that do (the default) */
    UVSCHED_ROLE_VISITOR = 1, /* it looks at them, and changes tasks */
} sched_role;

/* What a scheduler is to its durable stores. A visitor is for operators' programs, beside the schedulers that run the
 * tasks: it claims and recovers nothing, runs nothing, needs no functions, and the stores keep no trace of it. After
 * sched_start() it can list, add, change, pause, resume and delete tasks, ask for runs, and read history; its functions
 * are not called, and sched_resume() is UVSCHED_EUNSUPPORTED. It makes no store and brings none up to date (see
 * sched_config_migrate_store()): its start is UVSCHED_ENOTFOUND if there is none, and UVSCHED_EVERSION if its tables
 * are those of an earlier version. */
UVSCHED_API int sched_config_set_role(sched_config* config, sched_role role);

typedef enum sched_migration UVSCHED_32BIT {
    UVSCHED_MIGRATE = 0,      /* do it */
    UVSCHED_MIGRATE_SHOW = 1, /* say what would be done */
} sched_migration;

/* Makes a durable store that is not there, or brings its tables up to date, as the start of a scheduler does. Opens the
 * store, and closes it again. `out` (not NULL) becomes JSON, valid until the next call that gives a text of this
 * config:
 *   {"from": 1, "to": 2, "statements": ["ALTER TABLE …"]}
 * "from" is the version of the tables that were there (0: none), "to" that of this library: there was nothing to do if
 * the two are the same. "statements" is empty unless SQL was asked for, and the store knows SQL.
 * UVSCHED_ENOTFOUND: the store was not added. UVSCHED_EUNSUPPORTED: it is in memory. UVSCHED_ECORRUPT,
 * UVSCHED_EVERSION, UVSCHED_ESTORE: as for sched_start(). */
UVSCHED_API int sched_config_migrate_store(const char** out, sched_config* config, const char* store,
                                           sched_migration how);

/* How long a store keeps history. UVSCHED_ENOTFOUND: the store was not added.
 *   store              its alias
 *   age_microseconds   rows that are older are deleted; 0: none is too old. The default is 30 days.
 *   rows_per_task      a task keeps so many rows; 0: all. The default is 1000. */
UVSCHED_API int sched_config_set_retention(sched_config* config, const char* store, int64_t age_microseconds,
                                           int64_t rows_per_task);

/* A clock that stands still until sched_clock_advance(), for tests and simulations. Schedulers made from one config
 * share it. UVSCHED_EINVAL: it would not show a time of 1970 to 2199; moving it later fails likewise. */
UVSCHED_API int sched_config_set_manual_clock(sched_config* config, int64_t start);

/* Folders of zone files: `folder` is read before all others, `fallback` if neither TZDIR nor the system has a zone.
 * NULL: none. For the whole process, and for zones that were not loaded before. */
UVSCHED_API int sched_set_zone_data(const char* folder, const char* fallback);

#define UVSCHED_ZONE_NAME_SIZE 101 /* the longest name and its end */

/* The name of the machine's zone: the value of TZ (a name, a path, or a POSIX string without daylight saving; empty:
 * UTC), else the zone of /etc/localtime, a link or a copy, else the text in /etc/timezone, else "UTC". Looks anew at
 * each call. UVSCHED_EINVAL: they name no zone; the text says what to set. */
UVSCHED_API int sched_local_timezone(char out[UVSCHED_ZONE_NAME_SIZE]);

/* ---- Scheduler --------------------------------------------------------------------------------------------------- */

/* Makes a scheduler. Opens nothing: no thread, file or connection. The config may be freed or used again afterwards.
 * UVSCHED_EVERSION: another copy of libuvsched is in use in this process (docs/c-api.md says how far that is seen). */
UVSCHED_API int sched_new(sched_scheduler** out, const sched_config* config);

/* Frees a scheduler. If it has stopped: listeners hear the events that they have not heard yet, functions, listeners
 * and tokens are released, and no callback runs after this returns (unless it was called from one). If it runs: it is
 * stopped (UVSCHED_STOP_CANCEL), without waiting; runs under way end on their own, tasks on a shutdown trigger run, and
 * functions, listeners and tokens are released after the last of them. May be called from any thread or callback. */
UVSCHED_API void sched_free(sched_scheduler* scheduler);

/* Opens the stores, recovers, writes the tasks added so far and begins to fire. sched_start_paused() does so too, but
 * no task fires until sched_resume(). Waits for the stores, and, if this scheduler is stopping, for its end: for five
 * seconds at most, then UVSCHED_EALREADY. Other schedulers, of this process and of others, may have the same SQLite
 * file open (docs/stores.md). A scheduler that has stopped may be started again. If a start fails, nothing runs and the
 * stores are closed again.
 * UVSCHED_EALREADY: it runs. UVSCHED_EBUSY, UVSCHED_ECORRUPT, UVSCHED_EVERSION, UVSCHED_ESTORE: the file of a store,
 * which the text names. UVSCHED_ECONFLICT: see UVSCHED_RAISE_CONFLICT. */
UVSCHED_API int sched_start(sched_scheduler* scheduler);
UVSCHED_API int sched_start_paused(sched_scheduler* scheduler);

typedef enum sched_stop_mode UVSCHED_32BIT {
    UVSCHED_STOP_WAIT = 0,   /* runs under way may finish */
    UVSCHED_STOP_CANCEL = 1, /* runs under way are asked to end early */
} sched_stop_mode;

/* Starts stopping. Never blocks, may be repeated, and may be called from any thread or callback. Tasks on a shutdown
 * trigger run now, in both modes, and the scheduler has stopped when they have ended; a further UVSCHED_STOP_CANCEL
 * asks them to end early too. UVSCHED_ENOTRUNNING: it does not run. */
UVSCHED_API int sched_stop(sched_scheduler* scheduler, sched_stop_mode mode);

/* Waits until it has stopped. Two threads that wait get the same result.
 * UVSCHED_ETIMEDOUT: still stopping. UVSCHED_EDEADLK: from its own callbacks. UVSCHED_ENOTRUNNING: it did not run. */
UVSCHED_API int sched_wait(sched_scheduler* scheduler, int timeout_ms);

/* sched_stop(UVSCHED_STOP_WAIT), then sched_wait(). From a callback the stop begins, and it returns UVSCHED_EDEADLK. */
UVSCHED_API int sched_shutdown(sched_scheduler* scheduler, int timeout_ms);

/* No fire starts while paused; due times that pass are treated as late when it resumes. UVSCHED_ENOTRUNNING. */
UVSCHED_API int sched_pause(sched_scheduler* scheduler);
UVSCHED_API int sched_resume(sched_scheduler* scheduler);

typedef enum sched_state UVSCHED_32BIT {
    UVSCHED_STATE_STOPPED = 0,
    UVSCHED_STATE_RUNNING = 1,
    UVSCHED_STATE_PAUSED = 2,
    UVSCHED_STATE_STARTING = 3,
    UVSCHED_STATE_STOPPING = 4,
} sched_state;

/* Whether it runs, is paused, has stopped, or is on its way there. */
UVSCHED_API int sched_get_state(sched_state* out, const sched_scheduler* scheduler);

/* A scheduler in a program's own loop (UVSCHED_DRIVER_CALLER). The library then starts no threads except those of
 * thread pools. Watch the descriptor, sleep no longer than the timeout, and call sched_poll() when the descriptor is
 * readable or the timeout is over. Functions that wait (sched_wait(), sched_wait_idle(), and functions that use a
 * durable store) do the work of sched_poll() meanwhile, one thread at a time; the others wait, each as long as its call
 * says. A stop is over when sched_get_state() gives UVSCHED_STATE_STOPPED. sched_free() ends a running scheduler at
 * once, and gives back the runs that have not begun: stop it first. UVSCHED_EINVAL: the scheduler has threads of its
 * own. */

/* Does the work that is due, on this thread: calls inline functions, listeners and custom triggers, and waits for the
 * disk of durable stores. Does nothing while the scheduler is stopped. If another thread is doing this work, waits
 * until that thread has done what is due. UVSCHED_EDEADLK: called from a callback of this scheduler. */
UVSCHED_API int sched_poll(sched_scheduler* scheduler);

/* A descriptor that is readable when sched_poll() has work. On Linux that includes due times; on a system without a
 * timer for the wall clock it does not: there a due time ends the timeout, and nothing else. It is valid until the
 * scheduler is started again or freed. Never read, write or close it. UVSCHED_ENOTRUNNING: the scheduler was not
 * started yet. */
UVSCHED_API int sched_poll_fd(int* out, sched_scheduler* scheduler);

/* The longest time, in milliseconds from now, to wait for the descriptor; -1: until it is readable. Ask before each
 * wait. On Linux it is -1 unless work is to be tried again soon, for want of memory or threads. On a system without a
 * timer for the wall clock it is the time until the next due time, and at most a second, because only sched_poll()
 * notices there that the clock was set; -1 if no time is due. */
UVSCHED_API int sched_poll_timeout(int* out, sched_scheduler* scheduler);

/* Stores and executors may come and go at any time; each call is an event (UVSCHED_EVENT_EXECUTOR_ADDED and so on).
 * Texts are those of sched_config_add_executor() and sched_config_add_store(). A scheduler takes 1,000 stores at a
 * time, and 1,000 aliases of executors in its life; an alias may be used again. */

/* Adds an executor, which runs tasks at once if the scheduler runs; tasks that waited for this alias go on.
 * UVSCHED_EALREADY: the alias is taken, or runs of a removed executor of this alias are under way. UVSCHED_ENOTRUNNING:
 * the scheduler is stopping. */
UVSCHED_API int sched_add_executor(sched_scheduler* scheduler, const char* alias, const char* spec);

/* Removes an executor: runs that it has not begun are released, those that it has begun go on. Its tasks stay, and wait
 * until there is an executor of this alias; UVSCHED_EVENT_TASK_UNRUNNABLE names one of them. A queue's handles stay
 * good: they are those of the next queue of this alias. UVSCHED_ENOTFOUND: there is no such executor. UVSCHED_EINVAL:
 * the next start writes a task that needs it. */
UVSCHED_API int sched_remove_executor(sched_scheduler* scheduler, const char* alias);

/* Adds a store. If the scheduler runs, a durable store is opened, and its tasks run from now on; the call waits for
 * that. `url` may also be a JSON object with the options of the store ("type", "path", "retention_age" and so on).
 * UVSCHED_EALREADY: the alias is taken, or a removed store of this alias is not closed yet. UVSCHED_ENOTRUNNING: the
 * scheduler is stopping. UVSCHED_EDEADLK: called on a loop thread, from a callback. Errors of the store: it was not
 * added. */
UVSCHED_API int sched_add_store(sched_scheduler* scheduler, const char* alias, const char* url);

/* Removes a store: nothing of it is called any more, tasks in memory are gone, and those of a durable store stay in it.
 * The store is closed when what has begun has ended and is recorded: before this call returns, if nothing is under way.
 * UVSCHED_ENOTFOUND: there is no such store. UVSCHED_EINVAL: the next start writes a task to it. */
UVSCHED_API int sched_remove_store(sched_scheduler* scheduler, const char* alias);

/* The name of its time zone; of the machine's zone if it was made without one. Lives as long as the handle. */
UVSCHED_API const char* sched_timezone(const sched_scheduler* scheduler);

/* Waits until nothing is due at the clock's present time, nothing runs, and every result is stored. For tests.
 * UVSCHED_ETIMEDOUT, UVSCHED_ENOTRUNNING; UVSCHED_EDEADLK from its own callbacks. */
UVSCHED_API int sched_wait_idle(sched_scheduler* scheduler, int timeout_ms);

/* Move a manual clock; UVSCHED_EUNSUPPORTED for any other. advance: time passes (not backwards); step: the wall clock
 * is set by so much. Tasks that became due have not run yet when these return: see sched_wait_idle(). */
UVSCHED_API int sched_clock_advance(sched_scheduler* scheduler, int64_t microseconds);
UVSCHED_API int sched_clock_step(sched_scheduler* scheduler, int64_t microseconds);

/* The time of the scheduler's wall clock, manual or not. */
UVSCHED_API int sched_clock_now(int64_t* out, const sched_scheduler* scheduler);

typedef struct sched_stats {
    size_t size;
    int64_t fires;     /* runs handed to executors */
    int64_t finished;  /* runs that ended */
    int64_t missed;    /* due times missed or skipped */
    int64_t wakeups;   /* times the loop thread came back from waiting */
    int64_t in_flight; /* runs claimed or under way now */
    int64_t events_dropped;
    /* Of the stop under way: tasks on a shutdown trigger, until runs that had not begun are taken back; then those
     * whose function is still to be called. */
    int64_t shutdown_to_come;
    int64_t shutdown_left;
} sched_stats;

#define UVSCHED_STATS_INIT \
    { sizeof(sched_stats), 0, 0, 0, 0, 0, 0, 0, 0 }

/* Counters since the scheduler was made. */
UVSCHED_API int sched_get_stats(sched_stats* out, const sched_scheduler* scheduler);

/* ---- Functions --------------------------------------------------------------------------------------------------- */

/* Makes a function callable by tasks. UVSCHED_EALREADY: the name is taken.
 *   name       tasks name the function by it: sched_task_new()
 *   fn         called for each run, on the task's executor
 *   user_data  handed to `fn`
 *   destroy    destroy(user_data) is called once, when the name was unregistered or the scheduler freed, and no run
 *              uses it any more. May be NULL. */
UVSCHED_API int sched_register_function(sched_scheduler* scheduler, const char* name, sched_run_fn fn, void* user_data,
                                        sched_destroy_fn destroy);

/* Makes a function of another language callable by tasks: its runs carry `token` to a run queue's consumer. If a name
 * is registered again, its token is replaced, and the old one comes back as a RELEASE item of the `queue` that it was
 * registered with. */
UVSCHED_API int sched_register_token(sched_scheduler* scheduler, const char* name, uint64_t token, sched_queue* queue);

/* Its tasks stay, and wait until the name is registered again. UVSCHED_ENOTFOUND. */
UVSCHED_API int sched_unregister_function(sched_scheduler* scheduler, const char* name);

/* ---- Triggers ---------------------------------------------------------------------------------------------------- */

/* A rule that says when something is due, to be asked or to be given to tasks. It knows no clock and no scheduler.
 * Threads: any number may use one trigger at a time, but none while sched_trigger_set_key() changes it.
 *
 * `zone` is the zone of naive times and of a rule that names none: an IANA name, "UTC", "+02:00", "local". NULL: the
 * machine's zone while the trigger is asked, the scheduler's in a task that it is given to. UVSCHED_EINVAL: there is no
 * such zone. */

/* A cron string: 5 fields (minute hour day-of-month month day-of-week), 6 with seconds first, 7 with a year last; or
 * "@daily" and the like. UVSCHED_EINVAL says which field, which text, what was expected, and the column (characters
 * from 1): minute: "61" is not in 0-59 (column 1). */
UVSCHED_API int sched_trigger_from_cron(sched_trigger** out, const char* expression, const char* zone);

/* JSON as written by sched_trigger_json(), or by hand: {"type": "calendar_interval", "months": 1, "hour": 9}.
 * docs/c-api.md lists the types. UVSCHED_EINVAL: the text starts with the JSON path of the fault, "triggers[1].hour: ".
 */
UVSCHED_API int sched_trigger_from_json(sched_trigger** out, const char* json, const char* zone);

/* Keyword fields, all of which must match. NULL: not given. A field that is not given takes its minimum if it is finer
 * than the finest given one, else every value. */
typedef struct sched_cron_fields {
    size_t size;
    const char* year;        /* 1970 to 2199 */
    const char* month;       /* 1 to 12, jan to dec */
    const char* day;         /* 1 to 31, last, 2nd fri, last mon */
    const char* week;        /* ISO weeks, 1 to 53 */
    const char* day_of_week; /* 0 to 6, mon to sun: Monday is 0, unlike in cron strings */
    const char* hour;
    const char* minute;
    const char* second;
} sched_cron_fields;

#define UVSCHED_CRON_FIELDS_INIT \
    { sizeof(sched_cron_fields), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL }

/* UVSCHED_EINVAL as for sched_trigger_from_cron(), or because no field is given. */
UVSCHED_API int sched_trigger_from_fields(sched_trigger** out, const sched_cron_fields* fields, const char* zone);

UVSCHED_API void sched_trigger_free(sched_trigger* trigger);

typedef enum sched_why UVSCHED_32BIT {
    UVSCHED_WHY_MATCH = 0,       /* the rule names this time */
    UVSCHED_WHY_GAP = 1,         /* a gap of local time ends here that swallowed a time that the rule names */
    UVSCHED_WHY_FIRST_PASS = 2,  /* the rule names this time, which local clocks will show once more */
    UVSCHED_WHY_SECOND_PASS = 3, /* the rule names this time, which local clocks have shown before */
} sched_why;

typedef struct sched_time {
    int64_t instant;
    int32_t offset_seconds; /* local time minus UTC in the trigger's zone, then */
    int32_t why;            /* sched_why */
} sched_time;

/* The due times before or after an instant, without jitter. UVSCHED_EINVAL: an `H` in a cron string, without a key.
 *   out, capacity  where at most so many times go: _next() the oldest first, _previous() the newest first
 *   count          how many were written: fewer than `capacity` if there are no more, and 0 for a rule that is due when
 *                  a scheduler starts or stops
 *   after, before  the times lie strictly after or before it. It also stands for "now", which adding a task would fill
 *                  in: the first time of an interval without a start is one interval after it. */
UVSCHED_API int sched_trigger_next(sched_time* out, size_t capacity, size_t* count, const sched_trigger* trigger,
                                   int64_t after);
UVSCHED_API int sched_trigger_previous(sched_time* out, size_t capacity, size_t* count, const sched_trigger* trigger,
                                       int64_t before);

typedef struct sched_offset {
    int64_t begin;   /* the first instant with this offset; INT64_MIN: since ever */
    int64_t end;     /* the first one after it with another; INT64_MAX: for ever */
    int32_t seconds; /* local time minus UTC */
    int32_t reserved;
} sched_offset;

/* The stretch of constant offset in the trigger's zone that holds `instant`. Exact before the year 2200. */
UVSCHED_API int sched_trigger_offset(sched_offset* out, const sched_trigger* trigger, int64_t instant);

/* Settles each `H` of its cron strings that has no key of its own, by a text of 1 to 255 bytes; the last one counts.
 * Only for asking: in a task, its id or its function's name settles them. */
UVSCHED_API int sched_trigger_set_key(sched_trigger* trigger, const char* key);

/* Its canonical JSON, equal for equal rules; and a line for people. Valid until the key is set or the handle freed;
 * NULL for a bad handle. */
UVSCHED_API const char* sched_trigger_json(const sched_trigger* trigger);
UVSCHED_API const char* sched_trigger_text(const sched_trigger* trigger);

/* ---- Tasks ------------------------------------------------------------------------------------------------------- */

/* A description of a task to add, or (with `function` NULL) of changes to one. The scheduler copies what it needs: the
 * handle may be used again or freed. */
UVSCHED_API int sched_task_new(sched_task** out, const char* function);
UVSCHED_API void sched_task_free(sched_task* task);

/* The names of a task, and its home. Without an id one is made up (a stable one for a recurring task in a durable
 * store); the name is the function's, store and executor are "default", unless set. */
UVSCHED_API int sched_task_set_function(sched_task* task, const char* function);
UVSCHED_API int sched_task_set_id(sched_task* task, const char* id);
UVSCHED_API int sched_task_set_name(sched_task* task, const char* name);
UVSCHED_API int sched_task_set_store(sched_task* task, const char* alias);
UVSCHED_API int sched_task_set_executor(sched_task* task, const char* alias);

/* Arguments as JSON (array or object), handed to each run. NULL: none. */
UVSCHED_API int sched_task_set_arguments(sched_task* task, const char* json);

/* The trigger: the last one set counts, sched_task_set_custom_trigger() included. A task without a trigger runs once,
 * at once. The JSON is as written by sched_task_trigger_json(): {"type": "interval", "seconds": 10, "start_at":
 * "2026-01-01T00:00:00Z"}. A cron string is read in `zone` (NULL: the scheduler's), with the errors of
 * sched_trigger_from_cron(). A trigger is copied. */
UVSCHED_API int sched_task_set_date(sched_task* task, int64_t instant);
UVSCHED_API int sched_task_set_interval(sched_task* task, int64_t microseconds);
UVSCHED_API int sched_task_set_cron(sched_task* task, const char* expression, const char* zone);
UVSCHED_API int sched_task_set_trigger(sched_task* task, const sched_trigger* trigger);
UVSCHED_API int sched_task_set_trigger_json(sched_task* task, const char* json);

/* Members of the trigger, set before or after it; whether they fit it is found when the task is added. The end is
 * inclusive; jitter delays each run by 0 to so much. */
UVSCHED_API int sched_task_set_start_at(sched_task* task, int64_t instant);
UVSCHED_API int sched_task_set_end_at(sched_task* task, int64_t instant);
UVSCHED_API int sched_task_set_jitter(sched_task* task, int64_t microseconds);
UVSCHED_API int sched_task_set_timezone(sched_task* task, const char* name);

/* Lateness. A run later than the grace time is a miss (-1, the default: never too late; 0: not a microsecond late,
 * which hardly any run is on a clock that goes on). Times that piled up run once (coalesce 1, the default) or each, up
 * to max_catch_up (1 to 100000, default 1000). */
UVSCHED_API int sched_task_set_mistrigger_grace_time(sched_task* task, int64_t microseconds);
UVSCHED_API int sched_task_set_coalesce(sched_task* task, int coalesce);
UVSCHED_API int sched_task_set_max_catch_up(sched_task* task, int max_catch_up);

/* Overlap: a time that comes while so many of its runs are under way (default 1) is skipped. */
UVSCHED_API int sched_task_set_max_instances(sched_task* task, int max_instances);

typedef enum sched_on_crash UVSCHED_32BIT {
    UVSCHED_CRASH_RERUN = 0,     /* at least once (the default) */
    UVSCHED_CRASH_MARK_LOST = 1, /* at most once */
} sched_on_crash;

/* What becomes of a run whose process died. One that is run again is lost after max_crashes (default 3). */
UVSCHED_API int sched_task_set_on_crash(sched_task* task, sched_on_crash on_crash);
UVSCHED_API int sched_task_set_max_crashes(sched_task* task, int max_crashes);

/* The first run at this time, of 1970 to 2199, whatever the trigger says; or none until it is resumed. The last of the
 * two counts. */
UVSCHED_API int sched_task_set_next_run_time(sched_task* task, int64_t instant);
UVSCHED_API int sched_task_set_paused(sched_task* task);

/* Memory stores only: a number handed out with each run. It comes back as a RELEASE item of `queue` when the task is
 * gone and no run uses it, or another token took its place; not if adding failed. */
UVSCHED_API int sched_task_set_token(sched_task* task, uint64_t token, sched_queue* queue);

/* The function has no name that another process could resolve: durable stores refuse the task. */
UVSCHED_API int sched_task_set_local(sched_task* task);

#define UVSCHED_REPLACE_EXISTING 1U /* an existing id gets this definition; run count and pause stay */
#define UVSCHED_RAISE_CONFLICT 2U   /* an existing id with another declaration is an error, of sched_start() too */
#define UVSCHED_KEEP_EXISTING 4U    /* an existing id stays as it is; event UVSCHED_EVENT_TASK_CONFLICT */

/* Adds a task; `flags` is 0 or one of the above. Before start it is kept, and written at start. Afterwards the getters
 * of `task` show it as stored. Waits for a durable store's commit.
 *
 * The store remembers how each id was declared last. The same declaration again changes nothing, whoever makes it:
 * changes made since stay. Another declaration replaces the task if it is added before start (the code has changed; an
 * event UVSCHED_EVENT_TASK_REDECLARED tells the difference), and is a conflict once the scheduler runs, unless
 * UVSCHED_REPLACE_EXISTING is given. A replacement keeps run count and pause, and the next due time if the trigger is
 * the same. Two declarations of one id before start are a conflict too.
 * UVSCHED_ECONFLICT: the text has the difference. UVSCHED_ENOTFOUND: no such store, executor, or function.
 * UVSCHED_ESTORE. */
UVSCHED_API int sched_add_task(sched_scheduler* scheduler, sched_task* task, unsigned flags);

/* The functions from here to sched_preview_task_runs() name a task by its id and its store; `store` may be NULL: the
 * first store that has the id. They wait for the commit if the store is durable, and leave runs under way alone.
 * UVSCHED_ENOTFOUND names the id; UVSCHED_ENOTRUNNING: the store is durable and closed; UVSCHED_ESTORE. */

/* Deletes a task. */
UVSCHED_API int sched_delete_task(sched_scheduler* scheduler, const char* id, const char* store);

/* Deletes all tasks of a store (NULL: of all stores). `removed` gets the number of tasks; may be NULL. */
UVSCHED_API int sched_remove_all_tasks(int64_t* removed, sched_scheduler* scheduler, const char* store);

/* A paused task stays paused over restarts; resuming computes its next time from now. */
UVSCHED_API int sched_pause_task(sched_scheduler* scheduler, const char* id, const char* store);
UVSCHED_API int sched_resume_task(sched_scheduler* scheduler, const char* id, const char* store);

/* Applies to the stored task the members that were set on `changes`. Its id and store cannot change. */
UVSCHED_API int sched_update_task(sched_scheduler* scheduler, const char* id, const char* store,
                                  const sched_task* changes);

/* One run now, beside the schedule, kind "manual". */
UVSCHED_API int sched_run_task(sched_scheduler* scheduler, const char* id, const char* store);

/* A handle, to free, that shows the task as it is now. Setters turn it into a description with all that it shows. */
UVSCHED_API int sched_get_task(sched_task** out, sched_scheduler* scheduler, const char* id, const char* store);

/* The next times of a stored task.
 *   out, capacity  where at most so many go (10,000 in one call), oldest first
 *   count          how many were written
 *   id, store      the task
 *   after          times strictly after it; INT64_MIN: from the task's next run on */
UVSCHED_API int sched_preview_task_runs(int64_t* out, size_t capacity, size_t* count, sched_scheduler* scheduler,
                                        const char* id, const char* store, int64_t after);

/* Getters. Strings live until the handle is changed or freed; "" if nothing is set; NULL for a bad handle, and for a
 * trigger whose members do not fit it. */
UVSCHED_API const char* sched_task_id(const sched_task* task);
UVSCHED_API const char* sched_task_name(const sched_task* task);
UVSCHED_API const char* sched_task_function(const sched_task* task);
UVSCHED_API const char* sched_task_store(const sched_task* task);
UVSCHED_API const char* sched_task_executor(const sched_task* task);
UVSCHED_API const char* sched_task_arguments(const sched_task* task);
UVSCHED_API const char* sched_task_trigger_json(const sched_task* task);
UVSCHED_API const char* sched_task_trigger_text(const sched_task* task); /* for people: "interval of 10 s" */

/* What adding a task did. */
typedef enum sched_add_outcome UVSCHED_32BIT {
    UVSCHED_ADD_CREATED = 1,
    UVSCHED_ADD_UNCHANGED = 2, /* the task was there */
    UVSCHED_ADD_REPLACED = 3,  /* or the declaration that the next start writes */
    UVSCHED_ADD_PENDING = 4,   /* the next start writes it */
} sched_add_outcome;

typedef struct sched_task_info {
    size_t size;
    int64_t next_run_time;         /* INT64_MAX: none (paused, finished, never) */
    int64_t runs;                  /* started so far */
    int64_t mistrigger_grace_time; /* -1: none */
    uint64_t token;
    int32_t max_instances;
    int32_t max_catch_up;
    int32_t max_crashes;
    int32_t running; /* under way now */
    uint8_t coalesce;
    uint8_t on_crash; /* sched_on_crash */
    uint8_t paused;
    uint8_t finished;
    uint8_t pending; /* added before start, not stored yet */
    uint8_t outcome; /* sched_add_outcome of the sched_add_task() that got this handle; 0: there was none */
    uint8_t reserved[2];
} sched_task_info;

#define UVSCHED_TASK_INFO_INIT                                                      \
    {                                                                               \
        sizeof(sched_task_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, { 0, 0 } \
    }

/* The numbers of a task. */
UVSCHED_API int sched_task_get_info(sched_task_info* out, const sched_task* task);

/* The tasks of a store (NULL: of every store) that are not finished, in order of store and id, read in pages as it goes
 * on: tasks added or removed meanwhile may be seen or not, all others are seen once. UVSCHED_ENOTFOUND: no such store.
 */
UVSCHED_API int sched_get_tasks(sched_task_iterator** out, sched_scheduler* scheduler, const char* store);

/* The next task, to be freed. UVSCHED_EEND: there is none. Waits for durable stores. */
UVSCHED_API int sched_task_iterator_next(sched_task** out, sched_task_iterator* iterator);
UVSCHED_API void sched_task_iterator_free(sched_task_iterator* iterator);

typedef struct sched_task_counts {
    size_t size;
    int64_t scheduled; /* with a next due time */
    int64_t idle;      /* without one, and not paused: on an event, or while a custom trigger is asked */
    int64_t paused;
    int64_t pending; /* added, and written to their store by the next start */
} sched_task_counts;

#define UVSCHED_TASK_COUNTS_INIT \
    { sizeof(sched_task_counts), 0, 0, 0, 0 }

/* Counts the tasks of a store (NULL: of every store) that are not finished, without reading them; rows that cannot be
 * read do not count. Waits for durable stores. UVSCHED_ENOTFOUND: no such store. UVSCHED_ENOTRUNNING: the scheduler has
 * stopped, and a durable store with tasks is closed. */
UVSCHED_API int sched_count_tasks(sched_task_counts* out, sched_scheduler* scheduler, const char* store);

/* What there is to say of an open durable store (NULL: "default") as a whole. Reads all of it, and watches its
 * schedulers until each has given a sign of life, or could have: for two fifths of the lease, and for `watch_ms` at
 * most (-1: for 5 seconds). `out` (not NULL) becomes JSON, valid until the next call of this function for this
 * scheduler:
 *   server             name and version of the database
 *   schema, min_reader versions: of its tables, and the oldest one that can use them
 *   now, lease         in microseconds: the time by the store's clock, and after how much silence a scheduler is dead
 *   tasks, fires       how many there are in each state ("apart": tasks that cannot be read); fires that have not ended
 *   history            rows
 *   nodes              the schedulers that have it open, or had it: number, label, process, version, state, and the
 *                      numbers of the lanes that it can run (null: it did not say). States are "open", "silent",
 *                      "unsure" (it was not watched for long enough), "left" and "died"
 *   lanes              what there is to do, by what it takes: number, executor, function, trigger, format, tasks,
 *                      oldest_due (microseconds, or null), has_node (whether a scheduler that lives can run it)
 *   apart              tasks that cannot be read: id, why; a thousand at most
 *   more               by name, numbers that only such a store has: bytes and seconds
 *   problems           texts for people; empty if all is well
 * UVSCHED_ENOTFOUND: no such store. UVSCHED_EUNSUPPORTED: it is in memory. UVSCHED_ENOTRUNNING: it is closed. */
UVSCHED_API int sched_check_store(const char** out, sched_scheduler* scheduler, const char* store, int watch_ms);

/* ---- History ----------------------------------------------------------------------------------------------------- */

/* The members of a row of history: a fire that ended, or due times that were missed or skipped. Texts are "" and
 * numbers 0 if there is nothing to say. Listed here once: the struct below, uvsched.hpp and the Python package take
 * their members from this table. */
#define UVSCHED_HISTORY_FIELDS(TEXT, INSTANT, INT64, INT32)                                 \
    INT64(number) /* grows with each row of a store */                                      \
    TEXT(task_id)                                                                           \
    TEXT(fire_id)                                                                           \
    TEXT(kind)   /* scheduled, manual, boot, shutdown */                                    \
    TEXT(state)  /* done, failed, cancelled, lost, missed, skipped */                       \
    TEXT(reason) /* why, if the state does not say it */                                    \
    TEXT(owner)  /* the identity of the scheduler that ran it */                            \
    TEXT(result) /* JSON */                                                                 \
    TEXT(error)                                                                             \
    TEXT(late_result)       /* JSON: reported after the fire had been taken from its run */ \
    INSTANT(first_time)     /* the earliest scheduled time folded into this row */          \
    INSTANT(scheduled_time) /* the latest */                                                \
    INT64(folded)           /* how many times those are */                                  \
    INSTANT(claimed_at)                                                                     \
    INSTANT(started_at)                                                                     \
    INSTANT(finished_at)                                                                    \
    INT32(exact) /* 0: folded is "at least" */                                              \
    INT32(attempt)                                                                          \
    INT32(crashes)

#define UVSCHED_TEXT_MEMBER(name) const char* name;
#define UVSCHED_INT64_MEMBER(name) int64_t name;
#define UVSCHED_INT32_MEMBER(name) int32_t name;
#define UVSCHED_TEXT_ZERO(name) NULL,
#define UVSCHED_INT_ZERO(name) 0,

typedef struct sched_history_row {
    size_t size;
    UVSCHED_HISTORY_FIELDS(UVSCHED_TEXT_MEMBER, UVSCHED_INT64_MEMBER, UVSCHED_INT64_MEMBER, UVSCHED_INT32_MEMBER)
    int32_t reserved;
} sched_history_row;

#define UVSCHED_HISTORY_ROW_INIT                                                                              \
    {                                                                                                         \
        sizeof(sched_history_row),                                                                            \
            UVSCHED_HISTORY_FIELDS(UVSCHED_TEXT_ZERO, UVSCHED_INT_ZERO, UVSCHED_INT_ZERO, UVSCHED_INT_ZERO) 0 \
    }

/* Which rows; a member that is NULL or 0 does not choose. */
typedef struct sched_history_query {
    size_t size;
    const char* task_id;
    const char* store; /* NULL: "default" */
    const char* state;
    int64_t before; /* rows with a smaller number, which are older */
    int64_t limit;  /* at most so many rows */
} sched_history_query;

#define UVSCHED_HISTORY_QUERY_INIT \
    { sizeof(sched_history_query), NULL, NULL, NULL, 0, 0 }

/* History from new to old, read in pages as it goes on; rows that come after the first page was read are not seen.
 * `query` NULL: all rows of "default". UVSCHED_ENOTFOUND: no such store. */
UVSCHED_API int sched_history(sched_history_iterator** out, sched_scheduler* scheduler,
                              const sched_history_query* query);

/* The next row; its texts live until the iterator's next call or its end. UVSCHED_EEND: there is none. Waits for
 * durable stores. UVSCHED_ENOTRUNNING: the store is durable and closed. */
UVSCHED_API int sched_history_iterator_next(sched_history_row* out, sched_history_iterator* iterator);
UVSCHED_API void sched_history_iterator_free(sched_history_iterator* iterator);

/* ---- Runs: valid in the callback, or until a run queue's consumer has reported the run --------------------------- */

/* The task of a run. Strings live as long as the run. */
UVSCHED_API const char* sched_run_task_id(const sched_run* run);
UVSCHED_API const char* sched_run_task_name(const sched_run* run);
UVSCHED_API const char* sched_run_function(const sched_run* run);
UVSCHED_API const char* sched_run_store(const sched_run* run);
UVSCHED_API const char* sched_run_arguments(const sched_run* run); /* JSON, or "" */

#define UVSCHED_FIRE_ID_SIZE 33 /* 32 hexadecimal digits and a NUL */

/* The idempotency key: written to `out`, which is returned. */
UVSCHED_API const char* sched_run_fire_id(char out[UVSCHED_FIRE_ID_SIZE], const sched_run* run);

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

/* The run's result (JSON text) or error text, for event and ledger. To be called in its callback, on that thread. Bytes
 * of an error text that are not UTF-8 are replaced, and it is cut after 64 KiB. */
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
#define UVSCHED_EVENT_TASK_FINISHED (1ULL << 20)    /* the trigger has no further time; a last run may follow */
#define UVSCHED_EVENT_TASK_CONFLICT (1ULL << 21)    /* UVSCHED_KEEP_EXISTING: the stored task differs, and stays */
#define UVSCHED_EVENT_TASK_QUARANTINED (1ULL << 22) /* a stored row cannot be read; it stays where it is */
#define UVSCHED_EVENT_TASK_UNRUNNABLE (1ULL << 23)  /* a stored task's function or executor is not known here */
#define UVSCHED_EVENT_STORE_ERROR (1ULL << 24)      /* a request failed and is tried again, or the file is another */
#define UVSCHED_EVENT_STORE_RECOVERED (1ULL << 25)
#define UVSCHED_EVENT_CLOCK_STEP (1ULL << 26)
#define UVSCHED_EVENT_SLOW_INLINE (1ULL << 27)    /* an inline callback held the loop for longer than 100 ms */
#define UVSCHED_EVENT_EVENTS_DROPPED (1ULL << 28) /* a listener was too slow; it gets this one whatever its mask */
#define UVSCHED_EVENT_TRIGGER_ERROR (1ULL << 29)
#define UVSCHED_EVENT_RESOURCE_ERROR (1ULL << 30)  /* memory or threads ran out; the scheduler tries again */
#define UVSCHED_EVENT_TASK_REDECLARED (1ULL << 31) /* another declaration replaced the stored task: old and new */
#define UVSCHED_EVENT_TASK_UNDECLARED (1ULL << 32) /* for each store and start: see sched_config_set_undeclared() */
#define UVSCHED_EVENT_TASK_UNNAMED (1ULL << 33)  /* a one-off without an id: each start that declares it adds another */
#define UVSCHED_EVENT_TASK_DELAYED (1ULL << 34)  /* a run waited in its executor for more than a second: _duration */
#define UVSCHED_EVENT_LEASE_LOST (1ULL << 35)    /* a run ended when its fire was another process's: not recorded */
#define UVSCHED_EVENT_STORE_WARNING (1ULL << 36) /* a store works, but not quite as was asked: the message says why */
#define UVSCHED_EVENT_ALL ((1ULL << 37) - 1)

/* Adds a listener.
 *   out        gets a number for sched_remove_listener(); may be NULL
 *   mask       the codes of the events to hear, or-ed
 *   callback   called on a thread for listeners, in order
 *   user_data  handed to `callback`
 *   destroy    destroy(user_data) is called once, when the listener was removed or the scheduler freed. May be NULL. */
UVSCHED_API int sched_add_listener(uint64_t* out, sched_scheduler* scheduler, uint64_t mask, sched_event_fn callback,
                                   void* user_data, sched_destroy_fn destroy);

/* Waits for a call of the listener that is under way (unless it is made from that call). After it returns, the listener
 * is not called any more. UVSCHED_ENOTFOUND. */
UVSCHED_API int sched_remove_listener(sched_scheduler* scheduler, uint64_t listener);

/* Getters; strings live as long as the event: in the callback, or until the consumer's next sched_consumer_take(). They
 * give "" or 0 if they do not concern the event. */
UVSCHED_API uint64_t sched_event_code(const sched_event* event);
UVSCHED_API const char* sched_event_name(const sched_event* event); /* "task_executed" */
UVSCHED_API int64_t sched_event_time(const sched_event* event);
UVSCHED_API const char* sched_event_alias(const sched_event* event); /* of the store or executor */
UVSCHED_API const char* sched_event_task_id(const sched_event* event);
/* The task's name, for people, in events about runs and due times. */
UVSCHED_API const char* sched_event_task_name(const sched_event* event);
UVSCHED_API const char* sched_event_fire_id(const sched_event* event);
UVSCHED_API int64_t sched_event_scheduled_time(const sched_event* event);
UVSCHED_API int64_t sched_event_first_time(const sched_event* event);
/* Times folded, missed or skipped (exact, or at least so many); events dropped; microseconds of a step or slow call. */
UVSCHED_API int64_t sched_event_count(const sched_event* event);
UVSCHED_API int sched_event_exact(const sched_event* event);
UVSCHED_API const char* sched_event_reason(const sched_event* event);
UVSCHED_API int sched_event_attempt(const sched_event* event);
UVSCHED_API int64_t sched_event_duration(const sched_event* event);   /* of an ended run, or its wait: microseconds */
UVSCHED_API const char* sched_event_result(const sched_event* event); /* JSON, or "" */
/* A text for people; the error's text if a run failed. */
UVSCHED_API const char* sched_event_message(const sched_event* event);

/* 1 if a call asked for it, such as sched_add_task() or sched_pause(): its caller knows by the time it returns. */
UVSCHED_API int sched_event_asked(const sched_event* event);

/* ---- Run queues: executors for other languages, threads and processes -------------------------------------------- */

/* A consumer takes runs when it likes, and they are reported with sched_queue_finish() at any later time, from any
 * thread, by their run id. So any engine can stand on a queue: a loop, a pool of processes, a remote worker. For a run
 * that leaves the thread, sched_run_fire_id(), sched_run_function() and sched_run_arguments() are what it needs to be
 * called elsewhere. docs/c-api.md has programs. */

/* The queue behind an executor of type "queue". UVSCHED_ENOTFOUND: no such executor. */
UVSCHED_API int sched_get_queue(sched_queue** out, sched_scheduler* scheduler, const char* executor);

/* Frees the handle, not the executor. A callback that was set through it stays: clear it first, or through another
 * handle (see sched_queue_set_notify()). */
UVSCHED_API void sched_queue_free(sched_queue* queue);

/* Makes a consumer with room for so many runs that wait: the scheduler claims no more at once than the consumers of the
 * queue have room for, and no more until they have taken those, however long it works on them. */
UVSCHED_API int sched_consumer_new(sched_consumer** out, sched_queue* queue, size_t room);

/* Makes a consumer that is so many workers, each busy with a run from its take to sched_queue_finish(): the scheduler
 * claims as many runs as workers are free, and, while runs are short, what they can begin within a few milliseconds. So
 * what comes to be due while all are busy is planned when one is free: it is folded or missed as its task says. */
UVSCHED_API int sched_consumer_new_workers(sched_consumer** out, sched_queue* queue, size_t workers);

/* Frees a consumer; a take that waits in another thread returns. Runs that it has taken may still be reported. When the
 * last consumer of a queue is freed, the runs that wait there are released to be claimed again. */
UVSCHED_API void sched_consumer_free(sched_consumer* consumer);

typedef enum sched_item_tag UVSCHED_32BIT {
    UVSCHED_ITEM_RUN = 1,          /* a run to be made, and reported with sched_queue_finish() */
    UVSCHED_ITEM_EVENT = 2,        /* see sched_queue_subscribe() */
    UVSCHED_ITEM_TRIGGER_NEXT = 3, /* see custom triggers below */
    UVSCHED_ITEM_STORE_CALL = 4,   /* reserved */
    UVSCHED_ITEM_RELEASE = 5,      /* `token` is not used any more */
    UVSCHED_ITEM_STOPPED = 6,      /* the scheduler has stopped */
    UVSCHED_ITEM_CANCEL = 7,       /* the run `run_id` should end early */
} sched_item_tag;

typedef struct sched_item {
    uint32_t tag; /* sched_item_tag; skip those that you do not know */
    uint32_t reserved;
    uint64_t run_id;
    uint64_t token; /* RUN: the task's, else the function's; RELEASE: the retired one; TRIGGER_NEXT: the trigger's */
    const sched_run* run;     /* RUN: valid until it is reported */
    const sched_event* event; /* EVENT: valid until this consumer's next take, or its end */
    const sched_ask* ask;     /* TRIGGER_NEXT: valid as an event is */
} sched_item;

/* Takes items, on any thread, but one thread at a time for each consumer.
 *   out, capacity  where at most so many go (4096 in one call)
 *   count          how many were taken; 0: the time is over, or sched_queue_wake() was called
 *   timeout_ms     how long to wait for the first */
UVSCHED_API int sched_consumer_take(sched_item* out, size_t capacity, size_t* count, sched_consumer* consumer,
                                    int timeout_ms);

/* Makes every take that waits return. */
UVSCHED_API int sched_queue_wake(sched_queue* queue);

/* A descriptor that is readable while items wait; never read or close it yourself. It is closed when the scheduler and
 * every handle of the queue and its consumers are freed. */
UVSCHED_API int sched_queue_fd(int* out, sched_queue* queue);

/* For loops that cannot wait for a descriptor: `notify` is called each time that the descriptor becomes readable, which
 * is when items begin to wait where none did; and at once, if items wait already when it is set or when a consumer
 * attaches. After a call take until there are 0 items: the next call comes only then.
 *
 * The callback is called on the thread that brings an item: a thread of the scheduler, or any that calls this library.
 * Locks are held meanwhile, so it must not block and must not call this library. It wakes the consumer's loop
 * (uv_async_send(), g_main_context_wakeup(), PostQueuedCompletionStatus()) and returns.
 *
 * A queue has one callback, whichever handle sets it: setting another replaces it, and NULL ends it. When this
 * function has returned, the callback before is not called any more, and no call of it is under way: its user_data may
 * be freed. */
typedef void (*sched_notify_fn)(void* user_data);
UVSCHED_API int sched_queue_set_notify(sched_queue* queue, sched_notify_fn notify, void* user_data);

/* Events for the queue's consumers, in a bounded ring with a drop count. A mask of 0: none. */
UVSCHED_API int sched_queue_subscribe(sched_queue* queue, uint64_t mask);

typedef enum sched_run_status UVSCHED_32BIT {
    UVSCHED_RUN_DONE = 0,
    UVSCHED_RUN_FAILED = 1,
    UVSCHED_RUN_CANCELLED = 2,
} sched_run_status;

typedef struct sched_result {
    uint64_t run_id;
    int32_t status; /* sched_run_status */
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
 * the other: when the task is added, resumed, updated or replaced, after each run was claimed, and, if a run is more
 * than a second late, for the times that piled up behind it, before it is run. While it is asked, the task has no next
 * run. jitter, start_at and end_at are the scheduler's part.
 *
 * A function that fails, gives a time that is not later than its last one (or, asked for the first, lies before the
 * moment it is asked from), or one outside 1970 to 2199, or does not answer within UVSCHED_TRIGGER_DEADLINE_MS, hurts
 * its own task alone: that one is paused, with a "missed" row of reason "trigger_failed" in its history, whose error
 * says what came, and an event UVSCHED_EVENT_TRIGGER_ERROR. sched_resume_task() and sched_update_task() ask again.
 *
 * A stored task whose trigger's name is not registered in this process waits until it is (one event, TASK_UNRUNNABLE).
 * A process that ends between a claim and the answer loses nothing: the next start asks again. Custom triggers cannot
 * stand inside "and" and "or", and sched_preview_task_runs() shows their next time alone. */

#define UVSCHED_TRIGGER_DEADLINE_MS 5000 /* for one answer */

typedef enum sched_answer_status UVSCHED_32BIT {
    UVSCHED_TRIGGER_NEVER = 0,   /* there is no further time: the task is finished */
    UVSCHED_TRIGGER_TIME = 1,    /* the next time is known */
    UVSCHED_TRIGGER_FAILED = -1, /* as is every other number */
} sched_answer_status;

/* Writes the next time to `next` and returns a sched_answer_status. Called on a thread that the scheduler keeps for
 * custom triggers, one call at a time, with no lock held. A call that is over its deadline keeps that thread, and a
 * fresh thread asks the others; its answer is then ignored, and neither a stop nor sched_free() waits for it. */
typedef int (*sched_trigger_next_fn)(int64_t* next, const sched_ask* ask, void* user_data);

typedef struct sched_trigger_table {
    size_t size;
    sched_trigger_next_fn next;
} sched_trigger_table;

#define UVSCHED_TRIGGER_TABLE_INIT \
    { sizeof(sched_trigger_table), NULL }

/* Makes a custom trigger usable by tasks. UVSCHED_EALREADY: the name is taken.
 *   name       tasks name the trigger by it
 *   table      its functions; copied
 *   user_data  handed to them
 *   destroy    destroy(user_data) is called once, when the name was unregistered or the scheduler freed, and no call
 *              uses it any more. May be NULL. */
UVSCHED_API int sched_register_trigger(sched_scheduler* scheduler, const char* name, const sched_trigger_table* table,
                                       void* user_data, sched_destroy_fn destroy);

/* Makes a custom trigger of another language usable by tasks: it is asked by TRIGGER_NEXT items of `queue`, to be
 * answered with sched_queue_answer(). Its time to answer begins when the item is taken; while the queue has no
 * consumer, the task waits. If a name is registered again, its token is replaced, and the old one comes back as a
 * RELEASE item of its queue. */
UVSCHED_API int sched_register_trigger_token(sched_scheduler* scheduler, const char* name, uint64_t token,
                                             sched_queue* queue);

/* Its tasks keep the time that is known, and then wait until the name is registered again. UVSCHED_ENOTFOUND. */
UVSCHED_API int sched_unregister_trigger(sched_scheduler* scheduler, const char* name);

/* Gives a task such a trigger; it counts among the setters of its trigger. `arguments` is any JSON, handed to the
 * function; NULL: none. Adding the task gives UVSCHED_ENOTFOUND if the name is not registered. */
UVSCHED_API int sched_task_set_custom_trigger(sched_task* task, const char* name, const char* arguments);

/* A question to a custom trigger: valid in the function, or as sched_item says. */
UVSCHED_API uint64_t sched_ask_id(const sched_ask* ask); /* names it in an answer */
UVSCHED_API const char* sched_ask_task_id(const sched_ask* ask);
UVSCHED_API const char* sched_ask_trigger(const sched_ask* ask);   /* the registered name */
UVSCHED_API const char* sched_ask_arguments(const sched_ask* ask); /* JSON, or "" */
UVSCHED_API const char* sched_ask_timezone(const sched_ask* ask);  /* of the trigger, else the scheduler's */

/* The last time it gave, INT64_MIN the first time. The answer must be later than that, and the first one not before
 * sched_ask_now(). */
UVSCHED_API int64_t sched_ask_previous(const sched_ask* ask);

/* For the first answer, the moment of adding, resuming or replacing the task, or start_at; else the clock's time. */
UVSCHED_API int64_t sched_ask_now(const sched_ask* ask);

/* Says why the function fails; to be called in it, on its thread. As sched_run_set_error(). */
UVSCHED_API int sched_ask_set_error(const sched_ask* ask, const char* text, size_t length);

typedef struct sched_answer {
    uint64_t ask_id;
    int64_t time;   /* UVSCHED_TRIGGER_TIME */
    int32_t status; /* sched_answer_status */
    int32_t reserved;
    const char* error; /* UVSCHED_TRIGGER_FAILED, or NULL; see sched_run_set_error() */
    size_t error_length;
} sched_answer;

/* Answers TRIGGER_NEXT items, in one batch: all, or on UVSCHED_EINVAL (which names the member) none. Answers that
 * nobody waits for (any more) are ignored. */
UVSCHED_API int sched_queue_answer(sched_queue* queue, const sched_answer* answers, size_t count);

#ifdef __cplusplus
}
#endif

#endif /* UVSCHED_H */
