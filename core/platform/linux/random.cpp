#include "core/platform/random.hpp"

#include <sys/syscall.h>
#include <unistd.h>

namespace uvsched {

std::optional<std::uint64_t> system_random() noexcept {
    std::uint64_t number = 0;
    // By its number, because the C library has a function for it only since glibc 2.25.
    if (syscall(SYS_getrandom, &number, sizeof number, 0) != sizeof number) return std::nullopt;
    return number;
}

}  // namespace uvsched
