/* A task that ticks each second and goes on where it was when the program is started again: minimal [seconds]. */
#include <stdio.h>
#include <stdlib.h>
#include <uvsched.h>

static int tick(const sched_run* run, void* user_data) {
    (void)user_data;
    return printf("tick: %s\n", sched_run_task_id(run)) < 0;
}

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? atof(argv[1]) : 3.5;
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    sched_task* task = NULL;
    const int failed = sched_config_new(&config) || sched_config_add_store(config, "default", "sqlite:tasks.db") ||
                       sched_new(&scheduler, config) || sched_register_function(scheduler, "tick", tick, NULL, NULL) ||
                       sched_task_new(&task, "tick") || sched_task_set_id(task, "tick") ||
                       sched_task_set_interval(task, 1000000) ||
                       sched_add_task(scheduler, task, UVSCHED_REPLACE_EXISTING) || sched_start(scheduler);
    if (failed) fprintf(stderr, "%s\n", sched_last_error());
    if (!failed) sched_wait(scheduler, (int)(seconds * 1000)); /* nobody stops it: this is a sleep */
    if (!failed) sched_shutdown(scheduler, 5000);
    sched_task_free(task);
    sched_free(scheduler);
    sched_config_free(config);
    return failed;
}
