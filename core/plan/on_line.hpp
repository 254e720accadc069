// OnLine: a trigger for a task whose times may be on the elapsed line.
#pragma once

#include <optional>

#include "core/model/fire.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// Takes and gives times on the task's clock line. A trigger knows only wall time, in which its end is given too: if its
// times are elapsed, this adds `to_wall` to each question and subtracts it from each answer. Borrows the trigger.
class OnLine {
public:
    OnLine(const Trigger& trigger, Micros to_wall) noexcept
        : trigger_(trigger), to_wall_(trigger.elapsed() ? to_wall : 0) {}

    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const {
        return own(trigger_.next(wall(after), wall(anchor)));
    }
    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const {
        return own(trigger_.previous(wall(before), wall(anchor)));
    }
    [[nodiscard]] Count count(Instant first, Instant last, Instant anchor, std::int64_t limit) const {
        return trigger_.count(wall(first), wall(last), wall(anchor), limit);
    }
    // When a run at this nominal time is due; the delay that jitter adds is computed on the task's line.
    [[nodiscard]] Instant due(Uid uid, Instant nominal, Instant anchor) const {
        return due_time(trigger_, uid, nominal, anchor, to_wall_);
    }

private:
    [[nodiscard]] Instant wall(Instant time) const noexcept { return saturating_add(time, to_wall_); }
    [[nodiscard]] std::optional<Instant> own(std::optional<Instant> time) const noexcept {
        return time ? std::optional(saturating_sub(*time, to_wall_)) : std::nullopt;
    }

    const Trigger& trigger_;
    Micros to_wall_;
};

}  // namespace uvsched
