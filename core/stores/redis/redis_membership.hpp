// RedisMembership: a node among those that have its store open, by the set of nodes, on a connection of its own; and on
// another, which can do nothing else, it hears what the others tell.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "core/stores/drivers/socket_bell.hpp"
#include "core/stores/membership.hpp"
#include "core/stores/redis/database.hpp"

namespace uvsched::redis {

// The calls of Membership are made on the beat's thread, the others on the store's.
class RedisMembership final : public Membership {
public:
    // Connects. Throws Error(store).
    explicit RedisMembership(Database& db);
    ~RedisMembership() override { close_all(); }

    // Why nothing is heard, if the server does not allow it: then the others are heard with each beat only. Empty: it
    // is.
    [[nodiscard]] std::string listen();

    // Neither beats nor listens any more. Does not wait for a beat that is under way.
    void leave() noexcept;

    BeatAnswer beat() override;
    [[nodiscard]] int descriptor() const noexcept override { return listens_.load() ? bell_.descriptor() : -1; }
    // A connection can be cut without a word: silence does not say that nobody joined.
    [[nodiscard]] bool tells_who_joins() const noexcept override { return false; }
    bool heard() noexcept override;

private:
    BeatAnswer ask();
    void keep_listening();
    void ring_with_ears();
    [[nodiscard]] bool is_news(const std::vector<std::string>& notices) const;
    void close_all() noexcept;

    const RedisOptions options_;
    const NodeNumber node_;
    const std::string channel_;
    const std::string uuid_;
    const std::shared_ptr<NodeShared> shared_;
    const Patience patience_;
    std::atomic<bool> left_{false};
    std::atomic<bool> listens_{false};

    std::mutex mutex_;  // of the rest; held during a beat
    Session session_;
    ScriptRunner scripts_;
    Session ears_;
    SocketBell bell_;  // rings with the ears
};

}  // namespace uvsched::redis
