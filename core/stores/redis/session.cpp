#include "core/stores/redis/session.hpp"

#include <new>
#include <utility>

#include "core/platform/descriptors.hpp"
#include "core/stores/drivers/server_message.hpp"
#include "core/stores/store.hpp"

namespace uvsched::redis {

std::string Session::message(const std::string& what) const {
    return server_message(options_.place(), what, options_.password);
}

Refusal Session::refusal(const Answer& answer) const {
    const std::string text = answer.reply().text();
    return {text.substr(0, text.find(' ')), message(text)};
}

void Session::lose(const std::string& why, Sends sends, bool sent) {
    const std::string text = message(why);
    close();
    if (sent && sends == Sends::changes) throw MaybeDone(text);
    fail(Code::store, text);
}

void Session::close() noexcept {
    heard_.clear();
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
    auto socket = std::make_unique<ForkedSocket>();
    const Deadline deadline(at_most);
    const bool local = !options_.socket.empty();
    socket->change([&] {
        link_ = driver_.connect(local ? options_.socket.c_str() : options_.host.c_str(), local ? 0 : options_.port);
        return link_ == nullptr ? -1 : driver_.descriptor(link_);
    });
    if (link_ == nullptr) throw std::bad_alloc();
    socket_ = std::move(socket);
    connect(deadline);
    try {
        greet(deadline);
    } catch (...) {
        close();
        throw;
    }
}

void Session::connect(const Deadline& deadline) {
    while (true) {
        const int wants = driver_.connecting(link_);
        if (wants == UVSCHED_REDIS_DONE) return;
        if (wants == UVSCHED_REDIS_FAILED) lose(driver_.message(link_), Sends::reads, false);
        const auto left = deadline.left();
        if (!left) lose("no connection was made in time", Sends::reads, false);
        wait_ready(descriptor(), wants == UVSCHED_REDIS_WANTS_WRITE, *left);
    }
}

// In one round trip. Without a password the server may still have one: it says so.
void Session::greet(const Deadline& deadline) {
    std::vector<Words> words;
    if (!options_.user.empty()) {
        words.push_back({"AUTH", options_.user, options_.password});
    } else if (!options_.password.empty()) {
        words.push_back({"AUTH", options_.password});
    }
    if (options_.database != 0) words.push_back({"SELECT", std::to_string(options_.database)});
    for (const Words& command : words) send(command, Sends::reads);
    std::optional<Refusal> refused;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const Answer answer = receive(Sends::reads, deadline);
        if (answer.reply().kind() == UVSCHED_REDIS_ERROR && !refused) refused = refusal(answer);
    }
    if (refused) throw Error(Code::store, refused->message());
}

void Session::send(const Words& command, Sends sends) {
    std::vector<const char*> words(command.size());
    std::vector<std::size_t> lengths(command.size());
    for (std::size_t i = 0; i < command.size(); ++i) {
        words[i] = command[i].data();
        lengths[i] = command[i].size();
    }
    const int count = static_cast<int>(words.size());
    if (driver_.send(link_, count, words.data(), lengths.data()) != UVSCHED_REDIS_DONE) {
        lose(driver_.message(link_), sends, false);
    }
}

std::optional<Answer> Session::receive_now(Sends sends) {
    uvsched_redis_answer* received = nullptr;
    const int got = driver_.receive(link_, &received);
    if (got == UVSCHED_REDIS_FAILED) lose(driver_.message(link_), sends, true);
    if (got != UVSCHED_REDIS_ANSWER) return std::nullopt;
    return Answer(driver_, received);
}

Answer Session::receive(Sends sends, const Deadline& deadline) {
    while (true) {
        const int unsent = driver_.flush(link_);
        // What the server said before it hung up is the better reason.
        if (auto answer = receive_now(sends)) return std::move(*answer);
        if (unsent == UVSCHED_REDIS_FAILED) lose(driver_.message(link_), sends, true);
        const auto left = deadline.left();
        if (!left) lose("the server does not answer in time", sends, true);
        wait_ready(descriptor(), unsent == UVSCHED_REDIS_WANTS_WRITE, *left);
    }
}

Answer Session::run(const Words& command, Sends sends, Patience at_most) {
    if (!is_open()) fail(Code::store, message("the connection is closed"));
    try {
        send(command, sends);
        Answer answer = receive(sends, Deadline(at_most));
        if (answer.reply().kind() == UVSCHED_REDIS_ERROR) throw refusal(answer);
        return answer;
    } catch (const std::bad_alloc&) {
        close();  // nobody knows how far it is
        if (sends == Sends::changes) throw MaybeDone("no memory");
        throw;
    }
}

// ---- hearing ----

// What a channel tells is a list of "message", the channel and a text; all else answers commands.
void Session::keep(const Answer& told) {
    if (told.size() == 3 && told[0].view() == "message") heard_.push_back(told[2].text());
}

void Session::subscribe(const std::string& channel, Patience at_most) {
    static_cast<void>(run({"SUBSCRIBE", channel}, Sends::reads, at_most));
}

void Session::ping(Patience at_most) {
    if (!is_open()) fail(Code::store, message("the connection is closed"));
    send({"PING"}, Sends::reads);
    const Deadline deadline(at_most);
    while (true) {
        const Answer answer = receive(Sends::reads, deadline);
        if (answer.size() > 0 && answer[0].view() == "pong") return;
        if (answer.reply().kind() == UVSCHED_REDIS_ERROR) throw refusal(answer);
        keep(answer);
    }
}

std::vector<std::string> Session::hear() {
    while (is_open()) {
        const auto answer = receive_now(Sends::reads);
        if (!answer) break;
        keep(*answer);
    }
    return std::exchange(heard_, {});
}

}  // namespace uvsched::redis
