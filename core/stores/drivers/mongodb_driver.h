/* The table of functions of the module that holds MongoDB's client library. All that crosses is C and BSON: the module
 * knows no command and no uvsched, and libuvsched knows no client library. A module exports one function of the name
 * below, which returns its table. The table only grows at its end; a change of what is there is another version.
 *
 * run() waits, as long as the options of the place say. One thread at a time uses a link; another thread may use
 * another link. */
#ifndef UVSCHED_MONGODB_DRIVER_H
#define UVSCHED_MONGODB_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UVSCHED_MONGODB_DRIVER_VERSION 1
#define UVSCHED_MONGODB_DRIVER_SYMBOL "uvsched_mongodb_driver_table"

/* What became of a command. */
enum {
    UVSCHED_MONGODB_ANSWERED = 0, /* here is the server's answer; it may say that it refuses */
    UVSCHED_MONGODB_UNSENT = 1,   /* no server has it; message() says why */
    UVSCHED_MONGODB_LOST = 2      /* it was sent, and no answer came; message() says why */
};

typedef struct uvsched_mongodb_link uvsched_mongodb_link; /* to a server, or to those of a replica set */

typedef struct uvsched_mongodb_driver {
    uint32_t version; /* UVSCHED_MONGODB_DRIVER_VERSION */
    uint32_t size;    /* of the table */

    /* "libmongoc 1.23.1": for people. Never NULL. */
    const char* (*library)(void);

    /* The names of the options that a place may have behind its "?", one after the other; NULL behind the last one. */
    const char* (*option)(size_t index);

    /* A link to a place, "mongodb://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE&…", which connects when it is first
     * used. NULL: `why`, a text of at most `room` bytes with its NUL, says what is wrong. */
    uvsched_mongodb_link* (*open)(const char* place, char* why, size_t room);

    /* Has the primary carry out a command in a database, and waits for the answer. Both are documents in BSON; the
     * answer is valid until the link's next call. */
    int (*run)(uvsched_mongodb_link* link, const char* database, const uint8_t* command, size_t length,
               const uint8_t** answer, size_t* answer_length);
    /* Valid until the link's next call. */
    const char* (*message)(const uvsched_mongodb_link* link);

    /* In the child of a fork nobody calls this. */
    void (*close)(uvsched_mongodb_link* link);
} uvsched_mongodb_driver;

typedef const uvsched_mongodb_driver* (*uvsched_mongodb_driver_function)(void);

#ifdef __cplusplus
}
#endif

#endif
