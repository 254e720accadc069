#include "core/platform/memory_pages.hpp"

namespace uvsched {

void prefer_huge_pages(void* /*memory*/, std::size_t /*bytes*/) noexcept {}

}  // namespace uvsched
