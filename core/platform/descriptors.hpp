// Descriptors in general.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace uvsched {

inline constexpr std::size_t kMostSpare = 16;

// Whether `count` more descriptors (at most kMostSpare) are to be had just now: 0, or the errno that says why not.
// `any` is an open descriptor.
[[nodiscard]] int lack_of_descriptors(int any, std::size_t count) noexcept;

void close_descriptor(int descriptor) noexcept;

// False for -1.
[[nodiscard]] bool is_readable(int descriptor) noexcept;

// Until one of them is readable (-1: none), or so much time has passed (nullopt: for ever). May return early.
void wait_readable(int one, int other, std::optional<std::chrono::milliseconds> at_most) noexcept;

// Until it is readable, or also until it is writable, or so much time has passed. May return early.
void wait_ready(int descriptor, bool or_writable, std::chrono::milliseconds at_most) noexcept;

// A second number of what `descriptor` is; negative, and errno, where that failed.
[[nodiscard]] int second_number(int descriptor) noexcept;

// Makes `number` a second number of what `descriptor` is; what `number` was before is closed. False, and errno, where
// that failed.
bool stand_for(int number, int descriptor) noexcept;

}  // namespace uvsched
