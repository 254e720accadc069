// MongodbMembership: a node among those that have its store open, by their documents, on a link of its own.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "core/stores/membership.hpp"
#include "core/stores/mongodb/database.hpp"

namespace uvsched::mongodb {

// The calls of Membership are made on the beat's thread, the others on the store's.
class MongodbMembership final : public Membership {
public:
    explicit MongodbMembership(Database& db);

    // Beats no more. Does not wait for a beat that is under way.
    void leave() noexcept;

    BeatAnswer beat() override;

private:
    BeatAnswer ask();
    [[nodiscard]] bool raise();

    const MongodbOptions options_;
    const Collections names_;
    const NodeNumber node_;
    const std::string uuid_;
    const std::shared_ptr<NodeShared> shared_;
    const Micros patience_;
    std::atomic<bool> left_{false};

    std::mutex mutex_;  // of the rest; held during a beat
    Session session_;
    int beats_ = 0;
};

}  // namespace uvsched::mongodb
