#include "core/platform/descriptors.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

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

bool is_readable(int descriptor) noexcept {
    if (descriptor < 0) return false;
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, 0) == 1;
}

void wait_readable(int one, int other, std::optional<std::chrono::milliseconds> at_most) noexcept {
    std::array<pollfd, 2> both{
        {{.fd = one, .events = POLLIN, .revents = 0}, {.fd = other, .events = POLLIN, .revents = 0}}};
    constexpr std::chrono::milliseconds::rep kMost = std::numeric_limits<int>::max();
    const auto span = at_most ? std::clamp<std::chrono::milliseconds::rep>(at_most->count(), 0, kMost) : -1;
    ::poll(both.data(), both.size(), static_cast<int>(span));
}

void wait_ready(int descriptor, bool or_writable, std::chrono::milliseconds at_most) noexcept {
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (or_writable) one.events |= POLLOUT;
    constexpr std::chrono::milliseconds::rep kMost = std::numeric_limits<int>::max();
    ::poll(&one, 1, static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(at_most.count(), 0, kMost)));
}

int second_number(int descriptor) noexcept { return ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }

bool stand_for(int number, int descriptor) noexcept {
    while (::dup2(descriptor, number) < 0) {
        if (errno != EINTR && errno != EBUSY) return false;
    }
    return ::fcntl(number, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace uvsched
