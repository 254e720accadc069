// PostgresqlServer: the one of UVSCHED_TEST_POSTGRESQL_URL, or one of the tests' own; with UVSCHED_TEST_PGBOUNCER=1 the
// stores on that one come to it through a pooler.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/stores/pgbouncer.hpp"
#include "tests/stores/server.hpp"

class PostgresqlServer final : public Server {
public:
    // The one of this program.
    static PostgresqlServer& shared() {
        static PostgresqlServer server;
        return server;
    }

    explicit PostgresqlServer(std::vector<std::string> settings = {"fsync=off"})
        : Server("UVSCHED_TEST_POSTGRESQL_URL", "schema", "postgres"), settings_(std::move(settings)) {
        if (!is_own()) return;
        process().hand_over(folder().file(""));
        if (!process().succeeds(
                {program("initdb"), "-D", data(), "-N", "-E", "UTF8", "--locale=C", "-A", "trust", "-U", "tester"})) {
            throw std::runtime_error("initdb failed");
        }
        {
            std::ofstream rules(data() + "/pg_hba.conf", std::ios::trunc);  // the first that fits counts
            rules << "local all locked scram-sha-256\nlocal all all trust\n";
        }
        set_url(url_at(folder().file("")));
        PostgresqlServer::start();
        if (std::getenv("UVSCHED_TEST_PGBOUNCER") == nullptr) return;
        direct_url_ = url();
        pooler_ = std::make_unique<PgBouncer>(folder().file(""));
        wait_until([this] { return pooler_->is_ready(); });
        set_url(url_at(pooler_->socket_folder()));
    }

    [[nodiscard]] bool is_pooled() const { return pooler_ != nullptr; }
    // Like url_of(), past the pooler.
    [[nodiscard]] std::string direct_url_of(const std::string& name) const {
        return is_pooled() ? direct_url_ + "&schema=" + name : url_of(name);
    }

    [[nodiscard]] std::string unanswered_url() const override {
        return "postgresql://me:s3cret@127.0.0.1:1/x?connect_timeout=1";
    }

    void start() override {
        std::vector<std::string> command{
            program("postgres"),  "-D", data(), "-k", folder().file(""), "-c", "listen_addresses=", "-c",
            "max_connections=100"};
        for (const std::string& setting : settings_) {
            command.emplace_back("-c");
            command.push_back(setting);
        }
        process().start(command);
        wait_until([this] { return process().succeeds({program("pg_isready"), "-q", "-h", folder().file("")}); });
    }

private:
    [[nodiscard]] std::string data() const { return folder().file("data"); }

    static std::string program(const std::string& name) {
        for (int version = 20; version >= 13; --version) {
            const std::string path = "/usr/lib/postgresql/" + std::to_string(version) + "/bin/" + name;
            if (std::filesystem::exists(path)) return path;
        }
        throw std::runtime_error("no PostgreSQL server is installed: " + name + " is not in /usr/lib/postgresql");
    }
    static std::string url_at(const std::string& socket_folder) {
        return "postgresql://tester@/postgres?host=" + escaped(socket_folder);
    }
    static std::string escaped(const std::string& path) {
        std::string out;
        for (const char c : path) out += c == '/' ? std::string("%2F") : std::string(1, c);
        return out;
    }

    const std::vector<std::string> settings_;
    std::string direct_url_;  // if there is a pooler
    std::unique_ptr<PgBouncer> pooler_;
};
