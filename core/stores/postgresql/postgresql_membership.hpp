// PostgresqlMembership: a node among those that have its store open, by the table of nodes, on a connection of its own.
// That connection also listens to what the others tell.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "core/stores/drivers/socket_bell.hpp"
#include "core/stores/membership.hpp"
#include "core/stores/postgresql/database.hpp"

namespace uvsched::postgresql {

// The calls of Membership are made on the beat's thread, the others on the store's.
class PostgresqlMembership final : public Membership {
public:
    // Connects. Throws Error(store).
    explicit PostgresqlMembership(Database& db);
    ~PostgresqlMembership() override { close(); }

    // Whether a notice that is sent on the store's connection comes here: it does not where a pooler gives each
    // transaction another session. Then the others are heard with each beat only.
    [[nodiscard]] bool probe(Database& db);

    // Neither beats nor listens any more. Does not wait for a beat that is under way.
    void leave() noexcept;

    BeatAnswer beat() override;
    [[nodiscard]] int descriptor() const noexcept override { return listens_.load() ? bell_.descriptor() : -1; }
    // A connection can be cut without a word: silence does not say that nobody joined.
    [[nodiscard]] bool tells_who_joins() const noexcept override { return false; }
    bool heard() noexcept override;

private:
    void connect();
    BeatAnswer ask();
    [[nodiscard]] bool is_own(const std::string& notice) const;
    void ring_with_session();
    void close() noexcept;

    const PostgresqlOptions options_;
    const NodeNumber node_;
    const std::string channel_;
    const std::string beat_;
    const std::string look_;
    const std::shared_ptr<NodeShared> shared_;
    const Patience patience_;
    std::atomic<bool> left_{false};
    std::atomic<bool> listens_{false};

    std::mutex mutex_;  // of the rest; held during a beat
    Session session_;
    SocketBell bell_;  // rings with the session
};

}  // namespace uvsched::postgresql
