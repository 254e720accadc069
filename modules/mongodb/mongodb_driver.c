/* The module of MongoDB: libmongoc behind the table of core/stores/drivers/mongodb_driver.h. */
#include "core/stores/drivers/mongodb_driver.h"

#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct uvsched_mongodb_link {
    mongoc_client_t* client;
    bson_t answer;
    bson_error_t error;
};

static const char* library(void) {
    static char text[40];
    if (text[0] == '\0') snprintf(text, sizeof text, "libmongoc %s", mongoc_get_version());
    return text;
}

/* Those of libmongoc's that say how to reach a server. The others say how to read, to write and to wait, which is the
 * store's own business. */
static const char* option(size_t index) {
    static const char* const names[] = {"appname",
                                        "authMechanism",
                                        "authMechanismProperties",
                                        "authSource",
                                        "canonicalizeHostname",
                                        "compressors",
                                        "directConnection",
                                        "gssapiServiceName",
                                        "loadBalanced",
                                        "replicaSet",
                                        "ssl",
                                        "tls",
                                        "tlsAllowInvalidCertificates",
                                        "tlsAllowInvalidHostnames",
                                        "tlsCAFile",
                                        "tlsCertificateKeyFile",
                                        "tlsCertificateKeyFilePassword",
                                        "tlsDisableCertificateRevocationCheck",
                                        "tlsDisableOCSPEndpointCheck",
                                        "tlsInsecure",
                                        "zlibCompressionLevel"};
    return index < sizeof names / sizeof names[0] ? names[index] : NULL;
}

/* Never cleaned up: other threads may still use it when the process ends. */
static void begin(void) {
    mongoc_init();
    mongoc_log_set_handler(NULL, NULL); /* what it has to say is in the messages */
}

static uvsched_mongodb_link* open_link(const char* place, char* why, size_t room) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    bson_error_t error;
    mongoc_uri_t* uri;
    uvsched_mongodb_link* link;
    pthread_once(&once, begin);
    uri = mongoc_uri_new_with_error(place, &error);
    if (uri == NULL) {
        snprintf(why, room, "%s", error.message);
        return NULL;
    }
    link = calloc(1, sizeof *link);
    if (link != NULL) link->client = mongoc_client_new_from_uri_with_error(uri, &error);
    mongoc_uri_destroy(uri);
    if (link == NULL || link->client == NULL) {
        snprintf(why, room, "%s", link == NULL ? "no memory" : error.message);
        free(link);
        return NULL;
    }
    mongoc_client_set_error_api(link->client, MONGOC_ERROR_API_VERSION_2);
    bson_init(&link->answer);
    return link;
}

/* Whether a failure is one before the command was sent. */
static int is_before(const bson_error_t* error) {
    switch (error->domain) {
        case MONGOC_ERROR_SERVER_SELECTION:
        case MONGOC_ERROR_CLIENT:
        case MONGOC_ERROR_COMMAND:
        case MONGOC_ERROR_BSON:
            return 1;
        case MONGOC_ERROR_STREAM:
            return error->code == MONGOC_ERROR_STREAM_CONNECT || error->code == MONGOC_ERROR_STREAM_NAME_RESOLUTION;
        default:
            return 0;
    }
}

static int run(uvsched_mongodb_link* link, const char* database, const uint8_t* command, size_t length,
               const uint8_t** answer, size_t* answer_length) {
    bson_t given;
    bool done;
    bson_destroy(&link->answer);
    if (!bson_init_static(&given, command, length)) {
        bson_init(&link->answer);
        snprintf(link->error.message, sizeof link->error.message, "the command is not BSON");
        return UVSCHED_MONGODB_UNSENT;
    }
    done = mongoc_client_command_with_opts(link->client, database, &given, NULL, NULL, &link->answer, &link->error);
    /* A server that refuses says so in its answer. */
    if (!done && link->error.domain != MONGOC_ERROR_SERVER) {
        return is_before(&link->error) ? UVSCHED_MONGODB_UNSENT : UVSCHED_MONGODB_LOST;
    }
    *answer = bson_get_data(&link->answer);
    *answer_length = link->answer.len;
    return UVSCHED_MONGODB_ANSWERED;
}

static const char* message(const uvsched_mongodb_link* link) { return link->error.message; }

static void close_link(uvsched_mongodb_link* link) {
    bson_destroy(&link->answer);
    mongoc_client_destroy(link->client);
    free(link);
}

static const uvsched_mongodb_driver table = {
    .version = UVSCHED_MONGODB_DRIVER_VERSION,
    .size = sizeof(uvsched_mongodb_driver),
    .library = library,
    .option = option,
    .open = open_link,
    .run = run,
    .message = message,
    .close = close_link,
};

__attribute__((visibility("default"))) const uvsched_mongodb_driver* uvsched_mongodb_driver_table(void);
const uvsched_mongodb_driver* uvsched_mongodb_driver_table(void) { return &table; }
