// Session: one connection to the server. Statements are sent together, and their answers awaited together, before a
// deadline: one round trip. Every failure is an Error that names the server, and never its password.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/stores/drivers/deadline.hpp"
#include "core/stores/drivers/forked_socket.hpp"
#include "core/stores/postgresql/postgresql_options.hpp"
#include "core/stores/postgresql/values.hpp"
#include "core/stores/rows/row_view.hpp"

namespace uvsched::postgresql {

struct Statement {
    std::string sql;
    std::vector<Value> values;
};

// The rows that one statement gave.
class Answer {
public:
    Answer(const uvsched_postgresql_driver& driver, uvsched_pg_answer* answer)
        : driver_(&driver), answer_(answer, driver.release) {}

    [[nodiscard]] int size() const { return driver_->rows(answer_.get()); }
    [[nodiscard]] int columns() const { return driver_->columns(answer_.get()); }
    [[nodiscard]] bool empty() const { return size() == 0; }

    class Row final : public RowView {
    public:
        // `shift`: what is column 0 here is that column of the answer.
        Row(const Answer& answer, int row, int shift = 0) : answer_(&answer), row_(row), shift_(shift) {}
        [[nodiscard]] bool is_null(int column) const override;
        [[nodiscard]] std::int64_t integer(int column) const override;
        [[nodiscard]] std::string_view view(int column) const override;

    private:
        const Answer* answer_;
        int row_;
        int shift_;
    };
    [[nodiscard]] Row row(int row, int shift = 0) const { return {*this, row, shift}; }

private:
    friend class Session;
    const uvsched_postgresql_driver* driver_;
    std::unique_ptr<uvsched_pg_answer, void (*)(uvsched_pg_answer*)> answer_;
};

using Answers = std::vector<Answer>;

// The server refused a statement: the transaction did not happen.
class SqlError : public Error {
public:
    SqlError(std::string state, std::size_t statement, std::string message)
        : Error(Code::store, std::move(message)), state_(std::move(state)), statement_(statement) {}
    [[nodiscard]] const std::string& state() const noexcept { return state_; }   // SQLSTATE
    [[nodiscard]] std::size_t statement() const noexcept { return statement_; }  // which of those that were sent

private:
    std::string state_;
    std::size_t statement_;
};

// Whether what is sent ends with a commit, so that nobody knows whether it happened if no answer comes.
enum class Sends : std::uint8_t { reads, commits };

// Not thread-safe.
class Session {
public:
    explicit Session(const PostgresqlOptions& options) : options_(options), driver_(*options.driver) {}
    ~Session() { close(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] bool is_open() const noexcept { return link_ != nullptr; }

    // Throws Error(store).
    void open(Patience at_most);
    void close() noexcept;

    // Throws SqlError; MaybeDone, if the connection is lost after a commit was sent; and Error(store). An open
    // transaction is rolled back where it failed, and a lost connection is closed.
    Answers run(const std::vector<Statement>& statements, Sends sends, Patience at_most);

    // Of an open session.
    [[nodiscard]] int descriptor() const { return driver_.descriptor(link_); }
    [[nodiscard]] int server_version() const { return driver_.server_version(link_); }
    [[nodiscard]] std::string server_setting(const char* name) const;
    // The texts of the notices that came.
    [[nodiscard]] std::vector<std::string> hear();

    // "postgresql://host/database: what", without the password.
    [[nodiscard]] std::string message(const std::string& what) const;

private:
    Answers ask(const std::vector<Statement>& statements, Sends sends, Patience at_most);
    void connect(Deadline deadline);
    void send(const std::vector<Statement>& statements, Sends sends);
    [[noreturn]] void lose(const std::string& why, Sends sends, bool sent);
    void await(bool or_writable, Deadline deadline, Sends sends);

    const PostgresqlOptions& options_;
    const uvsched_postgresql_driver& driver_;
    uvsched_pg_link* link_ = nullptr;
    std::unique_ptr<ForkedSocket> socket_;
};

}  // namespace uvsched::postgresql
