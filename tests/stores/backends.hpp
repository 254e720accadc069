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

// What nodes left in a store that were dead when it was opened.
inline uvsched::Recovered recover_dead(uvsched::Store& store, const uvsched::Opened& opened,
                                       uvsched::Instant now = kStart) {
    uvsched::Recovered out;
    const auto append = [](auto& from, auto& into) { into.insert(into.end(), from.begin(), from.end()); };
    for (const uvsched::NodeNumber dead : opened.dead) {
        do {
            const uvsched::Recovered piece = store.recover(dead, now, 100);
            append(piece.ready, out.ready);
            append(piece.lost, out.lost);
            append(piece.quarantined, out.quarantined);
            out.more = piece.more;
        } while (out.more);
    }
    return out;
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

#define UVSCHED_STORES SqliteBackend
