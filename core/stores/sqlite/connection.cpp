#include "core/stores/sqlite/connection.hpp"

#include <cerrno>
#include <chrono>
#include <random>
#include <thread>

#include "core/base/errno.hpp"
#include "core/platform/host.hpp"

namespace uvsched::sqlite {
namespace {

// An operator's shell may hold the file for a moment; after this long somebody has forgotten a transaction.
constexpr auto kBusyPatience = std::chrono::seconds(5);
constexpr auto kShortPatience = std::chrono::milliseconds(20);
constexpr auto kLongWait = std::chrono::milliseconds(50);

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
            return "the database refused the statement";
    }
}

// What was to be written is at fault, and would be again.
bool is_refusal(int primary) {
    return primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_TOOBIG;
}

}  // namespace

// Random pauses: with fixed ones, two programs that wait for each other's commits keep meeting. Whoever has waited for
// long looks more often, so that its turn comes.
int Connection::wait_while_busy(void* connection, int attempt) noexcept {
    auto& self = *static_cast<Connection*>(connection);
    const Time::time_point now = Time::now();
    if (attempt == 0) self.give_up_at_ = now + self.patience_;
    if (now >= self.give_up_at_) return 0;
    static thread_local std::minstd_rand random(static_cast<unsigned>(process_id()));
    const bool long_since = now - (self.give_up_at_ - self.patience_) > kLongWait;
    std::uniform_int_distribution<int> pauses(long_since ? 20 : 200, long_since ? 100 : 800);
    std::this_thread::sleep_for(std::chrono::microseconds(pauses(random)));
    return 1;
}

void Connection::begin_writing() {
    const int code = sqlite3_exec(handle_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    patience_ = (code & 0xff) == SQLITE_BUSY ? Time::duration(kShortPatience) : Time::duration(kBusyPatience);
    if (code != SQLITE_OK) raise(code);
}

void Connection::raise(int code) const {
    const int primary = code & 0xff;
    if (primary == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM) fail(Code::no_memory, path_ + ": out of memory");
    // SQLite tells which call failed; why, it leaves in errno.
    const int reason = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
    const bool unopened = primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR;
    if (unopened && (reason == EMFILE || reason == ENFILE)) fail_with_errno(Code::store, path_, reason);
    const bool damaged = primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT;
    const char* detail = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
    std::string message = path_ + ": " + advice(code) + " (SQLite: " + detail + ", code " + std::to_string(code) + ")";
    if (is_refusal(primary)) throw Refused(std::move(message));
    fail(damaged ? Code::corrupt : Code::store, std::move(message));
}

void Connection::open(const std::string& path) {
    path_ = path;
    const int code = sqlite3_open_v2(
        path.c_str(), &handle_,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, nullptr);
    try {
        if (code != SQLITE_OK) raise(code);
        patience_ = kBusyPatience;
        sqlite3_busy_handler(handle_, wait_while_busy, this);
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
    // Checkpoints are the store's business (checkpoints.hpp). The log is cut back after a large batch.
    execute("PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864");
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

Statement::Statement(Connection& connection, const char* sql) : connection_(&connection) {
    const int code = sqlite3_prepare_v3(connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
    if (code == SQLITE_OK) return;
    if (code != SQLITE_ERROR) connection.raise(code);
    fail(Code::corrupt, connection.path() + ": its tables were changed by another program (" +
                            sqlite3_errmsg(connection.handle()) + "); undo that, or put a backup in place");
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

std::string_view Cursor::view(int column) const {
    const auto* data = sqlite3_column_text(statement_->handle_, column);
    if (data == nullptr) {
        // A text that there was no memory for must not be taken for one that is missing.
        if (sqlite3_errcode(statement_->connection_->handle()) == SQLITE_NOMEM) check(SQLITE_NOMEM);
        return {};
    }
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_->handle_, column))};
}

namespace {

// A transaction that stays open would be in the way of every other: the few bytes that ending it takes are waited for.
void end_transaction(sqlite3* database, const char* how) noexcept {
    while (sqlite3_get_autocommit(database) == 0 &&
           sqlite3_exec(database, how, nullptr, nullptr, nullptr) == SQLITE_NOMEM) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace

Transaction::Transaction(Connection& connection) : connection_(&connection) { connection_->begin_writing(); }

void Transaction::commit() {
    connection_->execute("COMMIT");
    connection_ = nullptr;
}

Snapshot::Snapshot(Connection& connection) : connection_(&connection) { connection_->execute("BEGIN"); }

Snapshot::~Snapshot() { end_transaction(connection_->handle(), "COMMIT"); }

Transaction::~Transaction() {
    if (connection_ != nullptr) end_transaction(connection_->handle(), "ROLLBACK");
}

}  // namespace uvsched::sqlite
