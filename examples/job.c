/* A load monitor without a page: the C twin of load_monitor.
 *
 *     job [SECONDS [FILE]]     SECONDS 0, the default: until Ctrl-C; FILE: job.db
 *
 * Samples the machine's load and memory every second, averages them every ten, greets once after three seconds, and has
 * a task that fails now and then. Samples and averages are results of runs, so the ledger in FILE is all there is to
 * keep: stopped or killed and started again, the job goes on where it was. To look at it:
 * sqlite3 job.db "SELECT * FROM runs"
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uvsched.h>

#define SECOND ((int64_t)1000000)
#define WINDOW (10 * SECOND)

/* One call: the lines of runs on several threads stay whole. */
static void say(int64_t instant, const char* who, const char* text) {
    const time_t seconds = (time_t)(instant / SECOND);
    struct tm utc;
    char when[32] = "?";
    if (gmtime_r(&seconds, &utc) != NULL) strftime(when, sizeof when, "%H:%M:%S", &utc);
    printf("%s %-8s %s\n", when, who, text);
}

/* ---- What runs ---- */

static int read_load(double* load) {
    FILE* file = fopen("/proc/loadavg", "r");
    const int found = file != NULL && fscanf(file, "%lf", load) == 1;
    if (file != NULL) fclose(file);
    return found;
}

/* The share of memory in use. */
static int read_memory(double* used) {
    FILE* file = fopen("/proc/meminfo", "r");
    char line[128];
    double total = 0;
    double available = -1;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "MemTotal: %lf", &total);
        sscanf(line, "MemAvailable: %lf", &available);
    }
    if (file != NULL) fclose(file);
    if (total > 0) *used = 1 - available / total;
    return total > 0 && available >= 0;
}

static int give_result(const sched_run* run, double load, double memory, int samples) {
    char json[128];
    snprintf(json, sizeof json, "{\"load\": %.2f, \"memory\": %.4f, \"samples\": %d}", load, memory, samples);
    say(sched_run_scheduled_time(run), sched_run_task_id(run), json);
    return sched_run_set_result(run, json, strlen(json));
}

static int sample(const sched_run* run, void* user_data) {
    static const char kWhy[] = "/proc/loadavg or /proc/meminfo cannot be read";
    double load = 0;
    double memory = 0;
    (void)user_data;
    if (!read_load(&load) || !read_memory(&memory)) {
        sched_run_set_error(run, kWhy, strlen(kWhy));
        return 1;
    }
    return give_result(run, load, memory, 1);
}

/* Averages the samples of its window, which it finds in the ledger. After a pause the windows missed are one. */
static int roll_up(const sched_run* run, void* user_data) {
    sched_scheduler* scheduler = *(sched_scheduler**)user_data;
    const int64_t after = sched_run_first_time(run) - WINDOW;
    const int64_t until = sched_run_scheduled_time(run);
    sched_history_query query = UVSCHED_HISTORY_QUERY_INIT;
    sched_history_row row = UVSCHED_HISTORY_ROW_INIT;
    sched_history_iterator* rows = NULL;
    double load_sum = 0;
    double memory_sum = 0;
    int samples = 0;
    int code;
    query.task_id = "sample";
    query.state = "done";
    code = sched_history(&rows, scheduler, &query);
    while (code == UVSCHED_OK && (code = sched_history_iterator_next(&row, rows)) == UVSCHED_OK) {
        double load = 0;
        double memory = 0;
        if (row.scheduled_time <= after) break; /* the rest is older */
        if (row.scheduled_time > until) continue;
        if (sscanf(row.result, "{\"load\": %lf, \"memory\": %lf", &load, &memory) != 2) continue;
        load_sum += load;
        memory_sum += memory;
        samples++;
    }
    sched_history_iterator_free(rows);
    if (code != UVSCHED_OK && code != UVSCHED_EEND) {
        sched_run_set_error(run, sched_last_error(), strlen(sched_last_error()));
        return 1;
    }
    if (samples == 0) return 0;
    return give_result(run, load_sum / samples, memory_sum / samples, samples);
}

static int greet(const sched_run* run, void* user_data) {
    (void)user_data;
    say(sched_run_scheduled_time(run), sched_run_task_id(run), "Hello: the job is up");
    return 0;
}

/* Stands for work that depends on others: each third report fails. */
static int report(const sched_run* run, void* user_data) {
    static const char kWhy[] = "the receiver does not answer (as for each third report)";
    (void)user_data;
    if (sched_run_scheduled_time(run) / (5 * SECOND) % 3 != 0) return 0;
    sched_run_set_error(run, kWhy, strlen(kWhy));
    return 1;
}

/* ---- The scheduler ---- */

static void on_event(const sched_event* event, void* user_data) {
    char line[512];
    (void)user_data;
    snprintf(line, sizeof line, "%s %s", sched_event_name(event), sched_event_message(event));
    say(sched_event_time(event), sched_event_task_id(event), line);
}

/* Each of these is UVSCHED_OK, or says why not. */
static int add(sched_scheduler* scheduler, const char* name, sched_run_fn fn, void* user_data, int64_t every,
               int64_t once_at) {
    sched_task* task = NULL;
    int code = sched_register_function(scheduler, name, fn, user_data, NULL);
    if (code == UVSCHED_OK) code = sched_task_new(&task, name);
    if (code == UVSCHED_OK) code = sched_task_set_id(task, name);
    if (code == UVSCHED_OK)
        code = every > 0 ? sched_task_set_interval(task, every) : sched_task_set_date(task, once_at);
    if (code == UVSCHED_OK) code = sched_add_task(scheduler, task, UVSCHED_REPLACE_EXISTING);
    sched_task_free(task);
    return code;
}

static int set_up(sched_scheduler** scheduler, const char* file) {
    sched_config* config = NULL;
    char url[4096];
    int64_t now = 0;
    int code = sched_config_new(&config);
    snprintf(url, sizeof url, "sqlite:%s", file);
    if (code == UVSCHED_OK) code = sched_config_add_store(config, "default", url);
    if (code == UVSCHED_OK) code = sched_config_add_executor(config, "default", "threadpool:2");
    if (code == UVSCHED_OK) code = sched_new(scheduler, config);
    sched_config_free(config);
    if (code == UVSCHED_OK) code = sched_clock_now(&now, *scheduler);
    if (code == UVSCHED_OK) {
        const uint64_t mask = UVSCHED_EVENT_TASK_ERROR | UVSCHED_EVENT_TASK_MISSED | UVSCHED_EVENT_TASK_RECOVERED |
                              UVSCHED_EVENT_STORE_ERROR | UVSCHED_EVENT_SCHEDULER_SHUTDOWN;
        code = sched_add_listener(NULL, *scheduler, mask, on_event, NULL, NULL);
    }
    if (code == UVSCHED_OK) code = add(*scheduler, "sample", sample, NULL, SECOND, 0);
    if (code == UVSCHED_OK) code = add(*scheduler, "roll-up", roll_up, scheduler, WINDOW, 0);
    if (code == UVSCHED_OK) code = add(*scheduler, "report", report, NULL, 5 * SECOND, 0);
    if (code == UVSCHED_OK) code = add(*scheduler, "greeting", greet, NULL, 0, now + 3 * SECOND);
    if (code == UVSCHED_OK) code = sched_start(*scheduler);
    return code;
}

int main(int argc, char** argv) {
    const long seconds = argc > 1 ? atol(argv[1]) : 0;
    sched_scheduler* scheduler = NULL;
    struct timespec limit = {0, 0};
    sigset_t signals;
    int code;

    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    /* Blocked here, and so in every thread: they wait for this one to ask. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    code = set_up(&scheduler, argc > 2 ? argv[2] : "job.db");
    if (code == UVSCHED_OK) {
        limit.tv_sec = seconds;
        if (seconds > 0) {
            sigtimedwait(&signals, NULL, &limit);
        } else {
            sigwaitinfo(&signals, NULL);
        }
        sched_stop(scheduler, UVSCHED_STOP_CANCEL);
        code = sched_wait(scheduler, 800);
        if (code == UVSCHED_ENOTRUNNING) code = UVSCHED_OK; /* it was quicker */
    }
    if (code != UVSCHED_OK) fprintf(stderr, "%s: %s\n", sched_error_name(code), sched_last_error());
    sched_free(scheduler);
    return code == UVSCHED_OK ? 0 : 1;
}
