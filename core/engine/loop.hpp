// Loop: the uv_loop_t a scheduler sleeps on. The only file that includes uv.h is loop.cpp.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/stores/membership.hpp"
#include "core/time/clock.hpp"

namespace uvsched {

// What failed for want of memory or threads is tried again after this long, by the kernel's clock.
inline constexpr auto kRetry = std::chrono::milliseconds(200);

// Made and used by the thread that drives; only signal() and timeout() may be called from any thread.
class Loop {
public:
    // Throws Error(no_descriptor) and bad_alloc. libuv itself ends the process where it gets no memory.
    explicit Loop(Clock& clock);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Makes the present or the next rest() return. Async-signal-safe.
    void signal() noexcept;

    // The next sleep ends when the wall clock reads `until` (kLatest: no time) or is set, which may be noticed late by
    // WallTimer::blindness(); and within kRetry if `soon`.
    void arm(Instant until, bool soon);

    // Sleeps until then or a signal, but no longer than `at_most`. May return early.
    void rest(std::optional<std::chrono::milliseconds> at_most = std::nullopt);

    // For those who sleep elsewhere: on a descriptor that is readable when rest() would return, and no longer than
    // timeout() says (nothing: for ever). look() takes notice of what ended the sleep, and does not sleep itself.
    [[nodiscard]] int descriptor() const noexcept;
    [[nodiscard]] std::optional<std::chrono::milliseconds> timeout() const noexcept;
    void look();

    // They are also readable when the descriptor of one of these is, and it ends a rest(). Others are watched no more.
    void watch(std::vector<std::shared_ptr<const Membership>> tellers);

    // "libuv 1.44.2": the version that is loaded.
    [[nodiscard]] static std::string library();

    // After fork(), in the child: closes the descriptors it shares with the parent, and nothing else.
    void abandon() noexcept;

private:
    struct Handles;
    std::unique_ptr<Handles> handles_;
};

}  // namespace uvsched
