#include "tests/stores/chosen_store.hpp"

#include <map>
#include <stdexcept>

#include "tests/stores/sqlite_place.hpp"
#include "tests/stores/store_name.hpp"
#ifdef UVSCHED_TEST_MONGODB
#include "tests/stores/mongodb_place.hpp"
#endif
#ifdef UVSCHED_TEST_POSTGRESQL
#include "tests/stores/postgresql_place.hpp"
#endif
#ifdef UVSCHED_TEST_REDIS
#include "tests/stores/redis_place.hpp"
#endif

namespace {

struct ServerKind {
    std::unique_ptr<ServerPlace> (*place)();
    std::unique_ptr<ServerPlace> (*place_on)(const Server& server);
    std::unique_ptr<Server> (*durable)();
};

template <class Kind>
constexpr ServerKind server_kind() {
    using Its = typename Kind::Server;
    return {
        .place = []() -> std::unique_ptr<ServerPlace> { return std::make_unique<Kind>(); },
        .place_on = [](const Server& server) -> std::unique_ptr<ServerPlace> {
            return std::make_unique<Kind>(dynamic_cast<const Its&>(server));
        },
        .durable = []() -> std::unique_ptr<Server> { return Kind::durable_server(); },
    };
}

const ServerKind& chosen() {
    static const std::map<std::string, ServerKind> kinds{
#ifdef UVSCHED_TEST_POSTGRESQL
        {"postgresql", server_kind<PostgresqlSchema>()},
#endif
#ifdef UVSCHED_TEST_REDIS
        {"redis", server_kind<RedisPrefix>()},
#endif
#ifdef UVSCHED_TEST_MONGODB
        {"mongodb", server_kind<MongodbPlace>()},
#endif
    };
    const auto found = kinds.find(store_name());
    if (found == kinds.end()) throw std::runtime_error(store_name() + " is not a store on a server");
    return found->second;
}

}  // namespace

std::unique_ptr<Place> make_place() {
    if (store_name() == "sqlite") return std::make_unique<SqlitePlace>();
    return make_server_place();
}
std::unique_ptr<ServerPlace> make_server_place() { return chosen().place(); }
std::unique_ptr<ServerPlace> make_server_place(const Server& server) { return chosen().place_on(server); }
std::unique_ptr<Server> make_durable_server() { return chosen().durable(); }
