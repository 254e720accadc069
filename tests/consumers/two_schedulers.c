/* Two schedulers in one process, each with its own clock, tasks and functions of the same names. */
#include "check.h"

#define SECOND 1000000
#define START 1767225600000000

static int count(const sched_run* run, void* user_data) {
    (void)run;
    ++*(int*)user_data;
    return 0;
}

static sched_scheduler* make(int* runs, int64_t interval) {
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    sched_task* task = NULL;
    OK(sched_config_new(&config));
    OK(sched_config_set_manual_clock(config, START));
    OK(sched_config_add_executor(config, "default", "inline"));
    OK(sched_new(&scheduler, config));
    sched_config_free(config);
    OK(sched_register_function(scheduler, "count", count, runs, NULL));
    OK(sched_task_new(&task, "count"));
    OK(sched_task_set_id(task, "same"));
    OK(sched_task_set_interval(task, interval));
    OK(sched_add_task(scheduler, task, 0));
    sched_task_free(task);
    OK(sched_start(scheduler));
    return scheduler;
}

int main(void) {
    int runs_of_first = 0;
    int runs_of_second = 0;
    int i;
    sched_scheduler* first = make(&runs_of_first, SECOND);
    sched_scheduler* second = make(&runs_of_second, 2 * SECOND);
    for (i = 0; i < 10; i++) {
        OK(sched_clock_advance(first, SECOND));
        OK(sched_clock_advance(second, SECOND));
        OK(sched_wait_idle(first, 30000));
        OK(sched_wait_idle(second, 30000));
    }
    TRUE(runs_of_first == 10);
    TRUE(runs_of_second == 5);

    OK(sched_shutdown(first, 30000));
    sched_free(first);
    OK(sched_clock_advance(second, 2 * SECOND));
    OK(sched_wait_idle(second, 30000));
    TRUE(runs_of_first == 10);
    TRUE(runs_of_second == 6);
    OK(sched_shutdown(second, 30000));
    sched_free(second);
    return 0;
}
