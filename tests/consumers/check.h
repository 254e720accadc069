/* What the consumers share: a call that must succeed, and a way to say that it did not. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <uvsched.h>

static inline void check_status(int status, const char* call, int line) {
    if (status == UVSCHED_OK) return;
    fprintf(stderr, "line %d: %s: %s: %s\n", line, call, sched_error_name(status), sched_last_error());
    exit(1);
}

static inline void check_true(int condition, const char* text, int line) {
    if (condition) return;
    fprintf(stderr, "line %d: not so: %s\n", line, text);
    exit(1);
}

#define OK(call) check_status((call), #call, __LINE__)
#define TRUE(condition) check_true((condition) ? 1 : 0, #condition, __LINE__)

#endif
