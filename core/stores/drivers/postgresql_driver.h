/* The table of functions of the module that holds PostgreSQL's client library. All that crosses is C: the module knows
 * no SQL and no uvsched, and libuvsched knows no client library. A module exports one function of the name below, which
 * returns its table. The table only grows at its end; a change of what is there is another version.
 *
 * Nothing here waits, except for the name server in connect(). One thread at a time uses a link; another thread may use
 * another link. */
#ifndef UVSCHED_POSTGRESQL_DRIVER_H
#define UVSCHED_POSTGRESQL_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UVSCHED_POSTGRESQL_DRIVER_VERSION 1
#define UVSCHED_POSTGRESQL_DRIVER_SYMBOL "uvsched_postgresql_driver_table"

/* What a function asks of its caller. */
enum {
    UVSCHED_PG_FAILED = -1,     /* message() says why; the link is of no use any more */
    UVSCHED_PG_DONE = 0,        /* nothing more to do */
    UVSCHED_PG_WANTS_READ = 1,  /* call again when the descriptor is readable */
    UVSCHED_PG_WANTS_WRITE = 2, /* call again when it is readable or writable */
    UVSCHED_PG_ANSWER = 3       /* receive(): here is the answer to one statement */
};

typedef struct uvsched_pg_link uvsched_pg_link;     /* a connection to a server, or what is to become one */
typedef struct uvsched_pg_answer uvsched_pg_answer; /* what one statement gave; release() it */

typedef struct uvsched_postgresql_driver {
    uint32_t version; /* UVSCHED_POSTGRESQL_DRIVER_VERSION */
    uint32_t size;    /* of the table */

    /* "libpq 15.4": for people. Never NULL. */
    const char* (*library)(void);

    /* The names of the parameters that connect() takes, in some order; NULL behind the last one. */
    const char* (*parameter)(size_t index);

    /* Begins to connect. The two arrays end with NULL. NULL: no memory. */
    uvsched_pg_link* (*connect)(const char* const* names, const char* const* values);
    /* Goes on with it. The descriptor may be another one after each call. DONE: connected. */
    int (*connecting)(uvsched_pg_link* link);

    /* -1: none. */
    int (*descriptor)(const uvsched_pg_link* link);
    /* Why it failed; valid until the next call. */
    const char* (*message)(const uvsched_pg_link* link);
    /* 150004 for 15.4. */
    int (*server_version)(const uvsched_pg_link* link);
    /* What the server said of itself ("server_encoding"); NULL: nothing. */
    const char* (*server_setting)(const uvsched_pg_link* link, const char* name);

    /* Adds a statement to those that are to be sent, with its parameters as text; NULL is NULL. The server does no
     * statement behind one that failed, up to the next end(). DONE or FAILED. */
    int (*send)(uvsched_pg_link* link, const char* sql, int count, const char* const* values);
    /* Ends what is sent together. */
    int (*end)(uvsched_pg_link* link);
    /* Hands on to the system what is not sent yet, and takes in what has come. */
    int (*flush)(uvsched_pg_link* link);
    /* The next answer, in the order of the statements. DONE: that of end(), and nothing is in the way of the next. */
    int (*receive)(uvsched_pg_link* link, uvsched_pg_answer** answer);

    int (*rows)(const uvsched_pg_answer* answer);
    int (*columns)(const uvsched_pg_answer* answer);
    /* NULL is NULL. The text ends with a NUL that is not counted. */
    const char* (*value)(const uvsched_pg_answer* answer, int row, int column, size_t* length);
    /* "" if the statement succeeded, else the five characters of its SQLSTATE; "00000" where it was not done, because
     * another before it failed. */
    const char* (*state)(const uvsched_pg_answer* answer);
    const char* (*error)(const uvsched_pg_answer* answer);
    void (*release)(uvsched_pg_answer* answer);

    /* Takes the next notice that another session sent to a channel that this one listens to, as far as they have come:
     * true if there is one. Its text, cut to the size, goes to `payload`. */
    int (*hear)(uvsched_pg_link* link, char* payload, size_t size);

    /* Says goodbye to the server. In the child of a fork nobody calls this: the descriptor is closed instead. */
    void (*close)(uvsched_pg_link* link);
} uvsched_postgresql_driver;

typedef const uvsched_postgresql_driver* (*uvsched_postgresql_driver_function)(void);

#ifdef __cplusplus
}
#endif

#endif
