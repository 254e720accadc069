// DueSlot: the entries of one span of time in the wheel, first-in-first-out.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/queue/due_chunks.hpp"
#include "core/queue/due_tickets.hpp"

namespace uvsched {

// Every chunk of the list holds an entry, and only the first and the last one have room for more.
struct DueSlot {
    DueChunk* head = nullptr;
    DueChunk* tail = nullptr;
    DueEntry least;       // the earliest one, of equal ones the first; of old while entries are taken
    bool even = false;    // all are due at the same time
    bool partly = false;  // some are spread over the level below, and `least` may be one of them

    [[nodiscard]] bool empty() const noexcept { return head == nullptr; }
    [[nodiscard]] bool one_chunk() const noexcept { return head == tail; }
    [[nodiscard]] const DueEntry& front() const noexcept { return head->entries[head->begin]; }

    void append(DueEntry entry, DueChunks& chunks) noexcept {
        if (empty()) {
            head = tail = chunks.take();
            least = entry;
            even = true;
        } else {
            even = even && entry.key == least.key;
            if (entry.key < least.key) least = entry;
            if (tail->full()) tail = tail->next = chunks.take();
        }
        tail->entries[tail->end++] = entry;
    }

    // True if that was the last entry of its chunk.
    bool pop_front(DueChunks& chunks) noexcept {
        if (++head->begin != head->end) return false;
        DueChunk* const gone = head;
        head = gone->next;
        if (head == nullptr) tail = nullptr;
        chunks.give(gone);
        return true;
    }

    // Puts an entry into a chunk in order, behind equal ones. Precondition: one chunk, in order, that has room.
    void insert(DueEntry entry) noexcept {
        if (tail->full()) {
            std::copy(tail->entries + tail->begin, tail->entries + tail->end, tail->entries);
            tail->end -= tail->begin;
            tail->begin = 0;
        }
        std::uint32_t hole = tail->end++;
        for (; hole > tail->begin && tail->entries[hole - 1].key > entry.key; --hole) {
            tail->entries[hole] = tail->entries[hole - 1];
        }
        tail->entries[hole] = entry;
        even = even && entry.key == least.key;
    }

    // Drops what is stale.
    void sweep(DueTickets& tickets, DueChunks& chunks) noexcept {
        DueSlot kept;
        for (DueChunk* chunk = head; chunk != nullptr;) {
            for (std::uint32_t i = chunk->begin; i < chunk->end; ++i) {
                if (tickets.stale(chunk->entries[i])) {
                    tickets.dropped();
                } else {
                    kept.append(chunk->entries[i], chunks);
                }
            }
            DueChunk* const gone = chunk;
            chunk = chunk->next;
            chunks.give(gone);
        }
        *this = kept;
    }
};

}  // namespace uvsched
