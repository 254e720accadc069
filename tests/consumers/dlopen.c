/* A plugin's way: the library is loaded, used and closed again, while a scheduler of it runs. Its code must stay. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include <stdio.h>
#include <stdlib.h>
#include <uvsched.h>

static int wake[2];

static void check(int condition, const char* text) {
    if (condition) return;
    fprintf(stderr, "not so: %s\n", text);
    exit(1);
}
#define TRUE(condition) check((condition) ? 1 : 0, #condition)

/* A function of the library, by name. ISO C has no cast from an object pointer to a function pointer; POSIX has this.
 */
static void find(void* library, const char* name, void* function, size_t size) {
    void* symbol = dlsym(library, name);
    check(symbol != NULL, name);
    memcpy(function, &symbol, size);
}
#define FIND(name) find(library, #name, &name##_, sizeof name##_)

static int tick(const sched_run* run, void* user_data) {
    const char byte = 'x';
    (void)run;
    (void)user_data;
    return write(wake[1], &byte, 1) == 1 ? 0 : 1;
}

static void await_runs(int number) {
    char byte;
    while (number-- > 0) TRUE(read(wake[0], &byte, 1) == 1);
}

int main(void) {
    int (*sched_config_new_)(sched_config**);
    int (*sched_new_)(sched_scheduler**, const sched_config*);
    int (*sched_register_function_)(sched_scheduler*, const char*, sched_run_fn, void*, sched_destroy_fn);
    int (*sched_task_new_)(sched_task**, const char*);
    int (*sched_task_set_interval_)(sched_task*, int64_t);
    int (*sched_add_task_)(sched_scheduler*, sched_task*, unsigned);
    int (*sched_start_)(sched_scheduler*);
    int (*sched_shutdown_)(sched_scheduler*, int);
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    sched_task* task = NULL;
    void* library = dlopen(UVSCHED_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fprintf(stderr, "%s\n", dlerror());
    TRUE(library != NULL);
    TRUE(pipe(wake) == 0);
    FIND(sched_config_new);
    FIND(sched_new);
    FIND(sched_register_function);
    FIND(sched_task_new);
    FIND(sched_task_set_interval);
    FIND(sched_add_task);
    FIND(sched_start);
    FIND(sched_shutdown);

    TRUE(sched_config_new_(&config) == UVSCHED_OK);
    TRUE(sched_new_(&scheduler, config) == UVSCHED_OK);
    TRUE(sched_register_function_(scheduler, "tick", tick, NULL, NULL) == UVSCHED_OK);
    TRUE(sched_task_new_(&task, "tick") == UVSCHED_OK);
    TRUE(sched_task_set_interval_(task, 1000) == UVSCHED_OK);
    TRUE(sched_add_task_(scheduler, task, 0) == UVSCHED_OK);
    TRUE(sched_start_(scheduler) == UVSCHED_OK);
    await_runs(3);

    TRUE(dlclose(library) == 0);
    await_runs(10); /* its threads still have their code */

    /* Loaded again it is the same library, with its handles. */
    library = dlopen(UVSCHED_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    TRUE(library != NULL);
    FIND(sched_shutdown);
    TRUE(sched_shutdown_(scheduler, 30000) == UVSCHED_OK);
    TRUE(dlclose(library) == 0);
    return 0;
}
