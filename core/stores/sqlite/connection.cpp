#include "core/stores/sqlite/connection.hpp"

#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

namespace uvsched::sqlite {
namespace {

// An operator's shell may hold the file for a moment; after this long somebody has forgotten a transaction.
constexpr auto kBusyLimit = std::chrono::seconds(5);

// Random pauses: with fixed ones, two programs that wait for each other's commits keep meeting.
int wait_while_busy(void* /*unused*/, int attempt) noexcept {
    constexpr int kMeanPause = 500;
    if (attempt > std::chrono::microseconds(kBusyLimit).count() / kMeanPause) return 0;
    static thread_local std::minstd_rand random(static_cast<unsigned>(getpid()));
    std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution<int>(200, 800)(random)));
    return 1;
}

std::string advice(int code) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return "the disk is full; nothing was lost: free some space";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "another program holds the file; end its transaction (an open sqlite3 shell?)";
        case SQLITE_READONLY:
            return "the file or its folder cannot be written; check their permissions and that the disk is not mounted "
                   "read-only";
        case SQLITE_CANTOPEN:
            return "the file cannot be opened; check that its folder exists and can be written";
        case SQLITE_IOERR:
            return "reading or writing failed; check the disk and its free space";
        case SQLITE_NOTADB:
            return "this is not an SQLite database; give the scheduler a file of its own";
        case SQLITE_CORRUPT:
            return "the database is damaged; put a backup in its place, or save what `sqlite3 FILE .recover` can read";
        default:
            return "the database refused";
    }
}

}  // namespace

void Connection::raise(int code) const {
    const int primary = code & 0xff;
    if (primary == SQLITE_NOMEM) fail(Code::no_memory, path_ + ": out of memory");
    const bool damaged = primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT;
    const char* detail = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
    fail(damaged ? Code::corrupt : Code::store,
         path_ + ": " + advice(code) + " (SQLite: " + detail + ", code " + std::to_string(code) + ")");
}

void Connection::open(const std::string& path) {
    path_ = path;
    const int code = sqlite3_open_v2(
        path.c_str(), &handle_,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, nullptr);
    try {
        if (code != SQLITE_OK) raise(code);
        sqlite3_busy_handler(handle_, wait_while_busy, nullptr);
        // The file's schema is data from outside: it may not run triggers, functions or write to the schema itself.
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        execute("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768");
    } catch (...) {
        close_as_is();
        throw;
    }
}

void Connection::prepare_writing(Synchronous synchronous) {
    {
        Statement wal(*this, "PRAGMA journal_mode = WAL");
        Cursor mode(wal);
        if (!mode.next() || mode.view(0) != "wal") {
            fail(Code::store, path_ + ": write-ahead logging is not possible here; keep the file on a local disk");
        }
    }
    execute(synchronous == Synchronous::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    // Fewer checkpoints than SQLite's default: each one syncs both files. The log is cut back after a large batch.
    execute("PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864");
}

void Connection::close() noexcept {
    sqlite3_close(handle_);
    handle_ = nullptr;
}

void Connection::close_as_is() noexcept {
    if (handle_ != nullptr) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    close();
}

void Connection::execute(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) raise(code);
}

void Cursor::begin() {
    if (statement_->handle_ != nullptr) return;
    check(sqlite3_prepare_v3(statement_->connection_->handle(), statement_->sql_, -1, SQLITE_PREPARE_PERSISTENT,
                             &statement_->handle_, nullptr));
}

void Cursor::check(int code) const {
    if (code != SQLITE_OK) statement_->connection_->raise(code);
}

void Cursor::bind_integer(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_->handle_, index, value));
}

void Cursor::bind(int index, std::string_view value) {
    const char* data = value.data() == nullptr ? "" : value.data();
    check(sqlite3_bind_text64(statement_->handle_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Cursor::bind(int index, std::nullopt_t) { check(sqlite3_bind_null(statement_->handle_, index)); }

bool Cursor::next() {
    const int code = sqlite3_step(statement_->handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) statement_->connection_->raise(code);
    return false;
}

int Cursor::run() {
    while (next()) {
    }
    return statement_->connection_->changes();
}

bool Cursor::is_null(int column) const { return sqlite3_column_type(statement_->handle_, column) == SQLITE_NULL; }

std::int64_t Cursor::integer(int column) const { return sqlite3_column_int64(statement_->handle_, column); }

std::optional<std::int64_t> Cursor::maybe(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::string_view Cursor::view(int column) const {
    const auto* data = sqlite3_column_text(statement_->handle_, column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_->handle_, column))};
}

Transaction::Transaction(Connection& connection) : connection_(&connection) { connection_->execute("BEGIN IMMEDIATE"); }

void Transaction::commit() {
    connection_->execute("COMMIT");
    connection_ = nullptr;
}

Snapshot::Snapshot(Connection& connection) : connection_(&connection) { connection_->execute("BEGIN"); }

Snapshot::~Snapshot() { sqlite3_exec(connection_->handle(), "COMMIT", nullptr, nullptr, nullptr); }

Transaction::~Transaction() {
    if (connection_ == nullptr || sqlite3_get_autocommit(connection_->handle()) != 0) return;
    sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace uvsched::sqlite
