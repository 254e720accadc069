// DueChunks: the pool of chunks that lists of entries are made of.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/queue/due_entry.hpp"

namespace uvsched {

struct alignas(64) DueChunk {
    static constexpr std::uint32_t kEntries = 15;  // four cache lines together

    DueChunk* next;
    std::uint32_t begin;  // entries before it were taken
    std::uint32_t end;    // entries from it on are free
    DueEntry entries[kEntries];

    [[nodiscard]] std::uint32_t size() const noexcept { return end - begin; }
    [[nodiscard]] bool full() const noexcept { return end == kEntries; }

    // Brings the entries in order; of equal times the first stays the first.
    void sort() noexcept {
        for (std::uint32_t unsorted = begin + 1; unsorted < end; ++unsorted) {
            const DueEntry entry = entries[unsorted];
            std::uint32_t hole = unsorted;
            for (; hole > begin && entries[hole - 1].key > entry.key; --hole) entries[hole] = entries[hole - 1];
            entries[hole] = entry;
        }
    }
};
static_assert(sizeof(DueChunk) == 256);

// Memory is taken in blocks, and kept. Chunks that were never needed were never touched.
class DueChunks {
public:
    DueChunks() = default;
    DueChunks(const DueChunks&) = delete;
    DueChunks& operator=(const DueChunks&) = delete;
    ~DueChunks();

    // So many chunks can be in use together. Throws std::bad_alloc.
    void reserve(std::size_t chunks) {
        if (chunks > capacity_) grow(chunks);
    }

    // An empty chunk. Precondition: reserved.
    [[nodiscard]] DueChunk* take() noexcept {
        if (free_ == nullptr) carve();
        DueChunk* const chunk = free_;
        free_ = chunk->next;
        chunk->next = nullptr;
        chunk->begin = chunk->end = 0;
        return chunk;
    }
    void give(DueChunk* chunk) noexcept {
        chunk->next = free_;
        free_ = chunk;
    }

private:
    struct Block {
        DueChunk* chunks;
        std::size_t size;
    };

    void grow(std::size_t chunks);
    void carve() noexcept;

    std::vector<Block> blocks_;
    std::size_t capacity_ = 0;
    DueChunk* free_ = nullptr;
    std::size_t carved_block_ = 0;  // blocks before it are carved up
    std::size_t carved_ = 0;        // chunks of that one
};

}  // namespace uvsched
