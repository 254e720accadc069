#include "core/queue/timer_queue.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace uvsched {

namespace {
constexpr std::align_val_t kLine{64};
constexpr std::size_t kSmallest = 64;
}  // namespace

void TimerQueue::Free::operator()(Node* nodes) const noexcept { ::operator delete(nodes, kLine); }

void TimerQueue::grow(std::size_t capacity) {
    // A power of two and the lead: the last group of children is whole, so that reading it never leaves the buffer.
    capacity = std::bit_ceil(std::max(capacity, kSmallest)) + 1;
    if (capacity <= capacity_) return;
    std::unique_ptr<Node[], Free> bigger(static_cast<Node*>(::operator new((capacity + kLead) * sizeof(Node), kLine)));
    const std::size_t used = size_ == 0 ? 0 : kLead + size_ + (kArity - (size_ + kLead) % kArity) % kArity;
    std::copy_n(nodes_.get(), used, bigger.get());
    nodes_ = std::move(bigger);
    capacity_ = capacity;
}

void TimerQueue::grow_positions(Index task) {
    const std::size_t wanted = std::size_t{task} + 1;
    positions_.resize(std::max(wanted, positions_.size() * 2), kNone);
}

void TimerQueue::renumber() {
    // A sorted array is a heap.
    Node* const begin = nodes_.get() + kLead;
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
    if (tasks > positions_.size()) positions_.resize(tasks, kNone);
}

void TimerQueue::clear() {
    size_ = 0;
    next_sequence_ = 0;
    std::fill(positions_.begin(), positions_.end(), kNone);
}

}  // namespace uvsched
