// PostgresqlSchema: a schema of its own on the tests' server.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/stores/postgresql/postgresql_module.hpp"
#include "core/stores/postgresql/postgresql_store.hpp"
#include "core/stores/postgresql/session.hpp"
#include "tests/stores/backend.hpp"
#include "tests/stores/faulty_postgresql.hpp"
#include "tests/stores/postgresql_server.hpp"
#include "tests/stores/sql_place.hpp"

// A schema that is dropped when the test is over, and a session of an operator, who works in it.
class PostgresqlSchema final : public SqlPlace<ServerPlace> {
public:
    explicit PostgresqlSchema(const PostgresqlServer& server = PostgresqlServer::shared())
        : name_("test_" + std::to_string(::getpid()) + "_" + std::to_string(++last_)),
          server_(server),
          options_(read(server.url_of(name_))),
          direct_(read(server.direct_url_of(name_))),
          session_(direct_) {}
    ~PostgresqlSchema() override {
        try {
            run("DROP SCHEMA IF EXISTS " + name_ + " CASCADE");
        } catch (const std::exception&) {
            return;  // the server is gone by then
        }
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const uvsched::PostgresqlOptions& options() const { return options_; }

    void run(const std::string& sql) override { static_cast<void>(answers(sql)); }
    [[nodiscard]] std::string ask(const std::string& sql) override {
        const uvsched::postgresql::Answers all = answers(sql);
        const uvsched::postgresql::Answer& answer = all.back();
        std::string out;
        for (int i = 0; i < answer.size(); ++i) {
            if (i > 0) out += '\n';
            for (int column = 0; column < answer.columns(); ++column) {
                if (column > 0) out += '|';
                out += answer.row(i).view(column);
            }
        }
        return out;
    }

    using Server = PostgresqlServer;
    [[nodiscard]] static std::unique_ptr<Server> durable_server() {
        return std::make_unique<Server>(std::vector<std::string>{"fsync=on"});
    }

    [[nodiscard]] std::string url(const std::string& options) const override { return server_.url_of(name_, options); }
    [[nodiscard]] bool tells() const override { return !server_.is_pooled(); }
    void move_clock(uvsched::Micros ahead) const override {
        FaultyPostgresql::rewrite = {};
        if (ahead != 0) FaultyPostgresql::rewrite = [ahead](const std::string& sql) { return with_clock(sql, ahead); };
    }
    [[nodiscard]] bool is_commit(const std::string& sql) const override { return sql == "COMMIT"; }
    [[nodiscard]] std::vector<uvsched::NodeNumber> nodes() override {
        std::vector<uvsched::NodeNumber> out;
        std::istringstream rest(ask("SELECT id FROM node"));
        for (uvsched::NodeNumber node = 0; rest >> node;) out.push_back(node);
        return out;
    }
    [[nodiscard]] std::int64_t done_rows() override {
        const std::string rows = ask("SELECT count(*) FROM history WHERE state = 'done'");
        const std::string fires =
            ask("SELECT count(DISTINCT (uid, gen, kind, slot)) FROM history WHERE state = 'done'");
        return rows == fires ? std::stoll(rows) : -1;
    }
    [[nodiscard]] std::int64_t open_fires() override { return std::stoll(ask("SELECT count(*) FROM open")); }
    [[nodiscard]] uvsched::Instant server_time() override {
        return std::stoll(ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
    }

private:
    [[nodiscard]] std::unique_ptr<uvsched::Store> make(uvsched::Micros lease, bool faulty) const override {
        uvsched::PostgresqlOptions options = options_;
        options.lease = lease;
        if (faulty) options.driver = FaultyPostgresql::table();
        return uvsched::make_postgresql_store(std::move(options));
    }
    [[nodiscard]] bool fails_at(const std::string& step, const std::string& sql) const override {
        return step.ends_with(".begin") ? sql.starts_with("BEGIN") : is_commit(sql);
    }
    static std::string with_clock(const std::string& sql, uvsched::Micros ahead) {
        const std::string clock = "clock_timestamp()";
        std::string out = sql;
        for (std::size_t at = out.find(clock); at != std::string::npos; at = out.find(clock, at)) {
            const std::string other = "(now() - now() + clock_timestamp() + interval '" +
                                      std::to_string(ahead / uvsched::kSecond) + " seconds')";
            out.replace(at, clock.size(), other);
            at += other.size();
        }
        return out;
    }
    static uvsched::PostgresqlOptions read(const std::string& url) {
        uvsched::StoreFields fields(url, "test");
        return uvsched::read_postgresql_options(fields);
    }
    [[nodiscard]] uvsched::postgresql::Answers answers(const std::string& sql) {
        if (!session_.is_open()) session_.open(std::chrono::seconds(10));
        try {
            return session_.run({{"SET search_path TO " + name_, {}}, {sql, {}}}, uvsched::postgresql::Sends::reads,
                                std::chrono::seconds(60));
        } catch (const uvsched::Error& error) {
            throw std::runtime_error(sql + ": " + error.message());
        }
    }

    static inline int last_ = 0;
    const std::string name_;
    const PostgresqlServer& server_;
    const uvsched::PostgresqlOptions options_;
    const uvsched::PostgresqlOptions direct_;
    uvsched::postgresql::Session session_;
};

using PostgresqlBackend = BackendAt<PostgresqlSchema>;
