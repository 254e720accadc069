#include "core/platform/memory_pages.hpp"

#include <sys/mman.h>

namespace uvsched {

void prefer_huge_pages(void* memory, std::size_t bytes) noexcept {
    static_cast<void>(madvise(memory, bytes, MADV_HUGEPAGE));
}

}  // namespace uvsched
