// TimerQueue: the due order of tasks held in memory.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "core/queue/aligned_array.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

// An indexed 4-ary min-heap over (due, sequence), so that equal times come out first-in-first-out. Not thread-safe.
//
// A node is 16 bytes and the four children of one node share one cache line: going down a level costs one line, which
// was prefetched a level earlier. Sequences have 32 bits; when they run out, every 4 billion pushes, they are given out
// anew in the present order (O(n log n), once).
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
        return task < positions_.size() && positions_.data()[task] != kNone;
    }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
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
    [[nodiscard]] static Index task_of(Node node) noexcept { return static_cast<Index>(node); }

    [[nodiscard]] Node& node(std::size_t position) noexcept { return nodes_.data()[position + kLead]; }
    [[nodiscard]] Node node(std::size_t position) const noexcept { return nodes_.data()[position + kLead]; }

    void place(std::size_t position, Node value) noexcept {
        node(position) = value;
        positions_.data()[task_of(value)] = static_cast<std::uint32_t>(position);
    }
    [[nodiscard]] std::uint32_t sequence() {
        if (next_sequence_ == UINT32_MAX) renumber();
        return next_sequence_++;
    }

    [[nodiscard]] std::size_t smallest_child(std::size_t first) const noexcept;
    void sift_up(std::size_t hole, Node value) noexcept;
    void sift_down(std::size_t hole, Node value) noexcept;
    void settle(std::size_t hole, Node value) noexcept;  // up or down, whichever it needs
    void vacate(std::size_t hole) noexcept;              // closes the hole with the last node

    void grow(std::size_t tasks);
    void grow_positions(std::size_t tasks);
    void renumber();

    AlignedArray<Node> nodes_;               // the lead, then the heap
    AlignedArray<std::uint32_t> positions_;  // by task; kNone where it is not queued
    std::size_t size_ = 0;
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
        place(hole, node(parent));
        hole = parent;
    }
    place(hole, value);
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
        place(hole, node(child));
        hole = child;
    }
    place(hole, value);
}

inline void TimerQueue::settle(std::size_t hole, Node value) noexcept {
    if (hole != 0 && value < node((hole - 1) / kArity)) {
        sift_up(hole, value);
    } else {
        sift_down(hole, value);
    }
}

inline void TimerQueue::vacate(std::size_t hole) noexcept {
    --size_;
    const Node last = node(size_);
    node(size_) = kAbsent;
    if (hole != size_) settle(hole, last);
}

inline void TimerQueue::push(Index task, Instant due) {
    assert(!contains(task));
    if (task >= positions_.size()) grow_positions(std::size_t{task} + 1);
    if (size_ + kLead >= nodes_.size()) grow(size_ + 1);
    const std::uint32_t order = sequence();
    const std::size_t hole = size_++;
    if (hole % kArity == 1) {
        for (std::size_t sibling = 1; sibling < kArity; ++sibling) node(hole + sibling) = kAbsent;
    }
    sift_up(hole, make(due, order, task));
}

inline void TimerQueue::update(Index task, Instant due) {
    if (!contains(task)) return push(task, due);
    const std::uint32_t order = sequence();  // may renumber, and so move the task
    settle(positions_.data()[task], make(due, order, task));
}

inline void TimerQueue::remove(Index task) {
    if (!contains(task)) return;
    const std::size_t hole = positions_.data()[task];
    positions_.data()[task] = kNone;
    vacate(hole);
}

inline void TimerQueue::replace_top(Instant due) {
    assert(size_ != 0);
    const std::uint32_t order = sequence();
    sift_down(0, make(due, order, task_of(node(0))));
}

inline void TimerQueue::pop() {
    assert(size_ != 0);
    positions_.data()[task_of(node(0))] = kNone;
    vacate(0);
}

}  // namespace uvsched
