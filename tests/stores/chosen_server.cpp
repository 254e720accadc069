#include "tests/stores/chosen_server.hpp"

#include <stdexcept>
#include <string>

#include "tests/stores/store_name.hpp"
#ifdef UVSCHED_TEST_MONGODB
#include "tests/stores/mongodb_server.hpp"
#endif
#ifdef UVSCHED_TEST_POSTGRESQL
#include "tests/stores/postgresql_server.hpp"
#endif
#ifdef UVSCHED_TEST_REDIS
#include "tests/stores/redis_server.hpp"
#endif

Server& chosen_server() {
#ifdef UVSCHED_TEST_POSTGRESQL
    if (store_name() == "postgresql") return PostgresqlServer::shared();
#endif
#ifdef UVSCHED_TEST_REDIS
    if (store_name() == "redis") return RedisServer::shared();
#endif
#ifdef UVSCHED_TEST_MONGODB
    if (store_name() == "mongodb") return MongodbServer::shared();
#endif
    throw std::runtime_error("a store with a server is needed: --store=NAME, not " + store_name());
}
