#define _GNU_SOURCE
#include "failing.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unwind.h>

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* memory, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);

enum { kMostRanges = 256 };

static struct {
    uintptr_t begin;
    uintptr_t end;
} spared[kMostRanges];
static atomic_int ranges;

static atomic_long allocations;
static atomic_long fails_at;
static atomic_bool failed;
static atomic_long threads;
static atomic_long threads_fail_at;
static __thread bool looking;

void failing_spare(const void* begin, const void* end) {
    const int at = ranges;
    if (at == kMostRanges) return;
    spared[at].begin = (uintptr_t)begin;
    spared[at].end = (uintptr_t)end;
    ranges = at + 1;
}

static int spare_library(struct dl_phdr_info* info, size_t size, void* data) {
    (void)size;
    (void)data;
    if (strstr(info->dlpi_name, "libuv.so") == NULL && strstr(info->dlpi_name, "ld-linux") == NULL) return 0;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr)* part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
        const char* begin = (const char*)(info->dlpi_addr + part->p_vaddr); /* NOLINT(performance-no-int-to-ptr) */
        failing_spare(begin, begin + part->p_memsz);
    }
    return 0;
}

void failing_allocation(long n) {
    static atomic_bool known;
    if (!atomic_exchange(&known, true)) dl_iterate_phdr(spare_library, NULL);
    failed = false;
    allocations = 0;
    fails_at = n;
}

long failing_allocations(void) { return allocations; }
bool failing_failed(void) { return failed; }
long failing_threads(void) { return threads; }
void failing_thread(long n) {
    threads = 0;
    threads_fail_at = n;
}

static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context* context, void* found) {
    const uintptr_t at = _Unwind_GetIP(context);
    for (int i = 0; i < ranges; ++i) {
        if (at < spared[i].begin || at >= spared[i].end) continue;
        *(bool*)found = true;
        return _URC_END_OF_STACK;
    }
    return _URC_NO_REASON;
}

/* Whether this allocation is the one. A spared one hands the number on to the next. */
static bool fails(void) {
    const long n = fails_at;
    if (n == 0 || looking) return false;
    if (atomic_fetch_add(&allocations, 1) + 1 != n) return false;
    bool spares = false;
    looking = true;
    _Unwind_Backtrace(look_at_frame, &spares);
    looking = false;
    if (spares) {
        atomic_fetch_sub(&allocations, 1);
        return false;
    }
    failed = true;
    errno = ENOMEM;
    return true;
}

void* malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void* realloc(void* memory, size_t size) { return fails() ? NULL : __libc_realloc(memory, size); }
void* aligned_alloc(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }
void* memalign(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
    void* const memory = fails() ? NULL : __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *out = memory;
    return 0;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) {
    static int (*create)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    if (create == NULL) *(void**)&create = dlsym(RTLD_NEXT, "pthread_create");
    const long n = threads_fail_at;
    if (atomic_fetch_add(&threads, 1) + 1 >= n && n != 0) return EAGAIN;
    return create(thread, attributes, body, argument);
}
