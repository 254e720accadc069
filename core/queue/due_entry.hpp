// DueEntry: a task and its due time, as the timer queue keeps them.
#pragma once

#include <cstdint>

#include "core/time/instant.hpp"

namespace uvsched {

using DueIndex = std::uint32_t;  // the caller's dense index of a task (slab index)

// Due times as unsigned numbers in the same order.
using DueKey = std::uint64_t;
[[nodiscard]] constexpr DueKey due_key(Instant due) noexcept {
    return static_cast<DueKey>(due) ^ (std::uint64_t{1} << 63);
}
[[nodiscard]] constexpr Instant due_time_of(DueKey key) noexcept {
    return static_cast<Instant>(key ^ (std::uint64_t{1} << 63));
}

class DueEntry {
public:
    DueEntry() noexcept = default;  // of no task
    DueEntry(DueKey due, DueIndex task, std::uint32_t ticket) noexcept
        : key(due), names_(std::uint64_t{ticket} << 32 | task) {}

    DueKey key = UINT64_MAX;

    [[nodiscard]] DueIndex task() const noexcept { return static_cast<DueIndex>(names_); }
    [[nodiscard]] std::uint32_t ticket() const noexcept { return static_cast<std::uint32_t>(names_ >> 32); }
    // The task's entry at another time.
    [[nodiscard]] DueEntry at(DueKey due) const noexcept {
        DueEntry other = *this;
        other.key = due;
        return other;
    }

private:
    std::uint64_t names_ = UINT32_MAX;  // one word: words are copied faster than their parts
};

}  // namespace uvsched
