#include "core/queue/timing_wheel.hpp"

#include <algorithm>

namespace uvsched {

void TimingWheel::reserve(std::size_t entries) {
    if (!slots_) slots_ = std::make_unique<DueSlot[]>(kSlots);
    chunks_.reserve(std::min(entries + 1, kSlots + kBroken + entries / DueChunk::kEntries));
}

std::uint64_t TimingWheel::first_used(unsigned level, std::uint64_t from) const noexcept {
    const auto& used = used_[level];
    const std::uint64_t block = from / kSpan;
    const auto skipped = static_cast<unsigned>(from % kSpan);
    const std::uint64_t here = used[block % 2] >> skipped;
    if (here != 0) return from + static_cast<unsigned>(std::countr_zero(here));
    const std::uint64_t next = used[(block + 1) % 2];
    if (next != 0) return (block + 1) * kSpan + static_cast<unsigned>(std::countr_zero(next));
    return (block + 2) * kSpan + static_cast<unsigned>(std::countr_zero(used[block % 2]));
}

DueEntry TimingWheel::settle() noexcept {
    drop_stale_front();
    while (front_ == nullptr && !empty()) {
        if (find_front(false)) continue;
        const unsigned level = lowest_level();
        const DueSlot& first = slot(level, first_used(level, first_number(level)));
        if (!first.partly && !tickets_->stale(first.least)) return first.least;
        find_front(true);
    }
    return front_ == nullptr ? DueEntry{} : front_->front();
}

// Makes the first slot the front. A slot that is neither small nor even has to be opened before that: false if it must
// not.
bool TimingWheel::find_front(bool may_open) noexcept {
    while (front_ == nullptr && levels_ != 0) {
        const unsigned level = lowest_level();
        const std::uint64_t number = first_used(level, first_number(level));
        if (level < kTop && number / kSpan >= next_[level]) {
            spread_next(level, UINT32_MAX);  // the rest of the slot that this one is a part of
            continue;
        }
        DueSlot& first = slot(level, number);
        const bool in_order = level == 0 || first.even;
        if (!in_order && !first.one_chunk()) {
            if (!may_open) return false;
            open(level, number);
            continue;
        }
        if (!in_order) first.head->sort();
        if (level == 0) {
            earliest_ = number / kSpan * kSpan;
        } else {
            coming_.announce(*first.head);
        }
        if (first.head->next != nullptr) coming_.announce(*first.head->next);
        front_ = &first;
        front_level_ = level;
        front_number_ = number;
        drop_stale_front();
    }
    return true;
}

// The front is not in order any more, or about to be spread.
void TimingWheel::leave_front() noexcept {
    front_->least = front_->front();
    front_ = nullptr;
}

// Spreads the first slot over the levels below, which are empty.
void TimingWheel::open(unsigned level, std::uint64_t number) noexcept {
    DueSlot& opened = slot(level, number);
    const DueKey least = opened.least.key;
    for (unsigned below = 0; below < level; ++below) next_[below] = (least >> (kBits * (below + 1))) + 1;
    earliest_ = least / kSpan * kSpan;
    DueChunk* chunk = opened.head;
    opened = {};
    unmark(level, number);
    while (chunk != nullptr) {
        DueChunk* const gone = chunk;
        for (std::uint32_t i = chunk->begin; i < chunk->end; ++i) {
            const DueEntry& entry = chunk->entries[i];
            if (tickets_->stale(entry)) {
                tickets_->dropped();
                continue;
            }
            const unsigned to = level_of(entry.key);
            put(to, entry);
            if (to == 0) coming_.announce(entry.task());
        }
        chunk = chunk->next;
        chunks_.give(gone);
    }
}

// Moves entries of the slot above that is to be spread next to this level: so many chunks of them.
void TimingWheel::spread_next(unsigned level, unsigned chunks) noexcept {
    const std::uint64_t number = next_[level];
    if (!used(level + 1, number)) {
        ++next_[level];
        return;
    }
    DueSlot& from = slot(level + 1, number);
    for (; chunks > 0; --chunks) {
        DueChunk* const chunk = from.head;
        for (std::uint32_t i = chunk->begin; i < chunk->end; ++i) {
            const DueEntry& entry = chunk->entries[i];
            if (tickets_->stale(entry)) {
                tickets_->dropped();
                continue;
            }
            put(level, entry);
            if (level == 0) coming_.announce(entry.task());
        }
        from.head = chunk->next;
        chunks_.give(chunk);
        if (from.head == nullptr) {
            from = {};
            unmark(level + 1, number);
            ++next_[level];
            return;
        }
    }
    from.partly = true;
}

// Spreads the next big slot of each level, if it fits into the ring below.
void TimingWheel::work_ahead() noexcept {
    for (unsigned level = 0; level < kTop; ++level) {
        if ((levels_ >> (level + 1)) == 0) return;
        if ((levels_ >> (level + 1) & 1U) == 0) continue;
        const std::uint64_t number = first_used(level + 1, next_[level]);
        if (level + 1 < kTop && number / kSpan >= next_[level + 1]) continue;  // is being spread itself
        if ((number + 1) * kSpan - first_number(level) > kRing) continue;
        const DueSlot& next = slot(level + 1, number);
        if (&next == front_ || next.even || next.one_chunk()) continue;
        next_[level] = number;
        spread_next(level, kChunksAhead);
    }
}

bool TimingWheel::sweep_some() noexcept {
    for (std::size_t met = 0; met < kSweepEntries; ++met) {
        const auto level = static_cast<unsigned>(swept_ / kRing);
        const std::uint64_t number = swept_ % kRing;
        swept_ = (swept_ + 1) % kSlots;
        if (used(level, number)) {
            DueSlot& at = slot(level, number);
            for (const DueChunk* chunk = at.head; chunk != nullptr; chunk = chunk->next) met += chunk->size();
            at.sweep(*tickets_, chunks_);
            if (at.empty()) {
                unmark(level, number);
                if (&at == front_) front_ = nullptr;
            }
        }
        if (swept_ == 0) return true;
    }
    return false;
}

void TimingWheel::reset() noexcept {
    earliest_ = 0;
    next_.fill(0);
    front_ = nullptr;
}

}  // namespace uvsched
