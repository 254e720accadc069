// ServerNode: this node, which is one opening of a store on a server, as the parts of the store know it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/stores/node_number.hpp"
#include "core/stores/node_shared.hpp"
#include "core/stores/rows/definition_cache.hpp"
#include "core/stores/store.hpp"
#include "core/stores/store_clock.hpp"

namespace uvsched {

// For a connection to be made, and for what an opening asks.
inline constexpr std::chrono::seconds kConnectPatience{10};

struct ServerNode {
    const std::shared_ptr<StoreClock> clock = std::make_shared<StoreClock>();  // of all openings, for any thread
    std::shared_ptr<NodeShared> shared = std::make_shared<NodeShared>(clock);
    DefinitionCache cache;

    bool joined = false;  // the store is open
    bool visits = false;  // and this is no node of it: nothing is asked of the row of one
    NodeNumber node = 0;
    std::string uuid;  // of the store
    std::uint64_t store_hash = 0;
    Retention retention;
    bool ready_first = false;  // whether the last look began with ready fires instead of due tasks
    int written = 0;           // how many pieces of the batch in hand are written and stay

    // Another node is to be opened, perhaps of another store.
    void begin(const OpenRequest& request) {
        cache.clear();
        visits = request.role == Role::visitor;
        node = draw_node_number();
        retention = visits ? Retention{.age = 0, .per_task = 0} : request.retention;
        shared = std::make_shared<NodeShared>(clock);  // the last node's beat may still be at work with the other
        clock->begin(!request.real);
    }

    // What a fire is ready at: as told, where the clock is moved by hand; else the server knows.
    [[nodiscard]] std::optional<Instant> by_hand(Instant now) const {
        return clock->manual() ? std::optional(now) : std::nullopt;
    }
};

}  // namespace uvsched
