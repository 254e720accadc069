#include "core/queue/aligned_array.hpp"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <new>

namespace uvsched {

namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20U;

std::align_val_t alignment(std::size_t bytes) { return std::align_val_t{bytes < kHugePage ? kLine : kHugePage}; }

}  // namespace

void* allocate_aligned(std::size_t bytes) {
    void* const memory = ::operator new(bytes, alignment(bytes));
#ifdef __linux__
    if (bytes >= kHugePage) static_cast<void>(madvise(memory, bytes, MADV_HUGEPAGE));  // a wish; the system may refuse
#endif
    return memory;
}

void free_aligned(void* memory, std::size_t bytes) noexcept { ::operator delete(memory, alignment(bytes)); }

}  // namespace uvsched
