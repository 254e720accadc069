#include "core/queue/aligned_memory.hpp"

#include <new>

#include "core/platform/memory_pages.hpp"

namespace uvsched {

namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20U;

std::align_val_t alignment(std::size_t bytes) { return std::align_val_t{bytes < kHugePage ? kLine : kHugePage}; }

}  // namespace

void* allocate_aligned(std::size_t bytes) {
    void* const memory = ::operator new(bytes, alignment(bytes));
    if (bytes >= kHugePage) prefer_huge_pages(memory, bytes);
    return memory;
}

void free_aligned(void* memory, std::size_t bytes) noexcept { ::operator delete(memory, alignment(bytes)); }

}  // namespace uvsched
