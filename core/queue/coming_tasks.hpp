// ComingTasks: tasks that are next, or nearly, for a caller that wants their records in the processor's caches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/queue/due_chunks.hpp"

namespace uvsched {

// The oldest are handed out first; those that there is no room for are left out.
class ComingTasks {
public:
    void announce(DueIndex task) noexcept {
        if (end_ - begin_ < kRoom) tasks_[end_++ % kRoom] = task;
    }
    void announce(const DueChunk& chunk) noexcept {
        for (std::uint32_t i = chunk.begin; i < chunk.end; ++i) announce(chunk.entries[i].task());
    }

    // Calls visit(task) for at most `most` of them.
    template <class Visit>
    void hand_out(std::size_t most, Visit&& visit) {
        for (; most > 0 && begin_ != end_; --most) visit(tasks_[begin_++ % kRoom]);
    }

private:
    static constexpr std::size_t kRoom = 128;

    std::array<DueIndex, kRoom> tasks_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace uvsched
