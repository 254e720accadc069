/* Prints what comes of a cron string in a zone: zone_data ZONE. */
#include <stdio.h>
#include <uvsched.h>

int main(int argc, char** argv) {
    sched_trigger* trigger = NULL;
    const char* zone = argc > 1 ? argv[1] : NULL;
    const int failed = sched_trigger_from_cron(&trigger, "0 9 * * *", zone);
    printf("%s\n", failed ? sched_last_error() : sched_trigger_json(trigger));
    sched_trigger_free(trigger);
    return 0;
}
