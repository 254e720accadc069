// The arguments of callers, checked. Faults name the argument and show its value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "boundary.hpp"
#include "core/time/instant.hpp"

namespace uvsched::capi {

// Throws ArgumentError(invalid) for NULL.
template <class T>
T* not_null(T* pointer, const char* argument) {
    if (pointer == nullptr) throw ArgumentError(Code::invalid, std::string(argument) + ": NULL");
    return pointer;
}

// Of a store: the longest path, and a scheme and options around it.
inline constexpr std::size_t kMaxUrl = 4096 + 64;

// An id, name or alias: 1 to `limit` bytes of UTF-8 without control characters.
[[nodiscard]] std::string name_argument(const char* text, const char* argument, std::size_t limit = 255);

// Such a text, or empty for NULL, which stands for "not given".
[[nodiscard]] std::string optional_name(const char* text, const char* argument);

// Any text in UTF-8, up to `limit` bytes.
[[nodiscard]] std::string text_argument(const char* text, const char* argument, std::size_t limit = 4096);

// Numbers. Throw Error(invalid).
std::int64_t at_least(std::int64_t value, std::int64_t least, const char* argument);
std::int32_t int_at_least(int value, int least, const char* argument);
std::int32_t catch_up_argument(int value);
std::int64_t instant_argument(std::int64_t value, const char* argument);  // 1970 to 2199
bool flag_argument(int value, const char* argument);

// UVSCHED_EVENT_* bits, and no others.
std::uint64_t event_mask(std::uint64_t mask);

// A grace time; -1: a run is never too late.
[[nodiscard]] std::optional<Micros> grace_argument(std::int64_t microseconds);

// A timeout in milliseconds; -1: for ever.
[[nodiscard]] std::optional<Micros> timeout_argument(int milliseconds);

// An error's text, cut after 64 KiB; bytes that are not UTF-8 become U+FFFD. NULL is empty, if the length is 0.
[[nodiscard]] std::string error_argument(const char* text, std::size_t length, const char* argument);

// A run's result: JSON text, checked. NULL is empty, if the length is 0.
[[nodiscard]] std::string result_argument(const char* json, std::size_t length, const char* argument);

}  // namespace uvsched::capi
