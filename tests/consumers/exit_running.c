/* exit() with a scheduler that runs, works and is never shut down: the process ends at once, and cleanly. The parent
 * starts a child for each way to leave, and measures. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static int woken[2];

/* Tells the main thread that runs go on; the pool's run then sleeps far longer than the test may take. */
static int busy(const sched_run* run, void* user_data) {
    const char byte = 'x';
    (void)user_data;
    (void)run;
    TRUE(write(woken[1], &byte, 1) == 1);
    if (strcmp(sched_run_task_id(run), "long") == 0) sleep(600);
    return 0;
}

static void add(sched_scheduler* scheduler, const char* id, const char* executor, int64_t interval) {
    sched_task* task = NULL;
    OK(sched_task_new(&task, "busy"));
    OK(sched_task_set_id(task, id));
    OK(sched_task_set_executor(task, executor));
    if (interval > 0) OK(sched_task_set_interval(task, interval));
    OK(sched_add_task(scheduler, task, 0));
    sched_task_free(task);
}

static sched_scheduler* scheduler;

/* Handlers of the program's own may still use it. */
static void on_exit_use_it(void) {
    sched_state state = UVSCHED_STATE_STOPPED;
    OK(sched_get_state(&state, scheduler));
    TRUE(state == UVSCHED_STATE_RUNNING);
}

static void child(int way) {
    sched_config* config = NULL;
    char byte;
    int i;
    TRUE(pipe(woken) == 0);
    TRUE(atexit(on_exit_use_it) == 0);
    OK(sched_config_new(&config));
    OK(sched_config_add_executor(config, "default", "inline"));
    OK(sched_config_add_executor(config, "pool", "threadpool:2"));
    OK(sched_new(&scheduler, config));
    sched_config_free(config);
    OK(sched_register_function(scheduler, "busy", busy, NULL, NULL));
    add(scheduler, "often", "default", 1000);
    add(scheduler, "long", "pool", 0);
    OK(sched_start(scheduler));
    for (i = 0; i < 10; i++) TRUE(read(woken[0], &byte, 1) == 1);
    if (way == 0) exit(7);
    if (way == 1) {
        OK(sched_stop(scheduler, UVSCHED_STOP_CANCEL));
        _Exit(7);
    }
    _exit(7);
}

int main(void) {
    int way;
    for (way = 0; way < 3; way++) {
        struct timespec begin;
        struct timespec end;
        int status = 0;
        pid_t pid;
        TRUE(clock_gettime(CLOCK_MONOTONIC, &begin) == 0);
        pid = fork();
        TRUE(pid >= 0);
        if (pid == 0) child(way);
        TRUE(waitpid(pid, &status, 0) == pid);
        TRUE(clock_gettime(CLOCK_MONOTONIC, &end) == 0);
        TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        TRUE(end.tv_sec - begin.tv_sec < 20);
    }
    return 0;
}
