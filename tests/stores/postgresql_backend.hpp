// PostgresqlBackend: a store in a schema of its own on the tests' server.
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
#include "tests/stores/faulty_driver.hpp"
#include "tests/stores/postgresql_server.hpp"
#include "tests/stores/recover_dead.hpp"

// A schema that is dropped when the test is over, and a session of an operator, who works in it.
class PostgresqlSchema {
public:
    explicit PostgresqlSchema(const PostgresqlServer& server = PostgresqlServer::shared())
        : name_("test_" + std::to_string(::getpid()) + "_" + std::to_string(++last_)),
          options_(read(server.url("&schema=" + name_))),
          session_(options_) {}
    PostgresqlSchema(const PostgresqlSchema&) = delete;
    PostgresqlSchema& operator=(const PostgresqlSchema&) = delete;
    ~PostgresqlSchema() {
        try {
            run("DROP SCHEMA IF EXISTS " + name_ + " CASCADE");
        } catch (const std::exception&) {
            return;  // the server is gone by then
        }
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const uvsched::PostgresqlOptions& options() const { return options_; }

    void run(const std::string& sql) { static_cast<void>(answers(sql)); }
    // The rows of a query, columns separated by '|', rows by a line end.
    [[nodiscard]] std::string ask(const std::string& sql) {
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

    // ---- what every place of a store on a server has ----

    using Server = PostgresqlServer;
    // Settings of a server that loses nothing.
    [[nodiscard]] static std::vector<std::string> durable() { return {"fsync=on"}; }

    [[nodiscard]] std::unique_ptr<uvsched::Store> make_store(uvsched::Micros lease = uvsched::kDefaultLease) const {
        uvsched::PostgresqlOptions options = options_;
        options.lease = lease;
        return uvsched::make_postgresql_store(std::move(options));
    }
    [[nodiscard]] std::unique_ptr<uvsched::Store> make_faulty_store() const {
        uvsched::PostgresqlOptions options = options_;
        options.driver = FaultyDriver::table();
        return uvsched::make_postgresql_store(std::move(options));
    }
    // From now on the clock of all servers, as faulty stores see it, is so much later than this machine's.
    static void move_clock(uvsched::Micros ahead) {
        FaultyDriver::rewrite = {};
        if (ahead != 0) FaultyDriver::rewrite = [ahead](const std::string& sql) { return with_clock(sql, ahead); };
    }
    // Whether a statement is what makes it happen.
    [[nodiscard]] static bool is_commit(const std::string& sql) { return sql == "COMMIT"; }
    [[nodiscard]] std::vector<uvsched::NodeNumber> nodes() {
        std::vector<uvsched::NodeNumber> out;
        std::istringstream rest(ask("SELECT id FROM node"));
        for (uvsched::NodeNumber node = 0; rest >> node;) out.push_back(node);
        return out;
    }
    [[nodiscard]] uvsched::NodeNumber node_beside(uvsched::NodeNumber living) {
        return std::stoll(ask("SELECT id FROM node WHERE id <> " + std::to_string(living)));
    }
    // Fires that ended well; -1 if one of them did so twice.
    [[nodiscard]] std::int64_t done_rows() {
        const std::string rows = ask("SELECT count(*) FROM history WHERE state = 'done'");
        const std::string fires =
            ask("SELECT count(DISTINCT (uid, gen, kind, slot)) FROM history WHERE state = 'done'");
        return rows == fires ? std::stoll(rows) : -1;
    }
    [[nodiscard]] std::int64_t open_fires() { return std::stoll(ask("SELECT count(*) FROM open")); }
    [[nodiscard]] uvsched::Instant server_time() {
        return std::stoll(ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
    }

private:
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
    const uvsched::PostgresqlOptions options_;
    uvsched::postgresql::Session session_;
};

using ServerPlace = PostgresqlSchema;
using FaultyServer = FaultyDriver;

class PostgresqlBackend {
public:
    static constexpr bool kHasElapsedLine = false;

    PostgresqlBackend() : store_(uvsched::make_postgresql_store(faulty())) {
        FaultyDriver::judge = [this](const std::string& sql) { return fault_of(sql); };
        open();
    }
    ~PostgresqlBackend() {
        store_->close();
        FaultyDriver::judge = judged_before_;
    }
    PostgresqlBackend(const PostgresqlBackend&) = delete;
    PostgresqlBackend& operator=(const PostgresqlBackend&) = delete;

    [[nodiscard]] uvsched::Store& store() { return *store_; }
    [[nodiscard]] const uvsched::Opened& opened() const { return opened_; }
    // What was recovered of the last node.
    [[nodiscard]] const uvsched::Recovered& left() const { return left_; }
    [[nodiscard]] PostgresqlSchema& place() { return schema_; }
    uvsched::Retention retention{};

    // A step of a transaction that fails, as on a full disk; empty: none does. Which one it is for, the test knows.
    std::string failing_step{};

    void open(uvsched::Instant now = kStart) {
        opened_ = store_->open({.wall = now, .label = "node-1", .retention = retention});
        left_ = recover_dead(*store_, opened_, now);
    }
    void reopen(uvsched::Instant now = kStart) {
        store_->close();
        open(now);
    }
    void run(const std::string& sql) { schema_.run(sql); }
    [[nodiscard]] std::string ask(const std::string& sql) { return schema_.ask(sql); }

    // ---- what an operator does ----

    [[nodiscard]] std::string changes() { return ask("SELECT changes FROM meta"); }
    void set_changes(const std::string& number) { run("UPDATE meta SET changes = " + number); }
    void put_task_on(uvsched::TaskNumber task, uvsched::LaneNumber lane) {
        run("UPDATE sched SET lane = " + std::to_string(lane) + " WHERE n = " + std::to_string(task));
    }
    void put_ready_fires_on(uvsched::LaneNumber lane) {
        run("UPDATE open SET lane = " + std::to_string(lane) + " WHERE state = 'ready'");
    }
    void damage(const std::string& id, const std::string& definition) {
        store_->close();
        run("UPDATE def SET def = '" + definition + "' WHERE id = '" + id + "'");
        open();
    }

private:
    [[nodiscard]] uvsched::PostgresqlOptions faulty() const {
        uvsched::PostgresqlOptions options = schema_.options();
        options.driver = FaultyDriver::table();
        return options;
    }
    [[nodiscard]] FaultyDriver::Fault fault_of(const std::string& sql) const {
        if (failing_step.empty()) return FaultyDriver::Fault::none;
        const bool fails = failing_step.ends_with(".begin") ? sql.starts_with("BEGIN") : sql == "COMMIT";
        return fails ? FaultyDriver::Fault::refused : FaultyDriver::Fault::none;
    }

    const std::function<FaultyDriver::Fault(const std::string&)> judged_before_ = FaultyDriver::judge;
    PostgresqlSchema schema_;
    std::unique_ptr<uvsched::Store> store_;
    uvsched::Opened opened_;
    uvsched::Recovered left_;
};

using ServerBackend = PostgresqlBackend;
