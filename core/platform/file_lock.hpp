// Locks on files, against other processes. Never waits.
#pragma once

#include <cstdint>
#include <optional>

#include "core/platform/host.hpp"

namespace uvsched {

enum class Locking : std::uint8_t {
    done,
    taken,   // by another process
    failed,  // and errno says why
};

// A shared lock of the process on a file's first byte. The system drops it when the process ends, and when the process
// closes any descriptor of the file.
[[nodiscard]] Locking share_start(int descriptor) noexcept;

// Another process that has such a lock anywhere in the file, shared or not: 0 where its number cannot be seen (another
// process namespace); nothing when there is none.
[[nodiscard]] std::optional<ProcessId> holder_of_any(int descriptor) noexcept;

// A lock on one byte of a file, whether there is such a byte or not. On Linux it belongs to the opening of the file, so
// that it outlives the closing of the process's other descriptors of the file; elsewhere it ends with that, like the
// lock of a process. It may be taken again by who has it.
[[nodiscard]] Locking lock_byte(int descriptor, std::int64_t byte) noexcept;

// The same lock, shared with others that share it. Takes the place of one that is not shared.
[[nodiscard]] Locking share_byte(int descriptor, std::int64_t byte) noexcept;

// Whether somebody else has such a lock; true if that cannot be found out.
[[nodiscard]] bool is_byte_locked(int descriptor, std::int64_t byte) noexcept;

void unlock_byte(int descriptor, std::int64_t byte) noexcept;

// A process that has it; nothing where that cannot be seen.
[[nodiscard]] std::optional<ProcessId> holder_of_byte(int descriptor, std::int64_t byte);

}  // namespace uvsched
