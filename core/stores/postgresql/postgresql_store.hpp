// PostgresqlStore: a store on a server, for processes on any number of machines.
#pragma once

#include <memory>

#include "core/stores/postgresql/postgresql_options.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// Opens nothing yet.
[[nodiscard]] std::unique_ptr<Store> make_postgresql_store(PostgresqlOptions options);

}  // namespace uvsched
