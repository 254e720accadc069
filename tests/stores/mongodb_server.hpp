// MongodbServer: the one of UVSCHED_TEST_MONGODB_URL, or one of the tests' own. That is not MongoDB, but another
// program that speaks its protocol (tests/servers/mongodb).
#pragma once

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/stores/server.hpp"
#include "tests/support/free_port.hpp"

class MongodbServer final : public Server {
public:
    // The one of this program.
    static MongodbServer& shared() {
        static MongodbServer server;
        return server;
    }

    MongodbServer() : Server("UVSCHED_TEST_MONGODB_URL", "collection", "", SIGTERM) {
        if (!is_own()) return;
        port_ = free_port();
        set_url("mongodb://127.0.0.1:" + std::to_string(port_) + "/uvsched_tests");
        MongodbServer::start();
    }

    [[nodiscard]] std::string unanswered_url() const override { return "mongodb://me:s3cret@127.0.0.1:1/x"; }

    void start() override {
        const std::string classes = UVSCHED_TEST_MONGODB_SERVER;
        if (!std::filesystem::exists(classes + "/Server.class")) {
            throw std::runtime_error("no server is in " + classes + ": tests/servers/mongodb/fetch.sh brings it");
        }
        process().start({"/usr/bin/env", "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-cp",
                         classes + ":" + classes + "/*", "Server", std::to_string(port_), folder().file("data")});
        wait_until([this] { return is_answered(port_); });
    }
    // In order, whatever is asked for: it writes to its file once a second, and when it is stopped so.
    void stop(int /*signal*/) override { process().stop(SIGTERM); }
    [[nodiscard]] int port() const { return port_; }

private:
    int port_ = 0;
};
