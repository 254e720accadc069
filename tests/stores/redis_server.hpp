// RedisServer: the real server that tests use: the one of UVSCHED_TEST_REDIS_URL, or one of their own, started in a
// folder of its own when it is first asked for, and ended with the program.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/stores/folder.hpp"
#include "tests/support/server_process.hpp"

class RedisServer {
public:
    // The one of this program.
    static RedisServer& shared() {
        static RedisServer server;
        return server;
    }

    // What it keeps outlives it: each answer is in its file.
    explicit RedisServer(std::vector<std::string> settings = {"--appendfsync", "always"})
        : settings_(std::move(settings)) {
        ::setenv("UVSCHED_MODULE_PATH", UVSCHED_TEST_MODULES, 0);
        if (const char* const given = std::getenv("UVSCHED_TEST_REDIS_URL"); given != nullptr) {
            url_ = given;
            return;
        }
        folder_ = std::make_unique<Folder>();
        port_ = free_port();
        url_ = "redis://127.0.0.1:" + std::to_string(port_) + "/0";
        start();
    }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    // With further options behind it: "&prefix=a".
    [[nodiscard]] std::string url(const std::string& options = "") const {
        const bool first = url_.find('?') == std::string::npos && !options.empty();
        return url_ + (first ? "?" + options.substr(1) : options);
    }
    [[nodiscard]] bool is_own() const { return folder_ != nullptr; }

    // ---- a server of the tests' own ----

    void start() {
        std::vector<std::string> command{program("redis-server"),
                                         "--port",
                                         std::to_string(port_),
                                         "--bind",
                                         "127.0.0.1",
                                         "--unixsocket",
                                         socket(),
                                         "--dir",
                                         folder_->file(""),
                                         "--save",
                                         "",
                                         "--appendonly",
                                         "yes"};
        command.insert(command.end(), settings_.begin(), settings_.end());
        process_.start(command);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (
            !process_.succeeds({"/bin/sh", "-c", "redis-cli -s '" + socket() + "' ping | grep -q -e PONG -e NOAUTH"})) {
            if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("Redis does not get ready");
            ::usleep(10'000);
        }
    }
    void stop(int signal) { process_.stop(signal); }
    [[nodiscard]] pid_t pid() const { return process_.pid(); }
    [[nodiscard]] std::string socket() const { return folder_->file("redis.sock"); }
    [[nodiscard]] int port() const { return port_; }

private:
    static std::string program(const std::string& name) {
        for (const char* const folder : {"/usr/bin/", "/usr/local/bin/"}) {
            if (std::filesystem::exists(folder + name)) return folder + name;
        }
        throw std::runtime_error("no Redis server is installed: " + name +
                                 " is neither in /usr/bin nor /usr/local/bin");
    }
    static int free_port() {
        const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof place;
        if (::bind(listener, reinterpret_cast<sockaddr*>(&place), size) != 0 ||
            ::getsockname(listener, reinterpret_cast<sockaddr*>(&place), &size) != 0) {
            throw std::runtime_error("no port is free");
        }
        ::close(listener);
        return ntohs(place.sin_port);
    }

    std::vector<std::string> settings_;
    std::unique_ptr<Folder> folder_;
    ServerProcess process_;  // ends before its folder goes
    std::string url_;
    int port_ = 0;
};
