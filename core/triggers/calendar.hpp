// CalendarTrigger: every n years, months, weeks or days, at a wall-clock time.
#pragma once

#include "core/triggers/cron/schedule.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// The longest step in each of its units.
inline constexpr std::int64_t kMaxCalendarStep = 1'000'000;

// Date k is the anchor's date + k * (years, months), skipped if that month has no such day, then + k * (weeks, days);
// k >= 0. The anchor's date is the date of start_at, else the date of the moment of adding, in `zone`.
struct CalendarOptions {
    std::int64_t years = 0;
    std::int64_t months = 0;
    std::int64_t weeks = 0;
    std::int64_t days = 0;
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    TimeZone zone{};
    std::optional<Instant> start_at{};
    std::optional<Instant> end_at{};  // inclusive
    Micros jitter = 0;
    CronGap gap = CronGap::run_at_end;  // for a time in a gap of up to 3 hours; a time in a longer gap is skipped
};

// Throws Error(invalid) if all steps are 0, for a step or a time out of range, a negative jitter, or an end before the
// start.
[[nodiscard]] TriggerPtr make_calendar_trigger(const CalendarOptions& options);

}  // namespace uvsched
