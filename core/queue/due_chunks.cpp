#include "core/queue/due_chunks.hpp"

#include <algorithm>

#include "core/base/memory.hpp"

#include "core/queue/aligned_memory.hpp"

namespace uvsched {

namespace {
constexpr std::size_t kSmallestBlock = 64;
constexpr std::size_t kLargestBlock = (std::size_t{2} << 20U) / sizeof(DueChunk);  // a huge page
}  // namespace

DueChunks::~DueChunks() {
    for (const Block& block : blocks_) free_aligned(block.chunks, block.size * sizeof(DueChunk));
}

void DueChunks::grow(std::size_t chunks) {
    while (chunks > capacity_) {
        const std::size_t size = std::clamp(capacity_, kSmallestBlock, kLargestBlock);
        reserve_more(blocks_, 1);
        blocks_.push_back({static_cast<DueChunk*>(allocate_aligned(size * sizeof(DueChunk))), size});
        capacity_ += size;
    }
}

void DueChunks::carve() noexcept {
    assert(carved_block_ < blocks_.size());
    const Block& block = blocks_[carved_block_];
    free_ = block.chunks + carved_;
    free_->next = nullptr;
    if (++carved_ == block.size) {
        ++carved_block_;
        carved_ = 0;
    }
}

}  // namespace uvsched
