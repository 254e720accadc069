// The rows of a fire written with bare SQLite: what uvsched's own store is compared with.
#pragma once

#include <sqlite3.h>

#include <filesystem>

#include "benchmarks/bench.hpp"

namespace bench {

class BareSqlite {
public:
    // Makes the tables and so many tasks if the file is new.
    BareSqlite(const std::string& file, std::int64_t tasks) : tasks_(tasks) {
        const bool is_new = !std::filesystem::exists(file);
        if (sqlite3_open(file.c_str(), &database_) != SQLITE_OK) die("sqlite3_open failed");
        sqlite3_busy_timeout(database_, 60'000);
        run("PRAGMA journal_mode=WAL");
        run("PRAGMA synchronous=FULL");
        if (is_new) fill();
        update_ = prepare("UPDATE task SET due = due + 1000000, runs = runs + 1 WHERE id = ?1");
        insert_ = prepare("INSERT INTO history VALUES (NULL, ?1, ?2, 'done')");
    }
    ~BareSqlite() {
        sqlite3_finalize(update_);
        sqlite3_finalize(insert_);
        sqlite3_close(database_);
    }
    BareSqlite(const BareSqlite&) = delete;
    BareSqlite& operator=(const BareSqlite&) = delete;

    // A claim and a finish for each of `count` fires: one transaction of all claims, and one of all finishes.
    void fire(std::int64_t first, int count) {
        transaction(update_, first, count);
        transaction(insert_, first, count);
    }

private:
    void fill() {
        run("CREATE TABLE task (id INTEGER PRIMARY KEY, due INTEGER, runs INTEGER)");
        run("CREATE INDEX task_due ON task (due)");
        run("CREATE TABLE history (id INTEGER PRIMARY KEY, task INTEGER, slot INTEGER, state TEXT)");
        run("BEGIN");
        for (std::int64_t i = 0; i < tasks_; ++i) run("INSERT INTO task VALUES (NULL, 0, 0)");
        run("COMMIT");
    }
    void run(const char* sql) {
        if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
            die(std::string(sql) + ": " + sqlite3_errmsg(database_));
        }
    }
    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK) die(sql);
        return statement;
    }
    void transaction(sqlite3_stmt* statement, std::int64_t first, int count) {
        run("BEGIN IMMEDIATE");
        for (int i = 0; i < count; ++i) {
            sqlite3_bind_int64(statement, 1, 1 + (first + i) % tasks_);
            if (sqlite3_bind_parameter_count(statement) > 1) sqlite3_bind_int64(statement, 2, first + i);
            if (sqlite3_step(statement) != SQLITE_DONE) die(sqlite3_errmsg(database_));
            sqlite3_reset(statement);
        }
        run("COMMIT");
    }

    const std::int64_t tasks_;
    sqlite3* database_ = nullptr;
    sqlite3_stmt* update_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

// A folder of its own that goes with the program.
class Folder {
public:
    explicit Folder(const std::string& parent) : path_(parent + "/uvsched-bench-XXXXXX") {
        if (mkdtemp(path_.data()) == nullptr) die("cannot make a folder in " + parent);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace bench
