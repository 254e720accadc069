// SqliteBackend: a store in a file of its own.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "core/stores/sqlite/sqlite_store.hpp"
#include "tests/stores/folder.hpp"
#include "tests/stores/recover_dead.hpp"
#include "tests/stores/sql.hpp"

// Runs SQL on a database file as an operator's shell would.
inline void run_sql(const std::string& path, const std::string& sql) {
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    char* error = nullptr;
    const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &error);
    const std::string text = error == nullptr ? "" : error;
    sqlite3_free(error);
    sqlite3_close(handle);
    if (code != SQLITE_OK) throw std::runtime_error(sql + ": " + text);
}

class SqliteBackend {
public:
    static constexpr bool kHasElapsedLine = true;

    SqliteBackend()
        : path_(folder_.file("tasks.db")),
          store_(uvsched::make_sqlite_store({path_, uvsched::Synchronous::normal, probe()})) {
        open();
    }

    [[nodiscard]] uvsched::Store& store() { return *store_; }
    [[nodiscard]] const uvsched::Opened& opened() const { return opened_; }
    // What was recovered of the last node.
    [[nodiscard]] const uvsched::Recovered& left() const { return left_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    uvsched::Retention retention{};

    // A step of a transaction that fails, as on a full disk; empty: none does.
    std::string failing_step{};

    void open(uvsched::Instant now = kStart) {
        opened_ = store_->open({.wall = now, .label = "node-1", .retention = retention});
        left_ = recover_dead(*store_, opened_, now);
    }
    void reopen(uvsched::Instant now = kStart) {
        store_->close();
        open(now);
    }
    // SQL as an operator's shell would run it.
    void run(const std::string& sql) { run_sql(path_, sql); }
    [[nodiscard]] std::string ask(const std::string& sql) { return ask_sql(path_, sql); }

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
        run_sql(path_, "UPDATE def SET def = '" + definition + "' WHERE id = '" + id + "'");
        open();
    }

private:
    uvsched::StepProbe probe() {
        return [this](const char* step) {
            if (failing_step == step) throw uvsched::Error(uvsched::Code::store, "made to fail");
        };
    }

    Folder folder_;
    std::string path_;
    std::unique_ptr<uvsched::Store> store_;
    uvsched::Opened opened_;
    uvsched::Recovered left_;
};
