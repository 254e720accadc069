/* A program with its own libuv loop, on whose thread its tasks run: embed_uv [runs]. It needs no locks: the loop
 * watches the scheduler's descriptor as it does its sockets. */
#define _XOPEN_SOURCE 700 /* for uv.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <uvsched.h>

#define BATCH 16
enum { TICK = 1 }; /* the program's functions, by number */

struct app {
    sched_scheduler* scheduler;
    sched_queue* queue;
    sched_consumer* consumer;
    int left;
};

static void tick(struct app* app, const sched_run* run) {
    printf("%s: %d more\n", sched_run_task_id(run), --app->left);
    if (app->left == 0) sched_stop(app->scheduler, UVSCHED_STOP_WAIT); /* the last item says STOPPED */
}

static void on_items(uv_poll_t* poll, int status, int events) {
    struct app* const app = poll->data;
    sched_item items[BATCH];
    sched_result results[BATCH];
    size_t count = 0;
    size_t ended = 0;
    size_t i;
    (void)events;
    if (status != 0 || sched_consumer_take(items, BATCH, &count, app->consumer, 0)) return;
    memset(results, 0, sizeof results); /* each is UVSCHED_RUN_DONE */
    for (i = 0; i < count; i++) {
        if (items[i].tag == UVSCHED_ITEM_RUN) {
            if (items[i].token == TICK) tick(app, items[i].run);
            results[ended++].run_id = items[i].run_id;
        } else if (items[i].tag == UVSCHED_ITEM_STOPPED) {
            uv_poll_stop(poll); /* nothing is left for the loop: uv_run() returns */
        }
    }
    if (ended > 0) sched_queue_finish(app->queue, results, ended);
}

int main(int argc, char** argv) {
    uv_loop_t* const loop = uv_default_loop();
    uv_poll_t poll;
    sched_config* config = NULL;
    sched_task* task = NULL;
    struct app app = {NULL, NULL, NULL, 3};
    int fd = -1;
    int failed;
    if (argc > 1) app.left = atoi(argv[1]);
    failed = sched_config_new(&config) || sched_config_add_executor(config, "loop", "queue") ||
             sched_new(&app.scheduler, config) || sched_get_queue(&app.queue, app.scheduler, "loop") ||
             sched_consumer_new(&app.consumer, app.queue, BATCH) || sched_queue_fd(&fd, app.queue) ||
             sched_register_token(app.scheduler, "tick", TICK, app.queue) || sched_task_new(&task, "tick") ||
             sched_task_set_id(task, "tick") || sched_task_set_executor(task, "loop") ||
             sched_task_set_interval(task, 100000) || sched_add_task(app.scheduler, task, 0) ||
             sched_start(app.scheduler);
    if (failed) fprintf(stderr, "%s\n", sched_last_error());
    if (!failed) {
        uv_poll_init(loop, &poll, fd);
        poll.data = &app;
        uv_poll_start(&poll, UV_READABLE, on_items);
        uv_run(loop, UV_RUN_DEFAULT);
        uv_close((uv_handle_t*)&poll, NULL);
        uv_run(loop, UV_RUN_DEFAULT);
    }
    sched_task_free(task);
    sched_config_free(config);
    sched_consumer_free(app.consumer);
    sched_queue_free(app.queue);
    sched_free(app.scheduler);
    uv_loop_close(loop);
    return failed;
}
