/* The library that is linked before libc can be told to fail one allocation, or to give no threads. The whole process
 * uses its malloc and pthread_create. Thread-safe. */
#ifndef UVSCHED_TESTS_LIMITS_FAILING_H
#define UVSCHED_TESTS_LIMITS_FAILING_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From now on allocations are counted, from 1, and number n fails; 0: none. Those that libuv, the loader and the ranges
 * of failing_spare() make are neither counted nor failed: they end the process where they get no memory. */
void failing_allocation(long n);

/* The number of allocations since failing_allocation(), and whether the one to fail was among them. */
long failing_allocations(void);
bool failing_failed(void);

/* The same for new threads; every one from number n on fails until the next call. */
void failing_thread(long n);
long failing_threads(void);

/* Code that must not be failed, wherever it stands on the stack. */
void failing_spare(const void* begin, const void* end);

#ifdef __cplusplus
}
#endif

#endif
