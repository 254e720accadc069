// RedisStore: a store on a Redis server, for processes on any number of machines.
#pragma once

#include <memory>

#include "core/stores/redis/redis_options.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// Opens nothing yet.
[[nodiscard]] std::unique_ptr<Store> make_redis_store(RedisOptions options);

}  // namespace uvsched
