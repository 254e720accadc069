// PostgresqlServer: the real server that tests use: the one of UVSCHED_TEST_POSTGRESQL_URL, or one of their own,
// started in a folder of its own when it is first asked for, and ended with the program.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/stores/folder.hpp"
#include "tests/support/server_process.hpp"

class PostgresqlServer {
public:
    // The one of this program.
    static PostgresqlServer& shared() {
        static PostgresqlServer server;
        return server;
    }

    explicit PostgresqlServer(std::vector<std::string> settings = {"fsync=off"}) : settings_(std::move(settings)) {
        ::setenv("UVSCHED_MODULE_PATH", UVSCHED_TEST_MODULES, 0);
        if (const char* const given = std::getenv("UVSCHED_TEST_POSTGRESQL_URL"); given != nullptr) {
            url_ = given;
            return;
        }
        folder_ = std::make_unique<Folder>();
        process_.hand_over(folder_->file(""));
        if (!process_.succeeds(
                {program("initdb"), "-D", data(), "-N", "-E", "UTF8", "--locale=C", "-A", "trust", "-U", "tester"})) {
            throw std::runtime_error("initdb failed");
        }
        {
            std::ofstream rules(data() + "/pg_hba.conf", std::ios::trunc);  // the first that fits counts
            rules << "local all locked scram-sha-256\nlocal all all trust\n";
        }
        url_ = "postgresql://tester@/postgres?host=" + escaped(folder_->file(""));
        start();
    }
    PostgresqlServer(const PostgresqlServer&) = delete;
    PostgresqlServer& operator=(const PostgresqlServer&) = delete;

    // With further options behind it: "&schema=a".
    [[nodiscard]] std::string url(const std::string& options = "") const {
        const bool first = url_.find('?') == std::string::npos && !options.empty();
        return url_ + (first ? "?" + options.substr(1) : options);
    }
    [[nodiscard]] bool is_own() const { return folder_ != nullptr; }

    // ---- a server of the tests' own ----

    void start() {
        std::vector<std::string> command{
            program("postgres"),  "-D", data(), "-k", folder_->file(""), "-c", "listen_addresses=", "-c",
            "max_connections=100"};
        for (const std::string& setting : settings_) {
            command.emplace_back("-c");
            command.push_back(setting);
        }
        process_.start(command);
        wait_until_ready();
    }
    void stop(int signal) { process_.stop(signal); }
    [[nodiscard]] pid_t pid() const { return process_.pid(); }

private:
    [[nodiscard]] std::string data() const { return folder_->file("data"); }

    static std::string program(const std::string& name) {
        for (int version = 20; version >= 13; --version) {
            const std::string path = "/usr/lib/postgresql/" + std::to_string(version) + "/bin/" + name;
            if (std::filesystem::exists(path)) return path;
        }
        throw std::runtime_error("no PostgreSQL server is installed: " + name + " is not in /usr/lib/postgresql");
    }
    static std::string escaped(const std::string& path) {
        std::string out;
        for (const char c : path) out += c == '/' ? std::string("%2F") : std::string(1, c);
        return out;
    }

    void wait_until_ready() const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!process_.succeeds({program("pg_isready"), "-q", "-h", folder_->file("")})) {
            if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("PostgreSQL does not get ready");
            ::usleep(10'000);
        }
    }

    std::vector<std::string> settings_;
    std::unique_ptr<Folder> folder_;
    ServerProcess process_{"postgres"};  // ends before its folder goes
    std::string url_;
};
