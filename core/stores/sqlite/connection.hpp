// Connection, Statement, Cursor, Transaction: RAII over sqlite3. Every failure is an Error that names the file.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"

namespace uvsched::sqlite {

// One connection to one file. Not thread-safe.
class Connection {
public:
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { close(); }

    // Opens a file that exists and changes nothing in it. `path` is what messages call it.
    void open(const std::string& path);

    // Makes the file ours to write: WAL mode, which stays with the file, and what of a commit is synced.
    void prepare_writing(Synchronous synchronous);

    // Statements must be gone. Checkpoints when it is the last connection.
    void close() noexcept;

    // The same without a checkpoint: the -wal file stays, and the next connection reads it.
    void close_as_is() noexcept;

    [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr; }
    [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    // Runs SQL text without parameters or results.
    void execute(const char* sql);

    // Rows that the last statement changed.
    [[nodiscard]] int changes() const noexcept { return sqlite3_changes(handle_); }

    // Throws what the last call's result code means: corrupt, store or no_memory.
    [[noreturn]] void raise(int code) const;

private:
    sqlite3* handle_ = nullptr;
    std::string path_;
};

// A prepared statement, compiled when it is first used.
class Statement {
public:
    Statement(Connection& connection, const char* sql) noexcept : connection_(&connection), sql_(sql) {}
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(handle_); }

private:
    friend class Cursor;
    Connection* connection_;
    const char* sql_;
    sqlite3_stmt* handle_ = nullptr;
};

// One execution of a statement: binds its parameters in order, steps, and resets when it goes out of scope.
// Text is not copied: it must outlive the cursor.
class Cursor {
public:
    template <class... Values>
    explicit Cursor(Statement& statement, const Values&... values) : statement_(&statement) {
        begin();
        int index = 0;
        (bind(++index, values), ...);
    }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    ~Cursor() { sqlite3_reset(statement_->handle_); }

    // To the next row; false after the last.
    bool next();

    // For statements without rows: how many rows were changed.
    int run();

    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::optional<std::int64_t> maybe(int column) const;
    [[nodiscard]] std::string_view view(int column) const;  // valid until the next step; empty for NULL
    [[nodiscard]] std::string text(int column) const { return std::string(view(column)); }

private:
    void begin();
    void check(int code) const;
    void bind_integer(int index, std::int64_t value);
    void bind(int index, std::string_view value);
    void bind(int index, std::nullopt_t);
    template <std::integral Integer>
    void bind(int index, Integer value) {
        bind_integer(index, static_cast<std::int64_t>(value));
    }
    template <class Value>
    void bind(int index, const std::optional<Value>& value) {
        if (value) {
            bind(index, *value);
        } else {
            bind(index, std::nullopt);
        }
    }

    Statement* statement_;
};

// BEGIN IMMEDIATE; rolled back unless committed.
class Transaction {
public:
    explicit Transaction(Connection& connection);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

private:
    Connection* connection_;
};

// What several reads see together, and one taking of SQLite's lock for all of them.
class Snapshot {
public:
    explicit Snapshot(Connection& connection);
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    ~Snapshot();

private:
    Connection* connection_;
};

}  // namespace uvsched::sqlite
