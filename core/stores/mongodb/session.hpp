// Session: one link to the server, or to the primary of a replica set. Every failure is an Error that names the server,
// and never its password.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/stores/drivers/forked_socket.hpp"
#include "core/stores/mongodb/bson.hpp"
#include "core/stores/mongodb/mongodb_options.hpp"

namespace uvsched::mongodb {

// Codes of the server's refusals.
inline constexpr int kDuplicateKey = 11'000;
inline constexpr int kUnauthorized = 13;
inline constexpr int kAuthenticationFailed = 18;

// The server refused a command.
class Refusal : public Error {
public:
    Refusal(int code, std::string message) : Error(Code::store, std::move(message)), number_(code) {}
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

// Whether a command changes something, so that nobody knows whether it happened if no answer comes.
enum class Sends : std::uint8_t { reads, changes };

// Not thread-safe.
class Session {
public:
    // Connects and waits for answers so long.
    Session(const MongodbOptions& options, Micros connect, Micros answer)
        : options_(options), driver_(*options.driver), connect_(connect), answer_(answer) {}
    ~Session() { close(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // False also in the child of a fork, where the link is the parent's.
    [[nodiscard]] bool is_open() const noexcept { return link_ != nullptr && process_->is_ours(); }

    // Connects. Throws Refusal and Error(store).
    void open();
    void close() noexcept;

    // Opens the session if it is not open. Throws Refusal; MaybeDone, if a change may have happened all the same; and
    // Error(store). A link that failed is closed.
    Document run(const Document& command, Sends sends = Sends::reads);
    // All documents of the answers to a "find" or an "aggregate".
    std::vector<Document> ask(Document command);

    // "mongodb://host:27017/database: what", without secrets.
    [[nodiscard]] std::string message(const std::string& what) const;

private:
    Document run_in(const std::string& database, const Document& command, Sends sends);
    [[noreturn]] void lose(const std::string& why, bool maybe_done);

    const MongodbOptions& options_;
    const uvsched_mongodb_driver& driver_;
    const Micros connect_;
    const Micros answer_;
    uvsched_mongodb_link* link_ = nullptr;
    std::unique_ptr<ForkedSocket> process_;  // the client library names no descriptor: it only tells parent and child
};

}  // namespace uvsched::mongodb
