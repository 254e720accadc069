/* The table of functions of the module that holds Redis's client library. All that crosses is C: the module knows no
 * command and no uvsched, and libuvsched knows no client library. A module exports one function of the name below,
 * which returns its table. The table only grows at its end; a change of what is there is another version.
 *
 * Nothing here waits, except for the name server in connect(). One thread at a time uses a link; another thread may use
 * another link. */
#ifndef UVSCHED_REDIS_DRIVER_H
#define UVSCHED_REDIS_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UVSCHED_REDIS_DRIVER_VERSION 1
#define UVSCHED_REDIS_DRIVER_SYMBOL "uvsched_redis_driver_table"

/* What a function asks of its caller. */
enum {
    UVSCHED_REDIS_FAILED = -1,     /* message() says why; the link is of no use any more */
    UVSCHED_REDIS_DONE = 0,        /* nothing more to do */
    UVSCHED_REDIS_WANTS_READ = 1,  /* call again when the descriptor is readable */
    UVSCHED_REDIS_WANTS_WRITE = 2, /* call again when it is readable or writable */
    UVSCHED_REDIS_ANSWER = 3       /* receive(): here is the answer to one command, or what a channel told */
};

/* What an answer is. */
enum {
    UVSCHED_REDIS_NIL = 0,
    UVSCHED_REDIS_TEXT = 1, /* a status too */
    UVSCHED_REDIS_INTEGER = 2,
    UVSCHED_REDIS_LIST = 3,
    UVSCHED_REDIS_ERROR = 4
};

typedef struct uvsched_redis_link uvsched_redis_link;     /* a connection to a server, or what is to become one */
typedef struct uvsched_redis_answer uvsched_redis_answer; /* or one in a list, which goes with the list */

typedef struct uvsched_redis_driver {
    uint32_t version; /* UVSCHED_REDIS_DRIVER_VERSION */
    uint32_t size;    /* of the table */

    /* "hiredis 0.14.1": for people. Never NULL. */
    const char* (*library)(void);

    /* Begins to connect: to a host and a port, or to the socket at a path where the port is 0. NULL: no memory. */
    uvsched_redis_link* (*connect)(const char* host, int port);
    /* Goes on with it. DONE: connected. */
    int (*connecting)(uvsched_redis_link* link);

    /* -1: none. */
    int (*descriptor)(const uvsched_redis_link* link);
    /* Why it failed; valid until the next call. */
    const char* (*message)(const uvsched_redis_link* link);

    /* Adds a command to those that are to be sent: its words, and how long each of them is. DONE or FAILED. */
    int (*send)(uvsched_redis_link* link, int count, const char* const* words, const size_t* lengths);
    /* Hands on to the system what is not sent yet. */
    int (*flush)(uvsched_redis_link* link);
    /* The next answer, in the order of the commands. */
    int (*receive)(uvsched_redis_link* link, uvsched_redis_answer** answer);

    int (*kind)(const uvsched_redis_answer* answer);
    /* Of a text and an error. It ends with a NUL that is not counted. */
    const char* (*text)(const uvsched_redis_answer* answer, size_t* length);
    int64_t (*integer)(const uvsched_redis_answer* answer);
    /* Of a list. */
    size_t (*count)(const uvsched_redis_answer* answer);
    const uvsched_redis_answer* (*at)(const uvsched_redis_answer* answer, size_t index);
    /* One that receive() gave. */
    void (*release)(uvsched_redis_answer* answer);

    /* In the child of a fork nobody calls this: the descriptor is closed instead. */
    void (*close)(uvsched_redis_link* link);
} uvsched_redis_driver;

typedef const uvsched_redis_driver* (*uvsched_redis_driver_function)(void);

#ifdef __cplusplus
}
#endif

#endif
