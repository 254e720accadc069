// What a configuration says of a Redis store.
#pragma once

#include <string>

#include "core/stores/drivers/redis_driver.h"
#include "core/stores/lease.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

struct RedisOptions {
    const uvsched_redis_driver* driver = nullptr;
    std::string host = "localhost";
    int port = 6379;
    std::string socket;  // the path of a socket, in the place of host and port
    std::string user;
    std::string password;
    int database = 0;
    std::string prefix = "uvsched";  // the hash tag that all keys begin with
    Micros lease = kDefaultLease;

    // "redis://host:6379/0", for messages: without user and password.
    [[nodiscard]] std::string place() const;
};

// The table of the module. Throws Error(unsupported) and Error(version).
[[nodiscard]] const uvsched_redis_driver* redis_driver();

}  // namespace uvsched
