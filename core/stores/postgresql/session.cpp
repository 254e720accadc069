#include "core/stores/postgresql/session.hpp"

#include <charconv>
#include <chrono>
#include <optional>

#include "core/platform/descriptors.hpp"
#include "core/stores/drivers/server_message.hpp"
#include "core/stores/store.hpp"

namespace uvsched::postgresql {
namespace {

constexpr std::chrono::seconds kRollbackPatience{5};

// The connection is over, or is being ended: nobody knows whether a commit behind the statement went through.
bool ends_connection(std::string_view state) {
    return state.starts_with("08") || state == "57P01" || state == "57P02" || state == "57P05";
}

}  // namespace

bool Answer::Row::is_null(int column) const {
    std::size_t length = 0;
    return answer_->driver_->value(answer_->answer_.get(), row_, column + shift_, &length) == nullptr;
}

std::string_view Answer::Row::view(int column) const {
    std::size_t length = 0;
    const char* const text = answer_->driver_->value(answer_->answer_.get(), row_, column + shift_, &length);
    return text == nullptr ? std::string_view() : std::string_view(text, length);
}

// "t" and "f" are 1 and 0.
std::int64_t Answer::Row::integer(int column) const {
    const std::string_view text = view(column);
    if (text == "t") return 1;
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string Session::message(const std::string& what) const {
    const std::string* const password = options_.find("password");
    return server_message(options_.place(), what, password == nullptr ? std::string() : *password);
}

void Session::lose(const std::string& why, Sends sends, bool sent) {
    const std::string text = message(why);
    close();
    if (sent && sends == Sends::commits) throw MaybeDone(text);
    fail(Code::store, text);
}

void Session::close() noexcept {
    if (link_ == nullptr) return;
    if (socket_->is_ours()) {
        socket_->change([this] {
            driver_.close(link_);
            return -1;
        });
    }
    link_ = nullptr;
    socket_.reset();
}

void Session::open(Patience at_most) {
    close();
    std::vector<const char*> names;
    std::vector<const char*> values;
    const auto set = [&](const char* name, const char* value) {
        names.push_back(name);
        values.push_back(value);
    };
    for (const auto& [name, value] : options_.parameters) set(name.c_str(), value.c_str());
    set("client_encoding", "UTF8");
    set("fallback_application_name", "uvsched");
    set(nullptr, nullptr);
    auto socket = std::make_unique<ForkedSocket>();
    const Deadline deadline(at_most);
    link_ = driver_.connect(names.data(), values.data());
    if (link_ == nullptr) throw std::bad_alloc();
    socket_ = std::move(socket);
    connect(deadline);
}

void Session::connect(Deadline deadline) {
    socket_->change([this] { return driver_.descriptor(link_); });
    // The first word of a connection that is being made is that it waits until it can write.
    for (int wants = UVSCHED_PG_WANTS_WRITE; wants != UVSCHED_PG_DONE;) {
        const auto left = deadline.left();
        if (!left) lose("no connection was made in time", Sends::reads, false);
        if (descriptor() >= 0) wait_ready(descriptor(), wants == UVSCHED_PG_WANTS_WRITE, *left);
        socket_->change([&] {
            wants = driver_.connecting(link_);
            return driver_.descriptor(link_);
        });
        if (wants == UVSCHED_PG_FAILED) lose(driver_.message(link_), Sends::reads, false);
    }
}

std::string Session::server_setting(const char* name) const {
    const char* const value = driver_.server_setting(link_, name);
    return value == nullptr ? std::string() : value;
}

std::vector<std::string> Session::hear() {
    std::vector<std::string> out;
    char payload[64];
    while (is_open() && driver_.hear(link_, payload, sizeof payload) != 0) out.emplace_back(payload);
    return out;
}

void Session::await(bool or_writable, Deadline deadline, Sends sends) {
    const auto left = deadline.left();
    if (!left) lose("the server does not answer in time", sends, true);
    wait_ready(descriptor(), or_writable, *left);
}

void Session::send(const std::vector<Statement>& statements, Sends sends) {
    bool sent = false;
    std::vector<const char*> values;
    for (const Statement& statement : statements) {
        values.clear();
        for (const Value& value : statement.values) values.push_back(value.data());
        const int count = static_cast<int>(values.size());
        if (driver_.send(link_, statement.sql.c_str(), count, values.data()) != UVSCHED_PG_DONE) {
            lose(driver_.message(link_), sends, sent);
        }
        sent = true;
    }
    if (driver_.end(link_) != UVSCHED_PG_DONE) lose(driver_.message(link_), sends, sent);
}

Answers Session::run(const std::vector<Statement>& statements, Sends sends, Patience at_most) {
    try {
        return ask(statements, sends, at_most);
    } catch (const std::bad_alloc&) {
        close();  // nobody knows how far it is
        if (sends == Sends::commits) throw MaybeDone("no memory");
        throw;
    }
}

Answers Session::ask(const std::vector<Statement>& statements, Sends sends, Patience at_most) {
    if (!is_open()) fail(Code::store, message("the connection is closed"));
    const Deadline deadline(at_most);
    send(statements, sends);
    Answers answers;
    answers.reserve(statements.size());
    std::optional<SqlError> refused;
    while (true) {
        const int unsent = driver_.flush(link_);
        uvsched_pg_answer* received = nullptr;
        const int got = driver_.receive(link_, &received);
        if (got == UVSCHED_PG_DONE) break;
        if (got == UVSCHED_PG_ANSWER) {
            Answer& answer = answers.emplace_back(driver_, received);
            const std::string state = driver_.state(received);
            if (!state.empty() && !refused) {
                refused.emplace(state, answers.size() - 1, message(driver_.error(answer.answer_.get())));
            }
            continue;
        }
        if (got == UVSCHED_PG_FAILED || unsent == UVSCHED_PG_FAILED) {
            // The server said why before it hung up.
            const std::string why =
                refused ? driver_.error(answers[refused->statement()].answer_.get()) : driver_.message(link_);
            const bool unknown = !refused || ends_connection(refused->state());
            lose(why, sends, unknown);
        }
        await(unsent == UVSCHED_PG_WANTS_WRITE, deadline, sends);
    }
    if (!refused) return answers;
    if (sends == Sends::commits) {
        try {
            run({{"ROLLBACK", {}}}, Sends::reads, kRollbackPatience);
        } catch (const Error&) {
            close();  // which rolls back
        }
    }
    throw *refused;
}

}  // namespace uvsched::postgresql
