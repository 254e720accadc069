/* A program that waits with epoll, and drives its scheduler from there: poll_epoll [runs]. The library starts no
 * thread: tasks, listeners and the store are at work on this one, in sched_poll(). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uvsched.h>

struct app {
    sched_scheduler* scheduler;
    int left;
};

static int tick(const sched_run* run, void* user_data) {
    struct app* const app = user_data;
    printf("%s: %d more\n", sched_run_task_id(run), --app->left);
    if (app->left == 0) sched_stop(app->scheduler, UVSCHED_STOP_WAIT); /* what is left of it is done by sched_poll() */
    return 0;
}

int main(int argc, char** argv) {
    struct app app = {NULL, 3};
    struct epoll_event event = {EPOLLIN, {NULL}};
    const int loop = epoll_create1(EPOLL_CLOEXEC);
    sched_config* config = NULL;
    sched_task* task = NULL;
    sched_state state = UVSCHED_STATE_RUNNING;
    int fd = -1;
    int timeout = -1;
    int failed;
    if (argc > 1) app.left = atoi(argv[1]);
    failed = loop < 0 || sched_config_new(&config) || sched_config_set_driver(config, UVSCHED_DRIVER_CALLER) ||
             sched_config_add_executor(config, "default", "inline") || sched_new(&app.scheduler, config) ||
             sched_register_function(app.scheduler, "tick", tick, &app, NULL) || sched_task_new(&task, "tick") ||
             sched_task_set_id(task, "tick") || sched_task_set_interval(task, 100000) ||
             sched_add_task(app.scheduler, task, 0) || sched_start(app.scheduler) ||
             sched_poll_fd(&fd, app.scheduler) || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
    while (!failed && state != UVSCHED_STATE_STOPPED) {
        failed = sched_poll_timeout(&timeout, app.scheduler);
        if (!failed && epoll_wait(loop, &event, 1, timeout) >= 0) failed = sched_poll(app.scheduler);
        if (!failed) failed = sched_get_state(&state, app.scheduler);
    }
    if (failed) fprintf(stderr, "%s\n", sched_last_error());
    sched_task_free(task);
    sched_config_free(config);
    sched_free(app.scheduler);
    close(loop);
    return failed;
}
