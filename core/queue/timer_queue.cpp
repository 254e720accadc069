#include "core/queue/timer_queue.hpp"

#include <algorithm>
#include <bit>

namespace uvsched {

namespace {
constexpr std::size_t kSmallest = 64;
}  // namespace

void TimerQueue::grow(std::size_t nodes) {
    // A power of two, so that the last group of children is whole and reading it never leaves the memory.
    const std::size_t wanted = std::bit_ceil(std::max(nodes + kLead, kSmallest));
    const std::size_t used = size_ == 0 ? 0 : (kLead + size_ + kArity - 1) / kArity * kArity;
    if (wanted > nodes_.size()) nodes_.grow(wanted, used);
}

void TimerQueue::grow_sequences(std::size_t tasks) {
    const std::size_t old = sequences_.size();
    sequences_.grow(std::bit_ceil(std::max(tasks, kSmallest)), old);
    std::fill(sequences_.data() + old, sequences_.data() + sequences_.size(), kNotQueued);
}

void TimerQueue::compact() noexcept {
    Node* const begin = nodes_.data() + kLead;
    Node* const end = std::remove_if(begin, begin + size_, [this](Node node) { return stale(node); });
    std::fill(end, begin + size_, kAbsent);
    size_ = live_;
    for (std::size_t parent = (size_ + kArity - 2) / kArity; parent-- > 0;) sift_down(parent, node(parent));
}

void TimerQueue::renumber() {
    compact();
    // A sorted array is a heap.
    Node* const begin = nodes_.data() + kLead;
    std::sort(begin, begin + size_);
    next_sequence_ = 0;
    for (std::size_t position = 0; position < size_; ++position) {
        const Index task = task_of(node(position));
        sequences_.data()[task] = next_sequence_;
        node(position) = make(due_of(node(position)), next_sequence_++, task);
    }
}

void TimerQueue::reserve(std::size_t tasks) {
    if (tasks == 0) return;
    grow(tasks);
    if (tasks > sequences_.size()) grow_sequences(tasks);
}

void TimerQueue::clear() {
    size_ = 0;
    live_ = 0;
    next_sequence_ = 0;
    std::fill_n(sequences_.data(), sequences_.size(), kNotQueued);
}

}  // namespace uvsched
