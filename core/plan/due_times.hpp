// DueTimes: the nominal times of one task, from its next slot on, that are due.
#pragma once

#include <optional>

#include "core/plan/on_line.hpp"
#include "core/plan/planner.hpp"

namespace uvsched {

// Nominal times are walked in nominal order; the slot itself may lie off the trigger's grid (next_run_time). What is
// "due" ends at the first nominal time whose jittered due time has not come, so that jitter never changes the order of
// runs.
class DueTimes {
public:
    explicit DueTimes(const PlanInput& input);

    // The latest of them; nothing when not even the slot is due.
    [[nodiscard]] std::optional<Instant> latest() const noexcept { return latest_; }

    // How many there are, beginning with the slot; exact to kCountLimit.
    [[nodiscard]] Count count() const;

    // How many nominal times lie in [first, last], where first is not before the slot.
    [[nodiscard]] Count count(Instant first, Instant last) const;

    // The nominal time after this one; a date trigger has none, wherever its slot was put.
    [[nodiscard]] std::optional<Instant> after(Instant nominal) const;

    // The nominal time before this one, down to the slot.
    [[nodiscard]] std::optional<Instant> before(Instant nominal) const;

    [[nodiscard]] Instant slot() const noexcept { return slot_; }
    [[nodiscard]] Instant due(Instant nominal) const;
    [[nodiscard]] Micros jitter() const noexcept { return jitter_; }

    // What follows the latest one, or the slot when that is not due.
    [[nodiscard]] std::optional<Instant> following() const noexcept { return following_; }

private:
    void walk(Instant from);

    OnLine trigger_;
    Uid uid_;
    Instant anchor_;
    Instant slot_;
    Instant now_;
    Micros jitter_;
    bool once_;
    std::optional<Instant> latest_;
    std::optional<Instant> following_;
    Instant sure_;             // up to here every nominal time is due, whatever its jitter
    std::int64_t walked_ = 0;  // due ones after sure_
};

}  // namespace uvsched
