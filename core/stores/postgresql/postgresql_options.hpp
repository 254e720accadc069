// What a configuration says of a PostgreSQL store.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/stores/drivers/postgresql_driver.h"
#include "core/stores/lease.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

struct PostgresqlOptions {
    const uvsched_postgresql_driver* driver = nullptr;
    std::vector<std::pair<std::string, std::string>> parameters;  // of the connection, as the client library calls them
    std::string schema = "uvsched";                               // the tables are in it, and nothing else of others
    Micros lease = kDefaultLease;

    [[nodiscard]] const std::string* find(std::string_view parameter) const;

    // "postgresql://host:5432/database", for messages: without user and password.
    [[nodiscard]] std::string place() const;
};

// The table of the module. Throws Error(unsupported) and Error(version).
[[nodiscard]] const uvsched_postgresql_driver* postgresql_driver();

}  // namespace uvsched
