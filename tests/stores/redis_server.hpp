// RedisServer: the one of UVSCHED_TEST_REDIS_URL, or one of the tests' own.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/stores/server.hpp"
#include "tests/support/free_port.hpp"

class RedisServer final : public Server {
public:
    // The one of this program.
    static RedisServer& shared() {
        static RedisServer server;
        return server;
    }

    // What it keeps outlives it: each answer is in its file.
    explicit RedisServer(std::vector<std::string> settings = {"--appendfsync", "always"})
        : Server("UVSCHED_TEST_REDIS_URL", "prefix"), settings_(std::move(settings)) {
        if (!is_own()) return;
        port_ = free_port();
        set_url("redis://127.0.0.1:" + std::to_string(port_) + "/0");
        RedisServer::start();
    }

    [[nodiscard]] std::string unanswered_url() const override { return "redis://:s3cret@127.0.0.1:1/0"; }

    void start() override {
        std::vector<std::string> command{program("redis-server"),
                                         "--port",
                                         std::to_string(port_),
                                         "--bind",
                                         "127.0.0.1",
                                         "--unixsocket",
                                         socket(),
                                         "--dir",
                                         folder().file(""),
                                         "--save",
                                         "",
                                         "--appendonly",
                                         "yes"};
        command.insert(command.end(), settings_.begin(), settings_.end());
        process().start(command);
        wait_until([this] {
            return process().succeeds(
                {"/bin/sh", "-c", "redis-cli -s '" + socket() + "' ping | grep -q -e PONG -e NOAUTH"});
        });
    }
    [[nodiscard]] std::string socket() const { return folder().file("redis.sock"); }
    [[nodiscard]] int port() const { return port_; }

private:
    static std::string program(const std::string& name) {
        for (const char* const folder : {"/usr/bin/", "/usr/local/bin/"}) {
            if (std::filesystem::exists(folder + name)) return folder + name;
        }
        throw std::runtime_error("no Redis server is installed: " + name +
                                 " is neither in /usr/bin nor /usr/local/bin");
    }

    const std::vector<std::string> settings_;
    int port_ = 0;
};
