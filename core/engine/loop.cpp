#include "core/engine/loop.hpp"

#include <uv.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/errno.hpp"
#include "core/platform/descriptors.hpp"
#include "core/platform/waker.hpp"
#include "core/platform/wall_timer.hpp"

namespace uvsched {
namespace {

constexpr const char* kFailure = "the scheduler's loop cannot be made";

// libuv aborts if the first loop of a process gets no descriptors, and leaks some if a later loop gets too few. So a
// loop is made only if enough descriptors are free.
constexpr std::size_t kTakenByLibuv = 8;

}  // namespace

struct Loop::Handles {
    Waker waker{kFailure};
    WallTimer timer{kFailure};
    bool soon = false;         // the next sleep ends within kRetry
    mutable std::mutex until;  // until when to sleep: guards `timer` and `soon`; a leaf
    uv_loop_t loop{};
    uv_poll_t waker_poll{};
    uv_poll_t timer_poll{};
    uv_timer_t nap{};
    bool real = true;
    bool limited = false;  // the present sleep ends with its nap
    bool woken = false;

    explicit Handles(bool on_real_time) : real(on_real_time) {
        int status = -lack_of_descriptors(waker.descriptor(), kTakenByLibuv);
        if (status == 0) status = uv_loop_init(&loop);
        if (status != 0) fail_with_errno(Code::internal, kFailure, -status);
        loop.data = this;
        uv_timer_init(&loop, &nap);
        uv_poll_init(&loop, &waker_poll, waker.descriptor());
        uv_poll_start(&waker_poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
            of(poll->loop).waker.clear();
            of(poll->loop).woken = true;
        });
        if (timer.descriptor() < 0) return;
        uv_poll_init(&loop, &timer_poll, timer.descriptor());
        uv_poll_start(&timer_poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
            of(poll->loop).timer.clear();
            of(poll->loop).woken = true;
        });
    }
    ~Handles() {
        for (Watch* const watch : watches) end_watch(watch);
        uv_close(reinterpret_cast<uv_handle_t*>(&waker_poll), nullptr);
        if (timer.descriptor() >= 0) uv_close(reinterpret_cast<uv_handle_t*>(&timer_poll), nullptr);
        uv_close(reinterpret_cast<uv_handle_t*>(&nap), nullptr);
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
    }
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    // A descriptor that is watched, until libuv has let go of it.
    struct Watch {
        uv_poll_t poll{};
        std::shared_ptr<const Membership> teller;
    };
    std::vector<Watch*> watches;

    void add_watch(const std::shared_ptr<const Membership>& teller) {
        auto watch = std::make_unique<Watch>();
        watch->teller = teller;
        watches.reserve(watches.size() + 1);
        if (uv_poll_init(&loop, &watch->poll, teller->descriptor()) != 0) return;  // the next beat tells all the same
        uv_poll_start(&watch->poll, UV_READABLE, [](uv_poll_t* poll, int, int) { of(poll->loop).woken = true; });
        watches.push_back(watch.release());
    }
    static void end_watch(Watch* watch) {
        watch->poll.data = watch;
        uv_close(reinterpret_cast<uv_handle_t*>(&watch->poll),
                 [](uv_handle_t* closed) { const std::unique_ptr<Watch> over(static_cast<Watch*>(closed->data)); });
    }

    static Handles& of(uv_loop_t* loop) { return *static_cast<Handles*>(loop->data); }

    [[nodiscard]] std::optional<std::chrono::milliseconds> nap_span() const noexcept {
        const std::lock_guard lock(until);
        const std::optional<std::chrono::milliseconds> span = timer.nap();
        return soon ? std::min(span.value_or(kRetry), kRetry) : span;
    }
    // False if the sleep has no end of its own.
    bool begin_nap(std::optional<std::chrono::milliseconds> at_most) {
        std::optional<std::chrono::milliseconds> span = nap_span();
        if (at_most) span = std::min(span.value_or(*at_most), *at_most);
        if (!span) return false;
        uv_update_time(&loop);
        uv_timer_start(
            &nap, [](uv_timer_t* ended) { of(ended->loop).end_nap(); }, static_cast<std::uint64_t>(span->count()), 0);
        return true;
    }
    // If a nap ends before libuv polls, the poll must still end.
    void end_nap() {
        woken = woken || limited || is_over();
        uv_stop(&loop);
    }
    bool is_over() noexcept {
        const std::lock_guard lock(until);
        return timer.is_over();
    }
};

// libuv tells the kernel what it waits for when it runs.
Loop::Loop(Clock& clock) : handles_(std::make_unique<Handles>(clock.real())) { look(); }

Loop::~Loop() = default;

void Loop::signal() noexcept { handles_->waker.wake(); }

void Loop::arm(Instant until, bool soon) {
    Handles& h = *handles_;
    const std::lock_guard lock(h.until);
    if (!h.real || until == kLatest) {
        h.timer.disarm();
    } else {
        h.timer.arm(until);
    }
    h.soon = soon;
}

void Loop::rest(std::optional<std::chrono::milliseconds> at_most) {
    Handles& h = *handles_;
    h.limited = h.soon || at_most.has_value();
    h.woken = false;
    while (!h.woken) {
        const bool napping = h.begin_nap(at_most);
        uv_run(&h.loop, UV_RUN_ONCE);
        if (napping) uv_timer_stop(&h.nap);
    }
}

int Loop::descriptor() const noexcept { return uv_backend_fd(&handles_->loop); }

std::optional<std::chrono::milliseconds> Loop::timeout() const noexcept { return handles_->nap_span(); }

void Loop::look() {
    uv_run(&handles_->loop, UV_RUN_NOWAIT);
    static_cast<void>(handles_->is_over());  // a step of the clock ends one sleep, and not each that follows
}

void Loop::watch(std::vector<std::shared_ptr<const Membership>> tellers) {
    Handles& h = *handles_;
    bool changed = false;
    std::erase_if(h.watches, [&](Handles::Watch* watch) {
        if (std::ranges::find(tellers, watch->teller) != tellers.end()) return false;
        Handles::end_watch(watch);
        return changed = true;
    });
    for (const auto& teller : tellers) {
        const auto same = [&](const Handles::Watch* watch) { return watch->teller == teller; };
        if (std::ranges::any_of(h.watches, same)) continue;
        h.add_watch(teller);
        changed = true;
    }
    if (!changed) return;
    // libuv tells the kernel when it runs; a signal that it takes meanwhile must still end the next sleep.
    h.woken = false;
    uv_run(&h.loop, UV_RUN_NOWAIT);
    if (h.woken) signal();
}

std::string Loop::library() { return std::string("libuv ") + uv_version_string(); }

void Loop::abandon() noexcept {
    close_descriptor(uv_backend_fd(&handles_->loop));
    handles_->waker.abandon();
    handles_->timer.abandon();
}

}  // namespace uvsched
