/* A scheduler, a function, a task: three runs on the real clock, and the end. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include "check.h"

#define RUNS 3

struct count {
    int runs;
    int destroyed[2]; /* a pipe: a byte for each call of destroy */
};

static int tick(const sched_run* run, void* user_data) {
    struct count* count = user_data;
    char fire_id[33];
    TRUE(strlen(sched_run_fire_id(fire_id, run)) == 32);
    TRUE(strcmp(sched_run_function(run), "tick") == 0);
    TRUE(strcmp(sched_run_arguments(run), "{\"n\":1}") == 0);
    if (++count->runs < RUNS) return 0;
    return sched_run_set_error(run, "enough", 6) == UVSCHED_OK ? 1 : 0;
}

/* Called once, maybe by the scheduler's last thread as it goes. */
static void destroy(void* user_data) {
    struct count* count = user_data;
    TRUE(write(count->destroyed[1], "x", 1) == 1);
}

struct last {
    sched_scheduler* scheduler;
    int ended;
};

/* On the listener's thread: the third run fails, and that ends the scheduler. */
static void on_error(const sched_event* event, void* user_data) {
    struct last* last = user_data;
    TRUE(strcmp(sched_event_message(event), "enough") == 0);
    last->ended++;
    (void)sched_stop(last->scheduler, UVSCHED_STOP_WAIT);
}

int main(void) {
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    sched_task* task = NULL;
    struct count count = {0, {-1, -1}};
    char byte = 0;
    struct last last = {NULL, 0};

    TRUE(pipe(count.destroyed) == 0);
    OK(sched_config_new(&config));
    OK(sched_new(&scheduler, config));
    sched_config_free(config);
    last.scheduler = scheduler;

    OK(sched_register_function(scheduler, "tick", tick, &count, destroy));
    OK(sched_add_listener(NULL, scheduler, UVSCHED_EVENT_TASK_ERROR, on_error, &last, NULL));
    OK(sched_task_new(&task, "tick"));
    OK(sched_task_set_id(task, "ticker"));
    OK(sched_task_set_interval(task, 20000));
    OK(sched_task_set_arguments(task, "{\"n\": 1}"));
    OK(sched_add_task(scheduler, task, UVSCHED_REPLACE_EXISTING));
    sched_task_free(task);

    OK(sched_start(scheduler));
    TRUE(sched_start(scheduler) == UVSCHED_EALREADY);
    /* The listener may have ended it before this thread comes to wait. */
    {
        const int status = sched_wait(scheduler, 30000);
        TRUE(status == UVSCHED_OK || status == UVSCHED_ENOTRUNNING);
    }
    TRUE(count.runs >= RUNS);
    TRUE(sched_shutdown(scheduler, 0) == UVSCHED_ENOTRUNNING);
    sched_free(scheduler);
    TRUE(read(count.destroyed[0], &byte, 1) == 1);
    TRUE(last.ended >= 1);
    TRUE(sched_start(scheduler) == UVSCHED_EHANDLE);
    return 0;
}
