// DueTimes: the nominal times of one task that are due, from its next slot on.
#pragma once

#include <optional>

#include "core/plan/on_line.hpp"
#include "core/plan/planner.hpp"

namespace uvsched {

// Walks nominal times in their order; the slot itself may be off the trigger's grid (next_run_time). The due times end
// at the first nominal time whose due time, with jitter, has not come: so jitter never changes the order of runs.
class DueTimes {
public:
    explicit DueTimes(const PlanInput& input);

    // The latest due time; nullopt if not even the slot is due.
    [[nodiscard]] std::optional<Instant> latest() const noexcept { return latest_; }

    // The number of due times, including the slot; exact to kCountLimit.
    [[nodiscard]] Count count() const;

    // The number of nominal times in [first, last]; `first` must not be before the slot; exact to the limit.
    [[nodiscard]] Count count(Instant first, Instant last, std::int64_t limit = kCountLimit) const;

    // The nominal time after this one; a date trigger has none, even if its slot was moved.
    [[nodiscard]] std::optional<Instant> after(Instant nominal) const;

    // The nominal time before this one, down to the slot.
    [[nodiscard]] std::optional<Instant> before(Instant nominal) const;

    [[nodiscard]] Instant slot() const noexcept { return slot_; }
    [[nodiscard]] Instant due(Instant nominal) const;
    [[nodiscard]] Micros jitter() const noexcept { return jitter_; }

    // The nominal time after the latest due time, or the slot if it is not due.
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
    std::int64_t walked_ = 0;  // number of due times after sure_
};

}  // namespace uvsched
