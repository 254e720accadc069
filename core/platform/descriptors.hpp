// Descriptors in general.
#pragma once

#include <cstddef>

namespace uvsched {

inline constexpr std::size_t kMostSpare = 16;

// Whether `count` more descriptors (at most kMostSpare) are to be had just now: 0, or the errno that says why not.
// `any` is an open descriptor.
[[nodiscard]] int lack_of_descriptors(int any, std::size_t count) noexcept;

void close_descriptor(int descriptor) noexcept;

}  // namespace uvsched
