// Arguments: what callers hand in, checked. Faults name the argument and show its value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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

// An id, name or alias: 1 to `limit` bytes of UTF-8 without control characters.
[[nodiscard]] std::string name_argument(const char* text, const char* argument, std::size_t limit = 255);

// The same, where NULL stands for "not given": empty.
[[nodiscard]] std::string optional_name(const char* text, const char* argument);

// Any text in UTF-8, up to `limit` bytes.
[[nodiscard]] std::string text_argument(const char* text, const char* argument, std::size_t limit = 4096);

// Numbers. Throw Error(invalid).
std::int64_t at_least(std::int64_t value, std::int64_t least, const char* argument);
std::int32_t int_at_least(int value, int least, const char* argument);
bool flag_argument(int value, const char* argument);

// UVSCHED_EVENT_* bits, and no others.
std::uint64_t event_mask(std::uint64_t mask);

// A grace time: -1 is never, which is nothing.
[[nodiscard]] std::optional<Micros> grace_argument(std::int64_t microseconds);

// A timeout in milliseconds: -1 is for ever, which is nothing.
[[nodiscard]] std::optional<Micros> timeout_argument(int milliseconds);

// An error's text in UTF-8, what is not being replaced by U+FFFD, cut at 64 KiB. NULL is empty, if the length is 0.
[[nodiscard]] std::string error_argument(const char* text, std::size_t length, const char* argument);

// A run's result: JSON text, checked. NULL is empty, if the length is 0.
[[nodiscard]] std::string result_argument(const char* json, std::size_t length, const char* argument);

// Fills a struct whose first member is its size, which the caller has set: a caller may know fewer members than there
// are today (but not fewer than `least` bytes), or more, which become 0.
template <class Struct>
void copy_out(Struct value, Struct* out, std::size_t least = sizeof(Struct)) {
    const std::size_t size = not_null(out, "out")->size;
    if (size < least || size > 4096) {
        throw ArgumentError(Code::invalid, "out->size: " + std::to_string(size) + " is not the size of the struct");
    }
    value.size = size;
    std::memset(static_cast<void*>(out), 0, size);
    std::memcpy(static_cast<void*>(out), &value, size < sizeof value ? size : sizeof value);
}

}  // namespace uvsched::capi
