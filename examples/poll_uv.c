/* A program with a libuv loop that drives its scheduler from there: poll_uv [runs]. The library starts no thread:
 * tasks, listeners and stores are at work on the loop's, in sched_poll(). */
#define _XOPEN_SOURCE 700 /* for uv.h */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include <uvsched.h>

struct app {
    sched_scheduler* scheduler;
    uv_poll_t poll;
    uv_timer_t timer; /* for platforms whose descriptor does not tell of times: see sched_poll_timeout() */
    int left;
};

static void on_timer(uv_timer_t* timer);

static int tick(const sched_run* run, void* user_data) {
    struct app* const app = user_data;
    printf("%s: %d more\n", sched_run_task_id(run), --app->left);
    if (app->left == 0) sched_stop(app->scheduler, UVSCHED_STOP_WAIT);
    return 0;
}

static void turn(struct app* app) {
    sched_state state = UVSCHED_STATE_STOPPED;
    int timeout = -1;
    if (sched_poll(app->scheduler) || sched_get_state(&state, app->scheduler) || state == UVSCHED_STATE_STOPPED) {
        uv_poll_stop(&app->poll); /* nothing is left for the loop: uv_run() returns */
        uv_timer_stop(&app->timer);
    } else if (sched_poll_timeout(&timeout, app->scheduler) == 0 && timeout >= 0) {
        uv_timer_start(&app->timer, on_timer, (uint64_t)timeout, 0);
    }
}

static void on_timer(uv_timer_t* timer) { turn(timer->data); }

static void on_ready(uv_poll_t* poll, int status, int events) {
    (void)status;
    (void)events;
    turn(poll->data);
}

int main(int argc, char** argv) {
    uv_loop_t* const loop = uv_default_loop();
    struct app app = {0};
    sched_config* config = NULL;
    sched_task* task = NULL;
    int fd = -1;
    int failed;
    app.left = argc > 1 ? atoi(argv[1]) : 3;
    failed = sched_config_new(&config) || sched_config_set_driver(config, UVSCHED_DRIVER_CALLER) ||
             sched_config_add_executor(config, "default", "inline") || sched_new(&app.scheduler, config) ||
             sched_register_function(app.scheduler, "tick", tick, &app, NULL) || sched_task_new(&task, "tick") ||
             sched_task_set_id(task, "tick") || sched_task_set_interval(task, 100000) ||
             sched_add_task(app.scheduler, task, 0) || sched_start(app.scheduler) || sched_poll_fd(&fd, app.scheduler);
    if (failed) fprintf(stderr, "%s\n", sched_last_error());
    if (!failed) {
        uv_timer_init(loop, &app.timer);
        uv_poll_init(loop, &app.poll, fd);
        app.timer.data = app.poll.data = &app;
        uv_poll_start(&app.poll, UV_READABLE, on_ready);
        uv_run(loop, UV_RUN_DEFAULT);
        uv_close((uv_handle_t*)&app.poll, NULL);
        uv_close((uv_handle_t*)&app.timer, NULL);
        uv_run(loop, UV_RUN_DEFAULT);
    }
    sched_task_free(task);
    sched_config_free(config);
    sched_free(app.scheduler);
    uv_loop_close(loop);
    return failed;
}
