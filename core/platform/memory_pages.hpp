// The pages that memory lies on.
#pragma once

#include <cstddef>

namespace uvsched {

// A wish for huge pages, which the system may ignore. `memory` begins on a boundary of 2 MiB.
void prefer_huge_pages(void* memory, std::size_t bytes) noexcept;

}  // namespace uvsched
