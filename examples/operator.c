/* What an operator does with a store while other programs run its tasks:
 *
 *     operator URL                    what is in it, and what is wrong
 *     operator URL pause|resume|run|delete ID
 *
 * The scheduler here is a visitor: it runs nothing, and the store keeps no trace of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uvsched.h>

static int failed(void) {
    fprintf(stderr, "%s\n", sched_last_error());
    return 2;
}

static int show(sched_scheduler* scheduler) {
    sched_task_iterator* tasks = NULL;
    if (sched_get_tasks(&tasks, scheduler, NULL) != UVSCHED_OK) return failed();
    sched_task* task = NULL;
    int code = UVSCHED_OK;
    while ((code = sched_task_iterator_next(&task, tasks)) == UVSCHED_OK) {
        printf("%s calls %s\n", sched_task_id(task), sched_task_function(task));
        sched_task_free(task);
    }
    sched_task_iterator_free(tasks);
    if (code != UVSCHED_EEND) return failed();

    sched_history_iterator* rows = NULL;
    sched_history_query latest = UVSCHED_HISTORY_QUERY_INIT;
    latest.limit = 5;
    if (sched_history(&rows, scheduler, &latest) != UVSCHED_OK) return failed();
    sched_history_row row = UVSCHED_HISTORY_ROW_INIT;
    while ((code = sched_history_iterator_next(&row, rows)) == UVSCHED_OK) {
        printf("%" PRId64 ": %s %s %s\n", row.number, row.task_id, row.state, row.reason);
    }
    sched_history_iterator_free(rows);
    if (code != UVSCHED_EEND) return failed();

    const char* report = NULL;
    if (sched_check_store(&report, scheduler, NULL, -1) != UVSCHED_OK) return failed();
    puts(report);
    return strstr(report, "\"problems\":[]") == NULL;
}

static int change(sched_scheduler* scheduler, const char* what, const char* id) {
    int code = UVSCHED_EINVAL;
    if (strcmp(what, "pause") == 0) code = sched_pause_task(scheduler, id, NULL);
    if (strcmp(what, "resume") == 0) code = sched_resume_task(scheduler, id, NULL);
    if (strcmp(what, "run") == 0) code = sched_run_task(scheduler, id, NULL);
    if (strcmp(what, "delete") == 0) code = sched_delete_task(scheduler, id, NULL);
    return code == UVSCHED_OK ? 0 : failed();
}

int main(int argc, char** argv) {
    if (argc != 2 && argc != 4) {
        fputs("usage: operator URL [pause|resume|run|delete ID]\n", stderr);
        return 2;
    }
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    int status = 2;
    if (sched_config_new(&config) == UVSCHED_OK && sched_config_add_store(config, "default", argv[1]) == UVSCHED_OK &&
        sched_config_set_role(config, UVSCHED_ROLE_VISITOR) == UVSCHED_OK &&
        sched_new(&scheduler, config) == UVSCHED_OK && sched_start(scheduler) == UVSCHED_OK) {
        status = argc == 2 ? show(scheduler) : change(scheduler, argv[2], argv[3]);
    } else {
        failed();
    }
    if (scheduler != NULL) sched_shutdown(scheduler, -1); /* what is left in the store is whole */
    sched_free(scheduler);
    sched_config_free(config);
    return status;
}
