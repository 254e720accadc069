// The durable stores that the conformance tests (all files here but sqlite_*) run against.
//
// A backend makes an empty store and opens it. `reopen` is what a restart after a crash is: whatever was claimed or
// running belongs to a dead process. `damage` replaces a task's stored definition behind the store's back.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "core/stores/sqlite/sqlite_store.hpp"
#include "tests/stores/folder.hpp"

inline constexpr uvsched::Instant kStart = 1'700'000'000 * uvsched::kSecond;

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
    SqliteBackend()
        : path_(folder_.file("tasks.db")),
          store_(uvsched::make_sqlite_store({path_, uvsched::Synchronous::normal, probe()})) {
        open();
    }

    [[nodiscard]] uvsched::Store& store() { return *store_; }
    [[nodiscard]] const uvsched::Opened& opened() const { return opened_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    uvsched::Retention retention{};

    // A step of a transaction that fails, as on a full disk; empty: none does.
    std::string failing_step{};

    void open(uvsched::Instant now = kStart) {
        opened_ = store_->open({.wall = now, .node = "node-1", .retention = retention});
    }
    void reopen(uvsched::Instant now = kStart) {
        store_->close();
        open(now);
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
};

#define UVSCHED_STORES SqliteBackend
