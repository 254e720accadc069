// What a configuration says of a MongoDB store.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/stores/drivers/mongodb_driver.h"
#include "core/stores/lease.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

struct MongodbOptions {
    const uvsched_mongodb_driver* driver = nullptr;
    std::vector<std::string> hosts;  // "host:port", at least one
    std::string user;
    std::string password;
    std::string database = "uvsched";
    std::string collection = "tasks";                             // of the tasks; the names of the others begin with it
    std::vector<std::pair<std::string, std::string>> parameters;  // of the client library
    Micros lease = kDefaultLease;

    // "mongodb://host:27017/database", for messages: without user and password.
    [[nodiscard]] std::string place() const;
    // "mongodb://host:27017?tls=true": what a configuration says of the servers, but for the rest.
    [[nodiscard]] std::string url_of_servers() const;
    // For the client library, with such deadlines for connecting and for each answer.
    [[nodiscard]] std::string url(Micros connect, Micros answer) const;
    // The texts that no message may show.
    [[nodiscard]] std::vector<std::string> secrets() const;
};

// The table of the module. Throws Error(unsupported) and Error(version).
[[nodiscard]] const uvsched_mongodb_driver* mongodb_driver();

}  // namespace uvsched
