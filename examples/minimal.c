/* A task that ticks each second and goes on where it was when the program is started again: minimal [seconds]. */
#define _POSIX_C_SOURCE 199309L /* for nanosleep() */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uvsched.h>

static void must(int code) {
    if (code == UVSCHED_OK) return;
    fprintf(stderr, "%s: %s\n", sched_error_name(code), sched_last_error());
    exit(1);
}

static int tick(const sched_run* run, void* user_data) {
    (void)user_data;
    return printf("tick: %s\n", sched_run_task_id(run)) < 0;
}

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? atof(argv[1]) : 3.5;
    const struct timespec span = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    sched_task* task = NULL;

    must(sched_config_new(&config));
    must(sched_config_add_store(config, "default", "sqlite:tasks.db"));
    must(sched_new(&scheduler, config));
    must(sched_register_function(scheduler, "tick", tick, NULL, NULL));

    must(sched_task_new(&task, "tick"));
    must(sched_task_set_id(task, "tick"));
    must(sched_task_set_interval(task, 1000000)); /* microseconds */
    must(sched_add_task(scheduler, task, UVSCHED_REPLACE_EXISTING));
    must(sched_start(scheduler));

    nanosleep(&span, NULL);
    must(sched_shutdown(scheduler, 5000));
    sched_task_free(task);
    sched_free(scheduler);
    sched_config_free(config);
    return 0;
}
