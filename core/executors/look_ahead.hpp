// LookAhead: how many runs wait for free workers. Only short runs do, so that they hide the way to the store and back.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace uvsched {

// Not thread-safe.
class LookAhead {
public:
    using Clock = std::chrono::steady_clock;

    // A run kept its worker for so long.
    void note(Clock::duration kept) noexcept {
        mean_ = mean_ == Clock::duration::zero() ? kept : mean_ + (kept - mean_) / kMeanOf;
    }

    // As many as so many workers can begin within a few milliseconds.
    [[nodiscard]] std::size_t runs(std::size_t workers) const noexcept {
        if (mean_ <= Clock::duration::zero()) return 0;  // nothing has run yet
        return std::min(kMost,
                        static_cast<std::size_t>(static_cast<Clock::rep>(workers) * Clock::duration(kSpan) / mean_));
    }

private:
    static constexpr auto kSpan = std::chrono::milliseconds(5);
    static constexpr std::size_t kMost = 256;
    static constexpr int kMeanOf = 8;  // the last few runs count for the mean

    Clock::duration mean_{};
};

}  // namespace uvsched
