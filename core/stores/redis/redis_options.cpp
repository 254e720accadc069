#include "core/stores/redis/redis_options.hpp"

#include "core/stores/drivers/driver_library.hpp"

namespace uvsched {

std::string RedisOptions::place() const {
    const std::string where = socket.empty() ? host + ":" + std::to_string(port) : socket;
    return "redis://" + where + "/" + std::to_string(database);
}

const uvsched_redis_driver* redis_driver() {
    void* const found = find_driver("redis", UVSCHED_REDIS_DRIVER_SYMBOL,
                                    "Redis's client library hiredis 0.14 (libhiredis0.14 on Debian and Ubuntu)");
    const uvsched_redis_driver* const table = reinterpret_cast<uvsched_redis_driver_function>(found)();
    if (table->version != UVSCHED_REDIS_DRIVER_VERSION || table->size < sizeof *table) {
        refuse_driver("redis", table->version, UVSCHED_REDIS_DRIVER_VERSION);
    }
    return table;
}

}  // namespace uvsched
