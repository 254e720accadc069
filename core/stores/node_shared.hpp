// What the store of a node and its membership, which are used on two threads, both know.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/stores/store_clock.hpp"

namespace uvsched {

struct NodeShared {
    explicit NodeShared(std::shared_ptr<StoreClock> of_store) : clock(std::move(of_store)) {}

    const std::shared_ptr<StoreClock> clock;
    std::atomic<std::uint64_t> own_changes{0};  // of meta.changes: those by this node
    std::atomic<bool> alone{false};             // by the last beat
};

}  // namespace uvsched
