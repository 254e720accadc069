// TimingWheel: entries in slots by their due time, without a step for each unit of time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/queue/coming_tasks.hpp"
#include "core/queue/due_slot.hpp"

namespace uvsched {

// A hierarchical timing wheel. Level 0 has a slot for each microsecond; a slot of every other level spans 64 of the
// level below. Each level has a ring of 128 slots, twice as many as one slot above spans, so that a slot can be spread
// over the level below while the one before it is still being used up there.
//
//   next_[k]   the first slot of level k + 1 that is not spread over level k yet
//
// An entry stands at the lowest level k for which its slot of level k + 1 is before next_[k]. So all entries of a level
// are due before those of the level above, and entries of equal times always share a slot: in a slot, the order of
// entering is the order of coming out, and no entry needs a number for it.
//
// The front is the first slot of the lowest level that has any. If it is one chunk, it is sorted where it stands; if
// all its entries have one time, it is in order already; else it is spread over the levels below (open()). Big slots
// are spread ahead of need, a few chunks for each few entries that are taken (work_ahead()).
class TimingWheel {
public:
    explicit TimingWheel(DueTickets& tickets) noexcept : tickets_(&tickets) {}

    // So many entries can be held, stale ones included. Throws std::bad_alloc.
    void reserve(std::size_t entries);

    [[nodiscard]] bool empty() const noexcept { return levels_ == 0; }

    // Entries that are due before can't be taken.
    [[nodiscard]] DueKey earliest() const noexcept { return earliest_; }

    // Precondition: reserved; not due before earliest().
    void push(DueEntry entry) noexcept;

    // The first entry, live, if it is at hand.
    [[nodiscard]] const DueEntry* front() const noexcept { return front_ == nullptr ? nullptr : &front_->front(); }

    // Drops what is stale before the first live entry, and returns that one; DueEntry{} if there is none.
    DueEntry settle() noexcept;

    // Takes the first entry. Precondition: settled.
    void pop() noexcept;

    // Drops some stale entries: all, after enough calls. True after the last slot.
    bool sweep_some() noexcept;

    // Takes every time from now on. Precondition: empty.
    void reset() noexcept;

    [[nodiscard]] ComingTasks& coming() noexcept { return coming_; }

private:
    static constexpr unsigned kBits = 6;
    static constexpr unsigned kLevels = 11;  // 66 bits
    static constexpr unsigned kTop = kLevels - 1;
    static constexpr std::size_t kRing = 128;
    static constexpr std::size_t kSpan = 64;
    static constexpr std::size_t kSlots = kLevels * kRing;
    // Lists that begin and end in half a chunk: the front, one slot of each level that is being spread, one swept.
    static constexpr std::size_t kBroken = kLevels + 2;
    static constexpr unsigned kPace = 8;         // entries taken between two works ahead,
    static constexpr unsigned kChunksAhead = 2;  // which move so many chunks of each level
    static constexpr std::size_t kSweepEntries = 256;

    [[nodiscard]] DueSlot& slot(unsigned level, std::uint64_t number) const noexcept {
        return slots_[level * kRing + (number & (kRing - 1))];
    }
    [[nodiscard]] unsigned level_of(DueKey key) const noexcept {
        // A good guess, as earliest() is near the first entries.
        unsigned level = static_cast<unsigned>(std::bit_width((key ^ earliest_) | 1) - 1) / kBits;
        while (level < kTop && !is_below(key, level)) ++level;
        while (level > 0 && is_below(key, level - 1)) --level;
        return level;
    }
    // Whether a key belongs to this level or one below. Precondition: not the top level.
    [[nodiscard]] bool is_below(DueKey key, unsigned level) const noexcept {
        return key >> (kBits * (level + 1)) < next_[level];
    }
    // Slots of a level are at or after this one.
    [[nodiscard]] std::uint64_t first_number(unsigned level) const noexcept {
        return level == 0 ? earliest_ : next_[level - 1];
    }
    [[nodiscard]] unsigned lowest_level() const noexcept { return static_cast<unsigned>(std::countr_zero(levels_)); }
    // The first slot in use at or after `from`, which has to exist. Precondition: all of the level are within a ring.
    [[nodiscard]] std::uint64_t first_used(unsigned level, std::uint64_t from) const noexcept;
    [[nodiscard]] bool used(unsigned level, std::uint64_t number) const noexcept {
        return (used_[level][number / kSpan % 2] >> (number % kSpan) & 1U) != 0;
    }
    void mark(unsigned level, std::uint64_t number) noexcept {
        used_[level][number / kSpan % 2] |= std::uint64_t{1} << (number % kSpan);
        levels_ |= 1U << level;
    }
    void unmark(unsigned level, std::uint64_t number) noexcept {
        auto& used = used_[level];
        used[number / kSpan % 2] &= ~(std::uint64_t{1} << (number % kSpan));
        if ((used[0] | used[1]) == 0) levels_ &= ~(1U << level);
    }

    void put(unsigned level, DueEntry entry) noexcept;
    bool enter_front(DueEntry entry) noexcept;
    void leave_front() noexcept;
    void drop_front() noexcept;
    void drop_stale_front() noexcept;
    bool find_front(bool may_open) noexcept;
    void open(unsigned level, std::uint64_t number) noexcept;
    void spread(unsigned level, DueChunk* chunk) noexcept;
    void spread_next(unsigned level, unsigned chunks) noexcept;
    void work_ahead() noexcept;

    DueTickets* tickets_;
    std::unique_ptr<DueSlot[]> slots_;
    DueChunks chunks_;
    DueKey earliest_ = 0;
    std::array<std::uint64_t, kTop> next_{};
    std::array<std::array<std::uint64_t, 2>, kLevels> used_{};
    unsigned levels_ = 0;       // that have slots in use
    DueSlot* front_ = nullptr;  // in order; its first entry is live
    unsigned front_level_ = 0;
    std::uint64_t front_number_ = 0;
    unsigned pace_ = kPace;
    std::size_t swept_ = 0;  // slots before it
    ComingTasks coming_;
};

inline void TimingWheel::put(unsigned level, DueEntry entry) noexcept {
    const std::uint64_t number = entry.key >> (kBits * level);
    DueSlot& to = slot(level, number);
    if (to.empty()) mark(level, number);
    to.append(entry, chunks_);
}

inline void TimingWheel::push(DueEntry entry) noexcept {
    const unsigned level = level_of(entry.key);
    if (front_ != nullptr) {
        if (&slot(level, entry.key >> (kBits * level)) == front_) {
            if (enter_front(entry)) return;
        } else if (entry.key < front_->front().key) {
            leave_front();
        }
    }
    put(level, entry);
}

// Keeps the front in order, if it can.
inline bool TimingWheel::enter_front(DueEntry entry) noexcept {
    if (front_->even && entry.key == front_->least.key) return false;
    if (front_->one_chunk() && front_->head->size() < DueChunk::kEntries) {
        front_->insert(entry);
        return true;
    }
    leave_front();
    return false;
}

inline void TimingWheel::pop() noexcept {
    if (front_ == nullptr) find_front(true);
    drop_front();
    drop_stale_front();
    if (--pace_ == 0) {
        pace_ = kPace;
        work_ahead();
    }
}

inline void TimingWheel::drop_stale_front() noexcept {
    while (front_ != nullptr && tickets_->stale(front_->front())) {
        tickets_->dropped();
        drop_front();
    }
}

inline void TimingWheel::drop_front() noexcept {
    if (!front_->pop_front(chunks_)) return;
    if (front_->empty()) {
        unmark(front_level_, front_number_);
        front_ = nullptr;
    } else if (front_->head->next != nullptr) {
        coming_.announce(*front_->head->next);
    }
}

}  // namespace uvsched
