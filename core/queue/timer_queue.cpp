#include "core/queue/timer_queue.hpp"

#include <algorithm>
#include <bit>

namespace uvsched {

namespace {
constexpr std::size_t kSmallest = 64;
}  // namespace

void TimerQueue::grow(std::size_t tasks) {
    // A power of two, so that the last group of children is whole and reading it never leaves the memory.
    const std::size_t wanted = std::bit_ceil(std::max(tasks + kLead, kSmallest));
    const std::size_t used = size_ == 0 ? 0 : (kLead + size_ + kArity - 1) / kArity * kArity;
    if (wanted > nodes_.size()) nodes_.grow(wanted, used);
}

void TimerQueue::grow_positions(std::size_t tasks) {
    const std::size_t old = positions_.size();
    positions_.grow(std::bit_ceil(std::max(tasks, kSmallest)), old);
    std::fill(positions_.data() + old, positions_.data() + positions_.size(), kNone);
}

void TimerQueue::renumber() {
    // A sorted array is a heap.
    Node* const begin = nodes_.data() + kLead;
    std::sort(begin, begin + size_);
    next_sequence_ = 0;
    for (std::size_t position = 0; position < size_; ++position) {
        const Node old = node(position);
        place(position, make(due_of(old), next_sequence_++, task_of(old)));
    }
}

void TimerQueue::reserve(std::size_t tasks) {
    if (tasks == 0) return;
    grow(tasks);
    if (tasks > positions_.size()) grow_positions(tasks);
}

void TimerQueue::clear() {
    size_ = 0;
    next_sequence_ = 0;
    std::fill_n(positions_.data(), positions_.size(), kNone);
}

}  // namespace uvsched
