/* Adds a store by its URL, and says what was wrong if it cannot be added. */
#include <stdio.h>
#include <uvsched.h>

int main(int argc, char** argv) {
    sched_config* config = NULL;
    int status;
    if (argc != 2 || sched_config_new(&config) != UVSCHED_OK) return 2;
    status = sched_config_add_store(config, "default", argv[1]);
    if (status != UVSCHED_OK) fprintf(stderr, "%s: %s\n", sched_error_name(status), sched_last_error());
    sched_config_free(config);
    return status == UVSCHED_OK ? 0 : 1;
}
