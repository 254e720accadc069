/* A program with its own event loop: it takes runs from a run queue when poll() says that there are some. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <string.h>

#include "check.h"

#define RUNS 5
#define BATCH 16

int main(void) {
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    sched_task* task = NULL;
    sched_queue* queue = NULL;
    sched_consumer* consumer = NULL;
    struct pollfd readable;
    int runs = 0;
    int released = 0;
    int stopped = 0;
    int stopping = 0;

    OK(sched_config_new(&config));
    OK(sched_config_add_executor(config, "loop", "queue"));
    OK(sched_new(&scheduler, config));
    sched_config_free(config);
    OK(sched_get_queue(&queue, scheduler, "loop"));
    OK(sched_consumer_new(&consumer, queue, BATCH));
    OK(sched_queue_subscribe(queue, UVSCHED_EVENT_TASK_EXECUTED));

    OK(sched_register_token(scheduler, "work", 42, queue));
    OK(sched_task_new(&task, "work"));
    OK(sched_task_set_executor(task, "loop"));
    OK(sched_task_set_interval(task, 10000));
    OK(sched_add_task(scheduler, task, 0));
    sched_task_free(task);
    OK(sched_start(scheduler));

    readable.events = POLLIN;
    OK(sched_queue_fd(&readable.fd, queue));
    while (!stopped) {
        sched_item items[BATCH];
        sched_result results[BATCH];
        size_t count = 0;
        size_t ended = 0;
        size_t i;
        TRUE(poll(&readable, 1, 30000) == 1);
        OK(sched_consumer_take(items, BATCH, &count, consumer, 0));
        for (i = 0; i < count; i++) {
            if (items[i].tag == UVSCHED_ITEM_RUN) {
                TRUE(items[i].token == 42);
                TRUE(strcmp(sched_run_function(items[i].run), "work") == 0);
                memset(&results[ended], 0, sizeof results[ended]);
                results[ended].run_id = items[i].run_id;
                results[ended].result = "{\"ok\": true}";
                results[ended].result_length = strlen("{\"ok\": true}");
                ended++;
                runs++;
            } else if (items[i].tag == UVSCHED_ITEM_EVENT) {
                TRUE(sched_event_code(items[i].event) == UVSCHED_EVENT_TASK_EXECUTED);
                TRUE(strcmp(sched_event_result(items[i].event), "{\"ok\": true}") == 0);
            } else if (items[i].tag == UVSCHED_ITEM_STOPPED) {
                stopped = 1;
            }
        }
        if (ended > 0) OK(sched_queue_finish(queue, results, ended));
        if (runs >= RUNS && !stopping) {
            stopping = 1;
            OK(sched_stop(scheduler, UVSCHED_STOP_WAIT));
        }
    }

    /* Freeing the scheduler gives the token back. */
    sched_free(scheduler);
    while (!released) {
        sched_item item;
        size_t count = 0;
        OK(sched_consumer_take(&item, 1, &count, consumer, 30000));
        TRUE(count == 1);
        if (item.tag == UVSCHED_ITEM_RELEASE) {
            TRUE(item.token == 42);
            released = 1;
        }
    }
    sched_consumer_free(consumer);
    TRUE(sched_consumer_take(NULL, 0, NULL, consumer, 0) == UVSCHED_EHANDLE);
    sched_queue_free(queue);
    return 0;
}
