#include "core/stores/registry/registry.hpp"

#include <cstdint>

#include "core/base/known_name.hpp"
#include "core/stores/memory/memory_module.hpp"
#include "core/stores/mongodb/mongodb_module.hpp"
#include "core/stores/postgresql/postgresql_module.hpp"
#include "core/stores/redis/redis_module.hpp"
#include "core/stores/registry/store_fields.hpp"
#include "core/stores/sqlite/sqlite_module.hpp"

namespace uvsched {
namespace {

// A store's module: reads its options, and refuses those that are wrong. One whose client library is a file of its own
// looks for that here, when a configuration asks for the store, and says what to install if there is none.
using StoreModule = StoreConfig (*)(StoreFields& given);

constexpr KnownName<StoreModule> kStores[] = {
    {"memory", "MemoryStore", read_memory_store},
    {"sqlite", "SQLiteStore", read_sqlite_store},
    {"postgresql", "PostgreSQLStore", read_postgresql_store},
    {"postgres", "", read_postgresql_store},
    {"redis", "RedisStore", read_redis_store},
    {"mongodb", "MongoDBStore", read_mongodb_store},
    {"mongo", "", read_mongodb_store},
    {"sqlalchemy", "SQLAlchemyStore", nullptr},
    {"file", "FileStore", nullptr},
};

}  // namespace

StoreConfig read_store(const nlohmann::json& given, const std::string& path) {
    StoreFields store(given, path);
    refuse_redis_with_tls(store);
    refuse_mongodb_by_name_server(store);
    StoreConfig config = find_known(kStores, store.kind(), store.kind_path(), "a store").value(store);
    Retention& retention = config.retention;
    retention.age = store.fields().seconds("retention_age").value_or(retention.age);
    retention.per_task = store.fields().integer("retention_per_task", 0, INT64_MAX).value_or(retention.per_task);
    store.fields().refuse_others();
    return config;
}

std::string store_libraries() { return sqlite_library(); }

}  // namespace uvsched
