// No timer at all: the sleeper takes naps, and between them the two clocks are compared.
#include "core/platform/wall_timer.hpp"

#include "core/platform/clocks.hpp"
#include "core/platform/posix/nap.hpp"

namespace uvsched {
namespace {

// A thread that is set aside between two readings would see a step that never was: the closest of a few tries counts.
ClockPair read_clocks() noexcept {
    ClockPair best{.doubt = INT64_MAX};
    for (int tries = 0; tries < 4 && best.doubt > 50; ++tries) {
        const std::int64_t before = elapsed_microseconds();
        const std::int64_t wall = wall_microseconds();
        const std::int64_t width = elapsed_microseconds() - before;
        if (width < best.doubt) best = {.wall = wall, .shift = wall - before, .doubt = width};
    }
    return best;
}

}  // namespace

WallTimer::WallTimer(const char* /*failure*/) : shift_(read_clocks().shift) {}

void WallTimer::clear() const noexcept {}
void WallTimer::arm(std::int64_t wall) noexcept { until_ = wall; }
void WallTimer::disarm() noexcept { until_.reset(); }

std::optional<std::chrono::milliseconds> WallTimer::nap() const noexcept {
    if (!until_) return std::nullopt;
    const ClockPair now = read_clocks();
    // A step before the first nap ends it at once; is_over() then tells.
    return was_set(shift_, now) ? std::chrono::milliseconds(0) : next_nap(*until_, now.wall);
}

bool WallTimer::is_over() noexcept {
    if (!until_) return false;
    const ClockPair now = read_clocks();
    set_ = was_set(shift_, now);
    if (set_) shift_ = now.shift;
    return set_ || now.wall >= *until_;
}

std::chrono::milliseconds WallTimer::blindness() noexcept { return kLongestNap; }

void WallTimer::abandon() noexcept {}

}  // namespace uvsched
