// Connection, Statement, Cursor, Transaction: RAII over sqlite3. Every failure is an Error that names the file.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/stores/rows/row_view.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"

namespace uvsched::sqlite {

// One connection to one file. Not thread-safe.
class Connection {
public:
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { close(); }

    // Opens an existing file without changing it. `path` is its name in messages.
    void open(const std::string& path);

    // Prepares the file for writing: sets WAL mode, which the file keeps, and how much of a commit is synced.
    void prepare_writing(Synchronous synchronous);

    // Statements must be gone. Checkpoints when it is the last connection.
    void close() noexcept;

    // Like close(), without a checkpoint: the -wal file stays, and the next connection reads it.
    void close_as_is() noexcept;

    [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    // Runs SQL text without parameters or results.
    void execute(const char* sql);

    // BEGIN IMMEDIATE. Waits five seconds for another program's transaction; after that it hardly waits until it
    // succeeds once, because somebody has probably forgotten the transaction.
    void begin_writing();

    // The number of rows that the last statement changed.
    [[nodiscard]] int changes() const noexcept { return sqlite3_changes(handle_); }

    // Throws the Error for a result code: corrupt, store or no_memory; Refused if the values are at fault.
    [[noreturn]] void raise(int code) const;

private:
    using Time = std::chrono::steady_clock;
    static int wait_while_busy(void* connection, int attempt) noexcept;

    sqlite3* handle_ = nullptr;
    std::string path_;
    Time::duration patience_{};
    Time::time_point give_up_at_;
};

// A prepared statement. Throws Error(corrupt) if the database lacks a table or column that it names.
class Statement {
public:
    Statement(Connection& connection, const char* sql);
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(handle_); }

private:
    friend class Cursor;
    Connection* connection_;
    sqlite3_stmt* handle_ = nullptr;
};

// One execution of a statement: binds its parameters in order, steps, and resets when it goes out of scope.
// Text is not copied: it must outlive the cursor.
class Cursor final : public RowView {
public:
    template <class... Values>
    explicit Cursor(Statement& statement, const Values&... values) : statement_(&statement) {
        int index = 0;
        (bind(++index, values), ...);
    }
    ~Cursor() { sqlite3_reset(statement_->handle_); }

    // Moves to the next row; false after the last one.
    bool next();

    // For statements without rows: returns the number of changed rows.
    int run();

    // Views are valid until the next step.
    [[nodiscard]] bool is_null(int column) const override;
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] std::string_view view(int column) const override;

private:
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

// One snapshot for several reads, which take SQLite's lock only once.
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
