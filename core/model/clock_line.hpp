// ClockLine: which of two lines of time a task's times are on, and the one quantity that lies between the lines.
//
//   wall time    = elapsed time + to_wall
//   elapsed time = the machine's elapsed clock + base, for as long as the machine is up
#pragma once

#include <cstdint>
#include <string>

#include "core/time/clock.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

// The line that next_due, next_slot, hwm and the anchor of a task are on. Elapsed time is wall time minus the sum of
// all clock steps since the store began, so that a step moves such tasks without touching their rows.
enum class ClockLine : std::uint8_t { wall, elapsed };

// What to add to a time of `line` to get wall time, if `to_wall` is what to add to elapsed time.
[[nodiscard]] constexpr Micros to_wall_from(ClockLine line, Micros to_wall) noexcept {
    return line == ClockLine::elapsed ? to_wall : 0;
}

// The present on both lines.
struct Now {
    Instant wall = 0;
    Instant elapsed = 0;
    [[nodiscard]] constexpr Instant on(ClockLine line) const noexcept {
        return line == ClockLine::wall ? wall : elapsed;
    }
    [[nodiscard]] constexpr Micros to_wall() const noexcept { return saturating_sub(wall, elapsed); }
    [[nodiscard]] constexpr Micros to_wall(ClockLine line) const noexcept { return to_wall_from(line, to_wall()); }
};

// The elapsed line as a store keeps it. All processes that use the store at the same time have the same line.
struct ElapsedLine {
    std::string boot;  // the start of the machine that `base` belongs to; empty: none, as on a manual clock
    Micros base = 0;   // elapsed time minus the machine's elapsed clock
    Micros shift = 0;  // wall time minus elapsed time, as it was written last
    friend bool operator==(const ElapsedLine&, const ElapsedLine&) = default;
};

// The line for an opening at `now`, on the machine started as `boot`. While the machine is up the line goes on, and the
// clock may have been set meanwhile. After another start of it nobody knows how long it was off: the wall clock says.
[[nodiscard]] inline ElapsedLine continued(const ElapsedLine& kept, const std::string& boot, const ClockReading& now) {
    const Micros measured = saturating_sub(now.wall, now.elapsed);
    const Micros shift = saturating_sub(measured, kept.base);
    const bool up = !boot.empty() && boot == kept.boot;
    if (up && (shift >= saturating_add(kept.shift, kClockStep) || shift <= saturating_sub(kept.shift, kClockStep))) {
        return {.boot = boot, .base = kept.base, .shift = shift};
    }
    return {.boot = boot, .base = saturating_sub(measured, kept.shift), .shift = kept.shift};
}

}  // namespace uvsched
