// Memory that begins on a cache line, in huge pages if it is large.
#pragma once

#include <cstddef>

namespace uvsched {

// At least `bytes` of memory. From 2 MiB on the system is asked for huge pages: random access to megabytes in small
// pages spends half its time on finding the pages. Throws std::bad_alloc.
[[nodiscard]] void* allocate_aligned(std::size_t bytes);
void free_aligned(void* memory, std::size_t bytes) noexcept;

}  // namespace uvsched
