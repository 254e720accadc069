// MongodbServer: the server that tests use: the one of UVSCHED_TEST_MONGODB_URL, or one of their own, started in a
// folder of its own when it is first asked for, and ended with the program. Their own is not MongoDB, but another program that
// speaks its protocol (tests/servers/mongodb).
#pragma once

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/stores/folder.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/server_process.hpp"

class MongodbServer {
public:
    // The one of this program.
    static MongodbServer& shared() {
        static MongodbServer server;
        return server;
    }

    explicit MongodbServer(const std::vector<std::string>& = {}) {
        ::setenv("UVSCHED_MODULE_PATH", UVSCHED_TEST_MODULES, 0);
        if (const char* const given = std::getenv("UVSCHED_TEST_MONGODB_URL"); given != nullptr) {
            url_ = given;
            return;
        }
        folder_ = std::make_unique<Folder>();
        port_ = free_port();
        url_ = "mongodb://127.0.0.1:" + std::to_string(port_) + "/uvsched_tests";
        start();
    }
    MongodbServer(const MongodbServer&) = delete;
    MongodbServer& operator=(const MongodbServer&) = delete;

    // With further options behind it: "&collection=a".
    [[nodiscard]] std::string url(const std::string& options = "") const {
        const bool first = url_.find('?') == std::string::npos && !options.empty();
        return url_ + (first ? "?" + options.substr(1) : options);
    }
    [[nodiscard]] bool is_own() const { return folder_ != nullptr; }

    // ---- a server of the tests' own ----

    void start() {
        process_.start({"/usr/bin/java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "-cp",
                        std::string(UVSCHED_TEST_MONGODB_SERVER) + ":" + UVSCHED_TEST_MONGODB_SERVER + "/*", "Server",
                        std::to_string(port_), folder_->file("data")});
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!is_answered(port_)) {
            if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the server does not get ready");
            ::usleep(10'000);
        }
    }
    // In order, whatever is asked for: it writes to its file once a second, and when it is stopped so.
    void stop(int) { process_.stop(SIGTERM); }
    [[nodiscard]] pid_t pid() const { return process_.pid(); }
    [[nodiscard]] int port() const { return port_; }

private:
    std::unique_ptr<Folder> folder_;
    ServerProcess process_{"", SIGTERM};  // ends before its folder goes
    std::string url_;
    int port_ = 0;
};
