/* The module of PostgreSQL: libpq behind the table of core/stores/drivers/postgresql_driver.h. */
#include "core/stores/drivers/postgresql_driver.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef LIBPQ_HAS_PIPELINING
#error "libpq 14 or newer is needed: earlier ones cannot send several statements at once"
#endif

struct uvsched_pg_link {
    PGconn* connection;
    size_t awaited; /* answers and ends that have not come yet */
};

/* An answer is a PGresult, which is nobody else's to look into. */
static const PGresult* result_of(const uvsched_pg_answer* answer) { return (const PGresult*)answer; }

/* What never changes while the process runs. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char library_name[32];
static PQconninfoOption* parameters;
static size_t parameter_count;

static void learn(void) {
    const int version = PQlibVersion();
    snprintf(library_name, sizeof library_name, "libpq %d.%d", version / 10000, version % 10000);
    parameters = PQconndefaults();
    while (parameters != NULL && parameters[parameter_count].keyword != NULL) ++parameter_count;
}

static const char* library(void) {
    pthread_once(&once, learn);
    return library_name;
}

static const char* parameter(size_t index) {
    pthread_once(&once, learn);
    return index < parameter_count ? parameters[index].keyword : NULL;
}

static uvsched_pg_link* connect_link(const char* const* names, const char* const* values) {
    uvsched_pg_link* link = calloc(1, sizeof *link);
    if (link == NULL) return NULL;
    link->connection = PQconnectStartParams(names, values, 0);
    if (link->connection == NULL) {
        free(link);
        return NULL;
    }
    return link;
}

static void ignore_notice(void* data, const PGresult* notice) {
    (void)data;
    (void)notice;
}

static int connecting(uvsched_pg_link* link) {
    if (PQstatus(link->connection) == CONNECTION_BAD) return UVSCHED_PG_FAILED;
    switch (PQconnectPoll(link->connection)) {
        case PGRES_POLLING_READING:
            return UVSCHED_PG_WANTS_READ;
        case PGRES_POLLING_WRITING:
            return UVSCHED_PG_WANTS_WRITE;
        case PGRES_POLLING_OK:
            break;
        default:
            return UVSCHED_PG_FAILED;
    }
    PQsetNoticeReceiver(link->connection, ignore_notice, NULL); /* they would go to stderr */
    if (PQsetnonblocking(link->connection, 1) != 0 || PQenterPipelineMode(link->connection) == 0) {
        return UVSCHED_PG_FAILED;
    }
    return UVSCHED_PG_DONE;
}

static int descriptor(const uvsched_pg_link* link) { return PQsocket(link->connection); }
static const char* message(const uvsched_pg_link* link) { return PQerrorMessage(link->connection); }
static int server_version(const uvsched_pg_link* link) { return PQserverVersion(link->connection); }
static const char* server_setting(const uvsched_pg_link* link, const char* name) {
    return PQparameterStatus(link->connection, name);
}

static int send_statement(uvsched_pg_link* link, const char* sql, int count, const char* const* values) {
    if (PQsendQueryParams(link->connection, sql, count, NULL, values, NULL, NULL, 0) == 0) return UVSCHED_PG_FAILED;
    ++link->awaited;
    return UVSCHED_PG_DONE;
}

static int end(uvsched_pg_link* link) {
    if (PQpipelineSync(link->connection) == 0) return UVSCHED_PG_FAILED;
    ++link->awaited;
    return UVSCHED_PG_DONE;
}

static int flush(uvsched_pg_link* link) {
    if (PQconsumeInput(link->connection) == 0) return UVSCHED_PG_FAILED;
    switch (PQflush(link->connection)) {
        case 0:
            return UVSCHED_PG_DONE;
        case 1:
            return UVSCHED_PG_WANTS_WRITE;
        default:
            return UVSCHED_PG_FAILED;
    }
}

static int receive(uvsched_pg_link* link, uvsched_pg_answer** answer) {
    int separators = 0;
    if (link->awaited == 0) return UVSCHED_PG_DONE;
    for (;;) {
        if (PQisBusy(link->connection)) {
            if (PQconsumeInput(link->connection) == 0) return UVSCHED_PG_FAILED;
            if (PQisBusy(link->connection)) return UVSCHED_PG_WANTS_READ;
        }
        PGresult* const result = PQgetResult(link->connection);
        if (result == NULL) { /* behind the answer to each statement */
            if (PQstatus(link->connection) == CONNECTION_BAD || ++separators > 2) return UVSCHED_PG_FAILED;
            continue;
        }
        --link->awaited;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return UVSCHED_PG_DONE;
        }
        *answer = (uvsched_pg_answer*)result;
        return UVSCHED_PG_ANSWER;
    }
}

static int rows(const uvsched_pg_answer* answer) { return PQntuples(result_of(answer)); }
static int columns(const uvsched_pg_answer* answer) { return PQnfields(result_of(answer)); }

static const char* value(const uvsched_pg_answer* answer, int row, int column, size_t* length) {
    const PGresult* const result = result_of(answer);
    if (PQgetisnull(result, row, column)) return NULL;
    *length = (size_t)PQgetlength(result, row, column);
    return PQgetvalue(result, row, column);
}

static const char* state(const uvsched_pg_answer* answer) {
    const char* state = NULL;
    switch (PQresultStatus(result_of(answer))) {
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
            return "";
        case PGRES_PIPELINE_ABORTED:
            return "00000";
        default:
            state = PQresultErrorField(result_of(answer), PG_DIAG_SQLSTATE);
            return state == NULL ? "08006" : state; /* libpq's own errors: the connection failed */
    }
}

static const char* error(const uvsched_pg_answer* answer) {
    const char* const primary = PQresultErrorField(result_of(answer), PG_DIAG_MESSAGE_PRIMARY);
    return primary == NULL ? PQresultErrorMessage(result_of(answer)) : primary;
}

static void release(uvsched_pg_answer* answer) { PQclear((PGresult*)answer); }

static int hear(uvsched_pg_link* link, char* payload, size_t size) {
    PGnotify* notice = NULL;
    if (PQconsumeInput(link->connection) == 0) return 0;
    notice = PQnotifies(link->connection);
    if (notice == NULL) return 0;
    snprintf(payload, size, "%s", notice->extra);
    PQfreemem(notice);
    return 1;
}

static void close_link(uvsched_pg_link* link) {
    PQfinish(link->connection);
    free(link);
}

static const uvsched_postgresql_driver table = {
    .version = UVSCHED_POSTGRESQL_DRIVER_VERSION,
    .size = sizeof(uvsched_postgresql_driver),
    .library = library,
    .parameter = parameter,
    .connect = connect_link,
    .connecting = connecting,
    .descriptor = descriptor,
    .message = message,
    .server_version = server_version,
    .server_setting = server_setting,
    .send = send_statement,
    .end = end,
    .flush = flush,
    .receive = receive,
    .rows = rows,
    .columns = columns,
    .value = value,
    .state = state,
    .error = error,
    .release = release,
    .hear = hear,
    .close = close_link,
};

__attribute__((visibility("default"))) const uvsched_postgresql_driver* uvsched_postgresql_driver_table(void);
const uvsched_postgresql_driver* uvsched_postgresql_driver_table(void) { return &table; }
