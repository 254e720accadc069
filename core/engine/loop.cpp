#include "core/engine/loop.hpp"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "core/base/error.hpp"

namespace uvsched {

struct Loop::Handles {
    uv_loop_t loop{};
    uv_poll_t signal_poll{};
    uv_poll_t timer_poll{};
    int signal_fd = -1;
    int timer_fd = -1;
    bool real = true;

    // A read that fails with ECANCELED tells of a clock step; the loop reads the clocks on every wake-up anyway.
    static void drain(uv_poll_t* poll, int /*status*/, int /*events*/) {
        std::uint64_t count = 0;
        const int fd = *static_cast<const int*>(poll->data);
        [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
    }

    void arm(Instant until) {
        if (!real) return;
        itimerspec spec{};
        int flags = 0;
        if (until != kLatest) {
            const Instant at = until < 1 ? 1 : until;  // 0 would disarm
            spec.it_value.tv_sec = at / kSecond;
            spec.it_value.tv_nsec = (at % kSecond) * 1000;
            flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
        }
        // ECANCELED here means that the clock was set meanwhile: the timer is armed all the same, but nobody else will
        // tell.
        if (timerfd_settime(timer_fd, flags, &spec, nullptr) != 0 && errno == ECANCELED) uv_stop(&loop);
    }
};

Loop::Loop(Clock& clock) : handles_(std::make_unique<Handles>()) {
    Handles& h = *handles_;
    h.real = clock.real();
    h.signal_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    h.timer_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    const int status = h.signal_fd < 0 || h.timer_fd < 0 ? -errno : uv_loop_init(&h.loop);
    if (status != 0) {
        ::close(h.signal_fd);
        ::close(h.timer_fd);
        fail(Code::internal, std::string("the loop cannot be made: ") + std::generic_category().message(-status));
    }
    h.signal_poll.data = &h.signal_fd;
    h.timer_poll.data = &h.timer_fd;
    uv_poll_init(&h.loop, &h.signal_poll, h.signal_fd);
    uv_poll_init(&h.loop, &h.timer_poll, h.timer_fd);
    uv_poll_start(&h.signal_poll, UV_READABLE, &Handles::drain);
    uv_poll_start(&h.timer_poll, UV_READABLE, &Handles::drain);
}

Loop::~Loop() {
    Handles& h = *handles_;
    uv_close(reinterpret_cast<uv_handle_t*>(&h.signal_poll), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&h.timer_poll), nullptr);
    uv_run(&h.loop, UV_RUN_DEFAULT);
    uv_loop_close(&h.loop);
    ::close(h.signal_fd);
    ::close(h.timer_fd);
}

void Loop::signal() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written =
        ::write(handles_->signal_fd, &one, sizeof one);  // full is as good as written
}

void Loop::wait(Instant until) {
    handles_->arm(until);
    uv_run(&handles_->loop, UV_RUN_ONCE);
}

void Loop::abandon() noexcept {
    ::close(uv_backend_fd(&handles_->loop));
    ::close(handles_->signal_fd);
    ::close(handles_->timer_fd);
}

}  // namespace uvsched
