/* A program with GLib's main loop that drives its scheduler from there: poll_glib [runs]. The library starts no thread:
 * tasks, listeners and stores are at work on the main loop's, in sched_poll(). */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <uvsched.h>

/* A source of GLib's main context: when to look at a scheduler. */
struct source {
    GSource base;
    sched_scheduler* scheduler;
    gpointer tag; /* of its descriptor */
    gint timeout; /* of the present sleep, in milliseconds; -1: until the descriptor is readable */
};

struct app {
    sched_scheduler* scheduler;
    GMainLoop* loop;
    int left;
};

static gboolean prepare(GSource* base, gint* timeout) {
    struct source* const source = (struct source*)base;
    if (sched_poll_timeout(&source->timeout, source->scheduler)) source->timeout = -1;
    *timeout = source->timeout;
    return source->timeout == 0;
}

static gboolean check(GSource* base) {
    const struct source* const source = (struct source*)base;
    return source->timeout >= 0 || g_source_query_unix_fd(base, source->tag) != 0;
}

static gboolean dispatch(GSource* base, GSourceFunc callback, gpointer user_data) {
    const struct source* const source = (struct source*)base;
    struct app* const app = user_data;
    sched_state state = UVSCHED_STATE_STOPPED;
    (void)callback;
    if (sched_poll(source->scheduler) == 0 && sched_get_state(&state, source->scheduler) == 0 &&
        state != UVSCHED_STATE_STOPPED) {
        return G_SOURCE_CONTINUE;
    }
    g_main_loop_quit(app->loop);
    return G_SOURCE_REMOVE;
}

static gboolean never_called(gpointer user_data) {
    (void)user_data;
    return G_SOURCE_REMOVE;
}

static void watch(struct app* app, int fd) {
    static GSourceFuncs functions = {prepare, check, dispatch, NULL, NULL, NULL};
    GSource* const base = g_source_new(&functions, sizeof(struct source));
    struct source* const source = (struct source*)base;
    source->scheduler = app->scheduler;
    source->tag = g_source_add_unix_fd(base, fd, G_IO_IN);
    g_source_set_callback(base, never_called, app, NULL); /* dispatch() gets the app */
    g_source_attach(base, NULL);
    g_source_unref(base);
}

static int tick(const sched_run* run, void* user_data) {
    struct app* const app = user_data;
    printf("%s: %d more\n", sched_run_task_id(run), --app->left);
    if (app->left == 0) sched_stop(app->scheduler, UVSCHED_STOP_WAIT);
    return 0;
}

int main(int argc, char** argv) {
    struct app app = {NULL, NULL, 3};
    sched_config* config = NULL;
    sched_task* task = NULL;
    int fd = -1;
    int failed;
    if (argc > 1) app.left = atoi(argv[1]);
    failed = sched_config_new(&config) || sched_config_set_driver(config, UVSCHED_DRIVER_CALLER) ||
             sched_config_add_executor(config, "default", "inline") || sched_new(&app.scheduler, config) ||
             sched_register_function(app.scheduler, "tick", tick, &app, NULL) || sched_task_new(&task, "tick") ||
             sched_task_set_id(task, "tick") || sched_task_set_interval(task, 100000) ||
             sched_add_task(app.scheduler, task, 0) || sched_start(app.scheduler) || sched_poll_fd(&fd, app.scheduler);
    if (failed) fprintf(stderr, "%s\n", sched_last_error());
    if (!failed) {
        app.loop = g_main_loop_new(NULL, FALSE);
        watch(&app, fd);
        g_main_loop_run(app.loop);
        g_main_loop_unref(app.loop);
    }
    sched_task_free(task);
    sched_config_free(config);
    sched_free(app.scheduler);
    return failed;
}
