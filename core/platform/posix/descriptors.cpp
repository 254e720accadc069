#include "core/platform/descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace uvsched {

int lack_of_descriptors(int any, std::size_t count) noexcept {
    std::array<int, kMostSpare> spare{};
    std::size_t got = 0;
    int reason = 0;
    for (; got < count && reason == 0; ++got) {
        spare[got] = fcntl(any, F_DUPFD_CLOEXEC, 0);
        if (spare[got] < 0) reason = errno;
    }
    while (got > 0) close_descriptor(spare[--got]);
    return reason;
}

void close_descriptor(int descriptor) noexcept {
    if (descriptor >= 0) ::close(descriptor);
}

}  // namespace uvsched
