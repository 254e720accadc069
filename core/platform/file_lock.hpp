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

// The lock of a process on a whole file. The system drops it when the process ends, and when the process closes any
// descriptor of the file.
[[nodiscard]] Locking lock_whole(int descriptor) noexcept;

// Who has it: 0 where that cannot be seen (another process namespace); nothing when nobody has it any more.
[[nodiscard]] std::optional<ProcessId> holder_of_whole(int descriptor) noexcept;

// A lock on one byte of a file, whether there is such a byte or not. On Linux it belongs to the opening of the file, so
// that it outlives the closing of the process's other descriptors of the file; elsewhere it ends with that, like the
// lock of a process. It may be taken again by who has it.
[[nodiscard]] Locking lock_byte(int descriptor, std::int64_t byte) noexcept;
void unlock_byte(int descriptor, std::int64_t byte) noexcept;

// The process that has it; nothing where that cannot be seen.
[[nodiscard]] std::optional<ProcessId> holder_of_byte(int descriptor, std::int64_t byte);

}  // namespace uvsched
