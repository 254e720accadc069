// SqlitePlace: a file of its own.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "core/stores/sqlite/sqlite_store.hpp"
#include "tests/stores/backend.hpp"
#include "tests/stores/folder.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sql_place.hpp"

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

class SqlitePlace final : public SqlPlace<Place> {
public:
    [[nodiscard]] const std::string& path() const { return path_; }

    [[nodiscard]] std::string url(const std::string& options) const override {
        return "sqlite:" + path_ + "?synchronous=normal" + options;
    }
    [[nodiscard]] std::unique_ptr<uvsched::Store> make_failing_store(const std::string& failing) override {
        const uvsched::StepProbe probe = [&failing](const char* step) {
            if (failing == step) throw uvsched::Error(uvsched::Code::store, "made to fail");
        };
        return uvsched::make_sqlite_store({path_, uvsched::Synchronous::normal, probe});
    }
    [[nodiscard]] bool has_elapsed_line() const override { return true; }
    [[nodiscard]] bool is_whole() override { return ask("PRAGMA integrity_check") == "ok"; }

    void run(const std::string& sql) override { run_sql(path_, sql); }
    [[nodiscard]] std::string ask(const std::string& sql) override { return ask_sql(path_, sql); }

private:
    const Folder folder_;
    const std::string path_ = folder_.file("tasks.db");
};

using SqliteBackend = BackendAt<SqlitePlace>;
