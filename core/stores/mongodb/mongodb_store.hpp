// MongodbStore: a store on a MongoDB server or replica set, for processes on any number of machines.
#pragma once

#include <memory>

#include "core/stores/mongodb/mongodb_options.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// Opens nothing yet.
[[nodiscard]] std::unique_ptr<Store> make_mongodb_store(MongodbOptions options);

}  // namespace uvsched
