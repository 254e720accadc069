/* The module of Redis: hiredis behind the table of core/stores/drivers/redis_driver.h. */
#include "core/stores/drivers/redis_driver.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct uvsched_redis_link {
    redisContext* context;
    char failure[128]; /* of connecting, which hiredis does not look at; empty: it says why */
};

/* An answer is a redisReply, which is nobody else's to look into. */
static const redisReply* reply_of(const uvsched_redis_answer* answer) { return (const redisReply*)answer; }

static const char* library(void) {
    static char text[32];
    if (text[0] == '\0') snprintf(text, sizeof text, "hiredis %d.%d.%d", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
    return text;
}

static uvsched_redis_link* connect_link(const char* host, int port) {
    uvsched_redis_link* link = calloc(1, sizeof *link);
    if (link == NULL) return NULL;
    link->context = port == 0 ? redisConnectUnixNonBlock(host) : redisConnectNonBlock(host, port);
    if (link->context == NULL) {
        free(link);
        return NULL;
    }
    return link;
}

static int descriptor(const uvsched_redis_link* link) { return link->context->err == 0 ? link->context->fd : -1; }

static const char* message(const uvsched_redis_link* link) {
    return link->failure[0] != '\0' ? link->failure : link->context->errstr;
}

/* The first word of a socket that is being connected is that it can be written. */
static int connecting(uvsched_redis_link* link) {
    const int yes = 1;
    int failed = 0;
    socklen_t size = sizeof failed;
    struct sockaddr_storage peer;
    socklen_t peer_size = sizeof peer;
    if (link->context->err != 0) return UVSCHED_REDIS_FAILED;
    if (getsockopt(link->context->fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0) failed = errno;
    if (failed == 0) {
        if (getpeername(link->context->fd, (struct sockaddr*)&peer, &peer_size) == 0) {
            /* Of no consequence where it is not known; hiredis would call the link broken. */
            (void)setsockopt(link->context->fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
            return UVSCHED_REDIS_DONE;
        }
        if (errno == ENOTCONN) return UVSCHED_REDIS_WANTS_WRITE;
        failed = errno;
    }
    snprintf(link->failure, sizeof link->failure, "%s", strerror(failed));
    return UVSCHED_REDIS_FAILED;
}

static int send_command(uvsched_redis_link* link, int count, const char* const* words, const size_t* lengths) {
    /* It changes neither, but does not say so. */
    const int done = redisAppendCommandArgv(link->context, count, (const char**)(uintptr_t)words, lengths);
    return done == REDIS_OK ? UVSCHED_REDIS_DONE : UVSCHED_REDIS_FAILED;
}

static int flush(uvsched_redis_link* link) {
    int done = 0;
    if (redisBufferWrite(link->context, &done) != REDIS_OK) return UVSCHED_REDIS_FAILED;
    return done ? UVSCHED_REDIS_DONE : UVSCHED_REDIS_WANTS_WRITE;
}

static int receive(uvsched_redis_link* link, uvsched_redis_answer** answer) {
    void* reply = NULL;
    if (redisGetReplyFromReader(link->context, &reply) != REDIS_OK) return UVSCHED_REDIS_FAILED;
    if (reply == NULL) {
        if (redisBufferRead(link->context) != REDIS_OK) return UVSCHED_REDIS_FAILED;
        if (redisGetReplyFromReader(link->context, &reply) != REDIS_OK) return UVSCHED_REDIS_FAILED;
    }
    if (reply == NULL) return UVSCHED_REDIS_WANTS_READ;
    *answer = (uvsched_redis_answer*)reply;
    return UVSCHED_REDIS_ANSWER;
}

static int kind(const uvsched_redis_answer* answer) {
    switch (reply_of(answer)->type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            return UVSCHED_REDIS_TEXT;
        case REDIS_REPLY_INTEGER:
            return UVSCHED_REDIS_INTEGER;
        case REDIS_REPLY_ARRAY:
            return UVSCHED_REDIS_LIST;
        case REDIS_REPLY_ERROR:
            return UVSCHED_REDIS_ERROR;
        default:
            return UVSCHED_REDIS_NIL;
    }
}

static const char* text(const uvsched_redis_answer* answer, size_t* length) {
    *length = (size_t)reply_of(answer)->len;
    return reply_of(answer)->str;
}

static int64_t integer(const uvsched_redis_answer* answer) { return reply_of(answer)->integer; }
static size_t count(const uvsched_redis_answer* answer) { return reply_of(answer)->elements; }

static const uvsched_redis_answer* at(const uvsched_redis_answer* answer, size_t index) {
    return (const uvsched_redis_answer*)reply_of(answer)->element[index];
}

static void release(uvsched_redis_answer* answer) { freeReplyObject(answer); }

static void close_link(uvsched_redis_link* link) {
    redisFree(link->context);
    free(link);
}

static const uvsched_redis_driver table = {
    .version = UVSCHED_REDIS_DRIVER_VERSION,
    .size = sizeof(uvsched_redis_driver),
    .library = library,
    .connect = connect_link,
    .connecting = connecting,
    .descriptor = descriptor,
    .message = message,
    .send = send_command,
    .flush = flush,
    .receive = receive,
    .kind = kind,
    .text = text,
    .integer = integer,
    .count = count,
    .at = at,
    .release = release,
    .close = close_link,
};

__attribute__((visibility("default"))) const uvsched_redis_driver* uvsched_redis_driver_table(void);
const uvsched_redis_driver* uvsched_redis_driver_table(void) { return &table; }
