#include "core/stores/postgresql/postgresql_options.hpp"

#include <algorithm>

#include "core/stores/drivers/driver_library.hpp"

namespace uvsched {

const std::string* PostgresqlOptions::find(std::string_view parameter) const {
    const auto found = std::ranges::find_if(parameters, [&](const auto& each) { return each.first == parameter; });
    return found == parameters.end() ? nullptr : &found->second;
}

std::string PostgresqlOptions::place() const {
    const auto of = [&](const char* name, const char* before) {
        const std::string* const value = find(name);
        return value == nullptr ? std::string() : before + *value;
    };
    std::string host = of("host", "");
    if (host.empty()) host = of("hostaddr", "");
    if (host.empty()) host = of("service", "service=");
    return "postgresql://" + host + of("port", ":") + of("dbname", "/");
}

const uvsched_postgresql_driver* postgresql_driver() {
    void* const found = find_driver("postgresql", UVSCHED_POSTGRESQL_DRIVER_SYMBOL,
                                    "PostgreSQL's client library libpq 14 or newer (libpq5 on Debian and Ubuntu)");
    const uvsched_postgresql_driver* const table = reinterpret_cast<uvsched_postgresql_driver_function>(found)();
    if (table->version != UVSCHED_POSTGRESQL_DRIVER_VERSION || table->size < sizeof *table) {
        refuse_driver("postgresql", table->version, UVSCHED_POSTGRESQL_DRIVER_VERSION);
    }
    return table;
}

}  // namespace uvsched
