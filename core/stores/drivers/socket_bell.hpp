// SocketBell: a descriptor to wait on, which rings when a socket does that comes and goes.
#pragma once

#include "core/platform/waker.hpp"
#include "core/stores/drivers/forked_socket.hpp"

namespace uvsched {

// Its number stays. A child of fork() has another descriptor under it, or none, and leaves that alone. Not thread-safe,
// but for descriptor().
class SocketBell {
public:
    // Silent. Throws Error(no_descriptor), which says `why` one is needed.
    explicit SocketBell(const char* why);
    ~SocketBell();
    SocketBell(const SocketBell&) = delete;
    SocketBell& operator=(const SocketBell&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return number_; }

    // Readable from now on whenever this socket is.
    void ring_with(int socket) noexcept;
    // Never readable, until it rings with another one. To be called before the socket is closed.
    void fall_silent() noexcept;

private:
    const Waker never_;
    int number_ = -1;
    ForkedSocket in_child_;
};

}  // namespace uvsched
