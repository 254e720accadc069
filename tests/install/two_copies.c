/* two_copies FIRST SECOND: the first copy of the library makes a scheduler, the second is refused because of it. "-" is
   the copy that is linked into this program. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <uvsched.h>

struct copy {
    int (*config_new)(sched_config**);
    int (*scheduler_new)(sched_scheduler**, const sched_config*);
    const char* (*last_error)(void);
};

static void find(void* library, const char* name, void* function) {
    void* const symbol = library == NULL ? NULL : dlsym(library, name);
    if (symbol == NULL) fprintf(stderr, "%s: %s\n", name, dlerror());
    memcpy(function, &symbol, sizeof symbol);
}

static struct copy load(const char* path) {
    struct copy copy = {NULL, NULL, NULL};
#ifdef UVSCHED_STATIC
    if (strcmp(path, "-") == 0) {
        copy.config_new = sched_config_new;
        copy.scheduler_new = sched_new;
        copy.last_error = sched_last_error;
        return copy;
    }
#endif
    void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    find(library, "sched_config_new", &copy.config_new);
    find(library, "sched_new", &copy.scheduler_new);
    find(library, "sched_last_error", &copy.last_error);
    return copy;
}

static int make(const struct copy* copy) {
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    if (copy->config_new(&config) != UVSCHED_OK) return -1;
    return copy->scheduler_new(&scheduler, config);
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const struct copy first = load(argv[1]);
    const struct copy second = load(argv[2]);
    if (first.last_error == NULL || second.last_error == NULL) return 2;
    if (make(&first) != UVSCHED_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], first.last_error());
        return 1;
    }
    if (make(&second) != UVSCHED_EVERSION) {
        fprintf(stderr, "%s was not refused beside %s\n", argv[2], argv[1]);
        return 1;
    }
    return 0;
}
