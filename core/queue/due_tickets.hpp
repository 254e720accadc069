// DueTickets: which entry of a task counts.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/queue/due_entry.hpp"

namespace uvsched {

// Nobody looks for the entry of a task that is removed or gets another time: the task gets another ticket, and the
// entry, whose ticket is no longer the task's, is stale. Stale entries are counted, and dropped by those that meet
// them. As long as there is none, nobody reads a ticket.
//
// Tickets stand in blocks that never move: growing by one task never copies those of a million others.
class DueTickets {
public:
    [[nodiscard]] bool queued(DueIndex task) const noexcept { return task < size() && (at(task) & 1U) != 0; }
    [[nodiscard]] bool stale(const DueEntry& entry) const noexcept {
        return stale_ != 0 && at(entry.task()) != entry.ticket();
    }
    [[nodiscard]] std::size_t live_entries() const noexcept { return live_; }
    [[nodiscard]] std::size_t stale_entries() const noexcept { return stale_; }
    [[nodiscard]] std::size_t entries() const noexcept { return live_ + stale_; }

    void make_room(DueIndex task) {
        while (task >= size()) blocks_.push_back(std::make_unique<std::uint32_t[]>(kBlock));
    }

    // For a new entry of a task that is not queued.
    [[nodiscard]] std::uint32_t issue(DueIndex task) noexcept {
        assert(!queued(task));
        ++live_;
        return ++at(task);
    }
    // The task's entry is gone.
    void redeem(DueIndex task) noexcept {
        assert(queued(task));
        --live_;
        ++at(task);
    }
    // The task's entry stays where it is, stale.
    void revoke(DueIndex task) noexcept {
        redeem(task);
        ++stale_;
    }
    // A stale entry is gone.
    void dropped() noexcept { --stale_; }

private:
    static constexpr unsigned kBlockBits = 12;
    static constexpr std::size_t kBlock = std::size_t{1} << kBlockBits;

    [[nodiscard]] std::size_t size() const noexcept { return blocks_.size() * kBlock; }
    [[nodiscard]] std::uint32_t& at(DueIndex task) const noexcept {
        return blocks_[task >> kBlockBits][task & (kBlock - 1)];
    }

    std::vector<std::unique_ptr<std::uint32_t[]>> blocks_;  // by task; odd: queued
    std::size_t live_ = 0;
    std::size_t stale_ = 0;
};

}  // namespace uvsched
