// Session: one connection to the server. Commands are sent together, and their answers awaited together, before a
// deadline. Every failure is an Error that names the server, and never its password.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/stores/drivers/deadline.hpp"
#include "core/stores/drivers/forked_socket.hpp"
#include "core/stores/redis/answer.hpp"
#include "core/stores/redis/redis_options.hpp"
#include "core/stores/redis/words.hpp"

namespace uvsched::redis {

// The server refused a command.
class Refusal : public Error {
public:
    Refusal(std::string word, std::string message) : Error(Code::store, std::move(message)), word_(std::move(word)) {}
    [[nodiscard]] const std::string& word() const noexcept { return word_; }  // "NOSCRIPT": the first of its text

private:
    std::string word_;
};

// Whether a command changes something, so that nobody knows whether it happened if no answer comes.
enum class Sends : std::uint8_t { reads, changes };

// Not thread-safe.
class Session {
public:
    explicit Session(const RedisOptions& options) : options_(options), driver_(*options.driver) {}
    ~Session() { close(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] bool is_open() const noexcept { return link_ != nullptr; }

    // Connects, and says who it is. Throws Error(store).
    void open(Patience at_most);
    void close() noexcept;

    // Throws Refusal; MaybeDone, if the connection is lost after a change was sent; and Error(store). A connection that
    // is lost, or whose answers do not come in time, is closed.
    Answer run(const Words& command, Sends sends, Patience at_most);

    // ---- a session that hears what a channel tells, and can do nothing else then ----

    void subscribe(const std::string& channel, Patience at_most);
    // Asks for a sign of life: throws Error(store) if none comes in time. What is heard meanwhile is kept.
    void ping(Patience at_most);
    // Takes what came. Throws Error(store) if the connection is lost.
    [[nodiscard]] std::vector<std::string> hear();

    // Of an open session.
    [[nodiscard]] int descriptor() const { return driver_.descriptor(link_); }

    // "redis://host:6379/0: what", without the password.
    [[nodiscard]] std::string message(const std::string& what) const;

private:
    void connect(const Deadline& deadline);
    void greet(const Deadline& deadline);
    void send(const Words& command, Sends sends);
    [[nodiscard]] Answer receive(Sends sends, const Deadline& deadline);
    [[nodiscard]] std::optional<Answer> receive_now(Sends sends);
    void keep(const Answer& told);
    [[nodiscard]] Refusal refusal(const Answer& answer) const;
    [[noreturn]] void lose(const std::string& why, Sends sends, bool sent);

    const RedisOptions& options_;
    const uvsched_redis_driver& driver_;
    uvsched_redis_link* link_ = nullptr;
    std::unique_ptr<ForkedSocket> socket_;
    std::vector<std::string> heard_;
};

}  // namespace uvsched::redis
