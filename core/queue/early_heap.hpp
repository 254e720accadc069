// EarlyHeap: entries that are due before all that the wheel can hold.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/queue/due_tickets.hpp"

namespace uvsched {

// A binary heap over (key, order of entering). Few entries come here, and leave it soon: those that are overdue
// already, and, after a clock was set back, those that are due before what was due then.
class EarlyHeap {
public:
    [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
    [[nodiscard]] const DueEntry& top() const noexcept { return nodes_.front().entry; }

    void reserve(std::size_t entries) {
        if (entries > nodes_.capacity()) nodes_.reserve(std::max(entries, 2 * nodes_.capacity()));
    }

    // Precondition: reserved.
    void push(DueEntry entry) noexcept {
        assert(nodes_.size() < nodes_.capacity());
        nodes_.push_back({entry, next_++});
        std::push_heap(nodes_.begin(), nodes_.end(), later);
    }
    void pop() noexcept {
        std::pop_heap(nodes_.begin(), nodes_.end(), later);
        nodes_.pop_back();
    }

    // Drops what is stale from the top, or everywhere.
    void settle(DueTickets& tickets) noexcept {
        for (; !empty() && tickets.stale(top()); tickets.dropped()) pop();
    }
    void sweep(DueTickets& tickets) noexcept {
        const auto stale = [&](const Node& node) {
            if (!tickets.stale(node.entry)) return false;
            tickets.dropped();
            return true;
        };
        if (std::erase_if(nodes_, stale) > 0) std::make_heap(nodes_.begin(), nodes_.end(), later);
    }

private:
    struct Node {
        DueEntry entry;
        std::uint64_t order;
    };
    static bool later(const Node& a, const Node& b) noexcept {
        return a.entry.key != b.entry.key ? a.entry.key > b.entry.key : a.order > b.order;
    }

    std::vector<Node> nodes_;
    std::uint64_t next_ = 0;
};

}  // namespace uvsched
