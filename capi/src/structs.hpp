// Structs that can grow: their first member is `size`, which the caller sets to the sizeof of the struct it knows.
//
// A program that was compiled with an older header has a shorter struct than the library, and one with a newer header a
// longer one. docs/decisions/0044 says why.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "arguments.hpp"

namespace uvsched::capi {

// The size of a struct in the first version of the header that has it. Nobody has a shorter one. Pinned by the member
// that was its last one then; on a 64-bit machine, what follows it was padding.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration has none
#define UVSCHED_FIRST_SIZE(type, member) \
    template <>                          \
    inline constexpr std::size_t kFirstSize<type> = offsetof(type, member) + sizeof(type::member)
// NOLINTEND(bugprone-macro-parentheses)

template <class Struct>
inline constexpr std::size_t kFirstSize = sizeof(Struct);
UVSCHED_FIRST_SIZE(sched_cron_fields, second);
UVSCHED_FIRST_SIZE(sched_history_query, limit);
UVSCHED_FIRST_SIZE(sched_history_row, reserved);
UVSCHED_FIRST_SIZE(sched_stats, shutdown_left);
UVSCHED_FIRST_SIZE(sched_task_counts, pending);
UVSCHED_FIRST_SIZE(sched_task_info, reserved);
UVSCHED_FIRST_SIZE(sched_trigger_table, next);
#undef UVSCHED_FIRST_SIZE

// The size that the caller set. Throws ArgumentError for one that no version of the struct has.
template <class Struct>
std::size_t size_argument(const Struct* given, const char* argument) {
    constexpr std::size_t kMost = 4096;
    const std::size_t size = not_null(given, argument)->size;
    if (size < kFirstSize<Struct> || size > kMost) {
        throw ArgumentError(Code::invalid, std::string(argument) + "->size: " + std::to_string(size) +
                                               " is not the size of the struct: use its _INIT macro");
    }
    return size;
}

// Fills the caller's struct as far as it goes. Members that only the caller knows become 0.
template <class Struct>
void copy_out(Struct value, Struct* out) {
    const std::size_t size = size_argument(out, "out");
    value.size = size;
    std::memset(static_cast<void*>(out), 0, size);
    std::memcpy(static_cast<void*>(out), &value, std::min(size, sizeof value));
}

// The caller's struct; members that the caller does not know are 0. Throws ArgumentError if the caller set one that
// this library does not know.
template <class Struct>
Struct copy_in(const Struct* given, const char* argument) {
    const std::size_t size = size_argument(given, argument);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(given);
    if (std::any_of(bytes + std::min(size, sizeof(Struct)), bytes + size,
                    [](unsigned char byte) { return byte != 0; })) {
        throw ArgumentError(Code::unsupported,
                            std::string(argument) + ": a member is set that this version of the library does not know");
    }
    Struct value{};
    std::memcpy(static_cast<void*>(&value), given, std::min(size, sizeof value));
    return value;
}

}  // namespace uvsched::capi
