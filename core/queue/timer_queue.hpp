// TimerQueue: the due order of tasks held in memory.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "core/queue/aligned_array.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

// A 4-ary min-heap over (due, sequence), so that equal times come out first-in-first-out. Not thread-safe.
//
// A node is 16 bytes and the four children of one node share one cache line: going down a level costs one line, which
// was prefetched a level earlier. Nodes know their tasks, tasks don't know where their node is: keeping that up to date
// costs a write to a random place for each level. A task only has the sequence of its node; a node with another one is
// stale. It is dropped when it comes to the top, or with all others of its kind when they are the larger part.
//
// Sequences have 32 bits; when they run out, every 4 billion pushes, they are given out anew in the present order
// (O(n log n), once).
class TimerQueue {
public:
    using Index = std::uint32_t;  // the caller's dense index of a task (slab index)
    static constexpr Index kNone = UINT32_MAX;

    // `first_sequence` is for tests of the renumbering.
    explicit TimerQueue(std::uint32_t first_sequence = 0) noexcept : next_sequence_(first_sequence) {}
    TimerQueue(const TimerQueue&) = delete;
    TimerQueue& operator=(const TimerQueue&) = delete;
    ~TimerQueue() = default;

    void push(Index task, Instant due);    // precondition: not queued
    void update(Index task, Instant due);  // moves or pushes; gets a new sequence
    void remove(Index task);               // no-op when not queued

    [[nodiscard]] bool contains(Index task) const noexcept {
        return task < sequences_.size() && sequences_.data()[task] != kNotQueued;
    }
    [[nodiscard]] bool empty() const noexcept { return live_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return live_; }
    [[nodiscard]] Instant top_due() const noexcept { return size_ == 0 ? kLatest : due_of(node(0)); }  // kLatest: empty
    [[nodiscard]] Index top() const noexcept { return size_ == 0 ? kNone : task_of(node(0)); }         // kNone: empty

    // Gives the top another time and a new sequence: one way down, the hot path. Precondition: not empty.
    void replace_top(Instant due);
    void pop();  // precondition: not empty

    // Calls visit(task) for the few tasks one of which will be next when the top has moved: what a caller may prefetch.
    template <class Visit>
    void visit_next(Visit&& visit) const {
        for (std::size_t child = 1; child <= kArity && child < size_; ++child) visit(task_of(node(child)));
    }

    void reserve(std::size_t tasks);
    void clear();

private:
    // due in the upper half, then sequence, then task: one comparison orders all, and no two are equal.
    __extension__ typedef __int128 Node;

    static constexpr std::size_t kArity = 4;
    // Slots before the root, so that each group of children is one line.
    static constexpr std::size_t kLead = kArity - 1;
    // Fills the last group.
    static constexpr Node kAbsent = (static_cast<Node>(kLatest) << 64) | static_cast<Node>(UINT64_MAX);
    static constexpr std::uint32_t kNotQueued = UINT32_MAX;
    static constexpr std::size_t kFewStale = 64;  // not worth a compaction

    [[nodiscard]] static Node make(Instant due, std::uint32_t sequence, Index task) noexcept {
        return (static_cast<Node>(due) << 64) | static_cast<Node>((std::uint64_t{sequence} << 32) | task);
    }
    // a < b as 0 or 1. Which child is smaller can't be predicted, so compilers must not see that it is only one of two
    // values and make a branch of it: a third of the time of a small queue.
    [[nodiscard]] static std::size_t less(Node a, Node b) noexcept {
        std::size_t result = a < b ? 1 : 0;
        asm("" : "+r"(result));
        return result;
    }
    [[nodiscard]] static Instant due_of(Node node) noexcept { return static_cast<Instant>(node >> 64); }
    [[nodiscard]] static std::uint32_t sequence_of(Node node) noexcept {
        return static_cast<std::uint32_t>(static_cast<std::uint64_t>(node) >> 32);
    }
    [[nodiscard]] static Index task_of(Node node) noexcept { return static_cast<Index>(node); }

    [[nodiscard]] Node& node(std::size_t position) noexcept { return nodes_.data()[position + kLead]; }
    [[nodiscard]] Node node(std::size_t position) const noexcept { return nodes_.data()[position + kLead]; }
    [[nodiscard]] bool stale(Node node) const noexcept { return sequences_.data()[task_of(node)] != sequence_of(node); }

    [[nodiscard]] std::uint32_t sequence() {
        if (next_sequence_ == kNotQueued) renumber();
        return next_sequence_++;
    }

    [[nodiscard]] std::size_t smallest_child(std::size_t first) const noexcept;
    void sift_up(std::size_t hole, Node value) noexcept;
    void sift_down(std::size_t hole, Node value) noexcept;
    void insert(Index task, Instant due);
    void drop_top() noexcept;
    void drop_stale() noexcept;  // from the top; afterwards the top is a task's

    void grow(std::size_t nodes);
    void grow_sequences(std::size_t tasks);
    void compact() noexcept;
    void renumber();

    AlignedArray<Node> nodes_;               // the lead, then the heap
    AlignedArray<std::uint32_t> sequences_;  // by task: of its node; kNotQueued where it has none
    std::size_t size_ = 0;                   // nodes, stale ones included
    std::size_t live_ = 0;                   // tasks
    std::uint32_t next_sequence_;
};

inline std::size_t TimerQueue::smallest_child(std::size_t first) const noexcept {
    const Node* group = nodes_.data() + kLead + first;
    const std::size_t left = less(group[1], group[0]);
    const std::size_t right = 2 + less(group[3], group[2]);
    return first + left + (right - left) * less(group[right], group[left]);
}

inline void TimerQueue::sift_up(std::size_t hole, Node value) noexcept {
    while (hole != 0) {
        const std::size_t parent = (hole - 1) / kArity;
        if (node(parent) < value) break;
        node(hole) = node(parent);
        hole = parent;
    }
    node(hole) = value;
}

inline void TimerQueue::sift_down(std::size_t hole, Node value) noexcept {
    for (;;) {
        const std::size_t first = hole * kArity + 1;
        if (first >= size_) break;
        const std::size_t below = first * kArity + 1;
        if (below < size_) {
            for (std::size_t group = 0; group < kArity; ++group) {
                __builtin_prefetch(nodes_.data() + kLead + below + group * kArity);
            }
        }
        const std::size_t child = smallest_child(first);
        if (value < node(child)) break;
        node(hole) = node(child);
        hole = child;
    }
    node(hole) = value;
}

inline void TimerQueue::insert(Index task, Instant due) {
    if (size_ + kLead >= nodes_.size()) grow(size_ + 1);
    const std::uint32_t order = sequence();  // may compact
    sequences_.data()[task] = order;
    const std::size_t hole = size_++;
    if (hole % kArity == 1) {
        for (std::size_t sibling = 1; sibling < kArity; ++sibling) node(hole + sibling) = kAbsent;
    }
    sift_up(hole, make(due, order, task));
}

inline void TimerQueue::drop_top() noexcept {
    --size_;
    const Node last = node(size_);
    node(size_) = kAbsent;
    if (size_ != 0) sift_down(0, last);
}

inline void TimerQueue::drop_stale() noexcept {
    while (size_ != 0 && stale(node(0))) drop_top();
    if (size_ - live_ > live_ + kFewStale) compact();
}

inline void TimerQueue::push(Index task, Instant due) {
    assert(!contains(task));
    if (task >= sequences_.size()) grow_sequences(std::size_t{task} + 1);
    insert(task, due);
    ++live_;
}

inline void TimerQueue::update(Index task, Instant due) {
    if (!contains(task)) return push(task, due);
    insert(task, due);
    drop_stale();
}

inline void TimerQueue::remove(Index task) {
    if (!contains(task)) return;
    sequences_.data()[task] = kNotQueued;
    --live_;
    drop_stale();
}

inline void TimerQueue::replace_top(Instant due) {
    assert(live_ != 0);
    const std::uint32_t order = sequence();
    const Index task = top();
    sequences_.data()[task] = order;
    sift_down(0, make(due, order, task));
    drop_stale();
}

inline void TimerQueue::pop() {
    assert(live_ != 0);
    sequences_.data()[top()] = kNotQueued;
    --live_;
    drop_stale();
}

}  // namespace uvsched
