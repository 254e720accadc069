/* The next five times of a cron string, in local time, and why: cron EXPRESSION [ZONE [SECONDS-SINCE-1970]]. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uvsched.h>

static const char* reason(int why) {
    switch (why) {
        case UVSCHED_WHY_GAP:
            return "  the clocks skipped its time";
        case UVSCHED_WHY_FIRST_PASS:
            return "  this local time comes again";
        case UVSCHED_WHY_SECOND_PASS:
            return "  this local time comes for the second time";
        default:
            return "";
    }
}

static void show(const sched_time* found) {
    const time_t local = (time_t)(found->instant / 1000000 + found->offset_seconds);
    const int minutes = abs(found->offset_seconds) / 60;
    struct tm parts;
    char text[40];
    strftime(text, sizeof text, "%a %Y-%m-%d %H:%M:%S", gmtime_r(&local, &parts));
    printf("%s %c%02d:%02d%s\n", text, found->offset_seconds < 0 ? '-' : '+', minutes / 60, minutes % 60,
           reason(found->why));
}

int main(int argc, char** argv) {
    const long long after = argc > 3 ? strtoll(argv[3], NULL, 10) : (long long)time(NULL);
    sched_trigger* trigger = NULL;
    sched_time times[5];
    size_t count = 0;
    size_t i = 0;
    int failed = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: %s EXPRESSION [ZONE [SECONDS-SINCE-1970]]\n", argv[0]);
        return 2;
    }
    failed = sched_trigger_from_cron(&trigger, argv[1], argc > 2 ? argv[2] : NULL) ||
             sched_trigger_next(times, 5, &count, trigger, after * 1000000);
    if (failed) fprintf(stderr, "%s\n", sched_last_error());
    if (!failed && count == 0) puts("never");
    for (i = 0; i < count; i++) show(&times[i]);
    sched_trigger_free(trigger);
    return failed ? 1 : 0;
}
