// CronLocalSearch: searches the local times of a cron rule, as if clocks never changed.
#pragma once

#include <cstdint>

#include "core/triggers/cron/dates.hpp"
#include "core/triggers/cron/times_of_day.hpp"

namespace uvsched {

// Local times are seconds since local 1970-01-01T00:00:00; a rule has local times before 2200 only. Immutable; no call
// allocates, and each takes any int64.
class CronLocalSearch {
public:
    static constexpr std::int64_t kNoneLater = INT64_MAX;
    static constexpr std::int64_t kNoneEarlier = INT64_MIN;

    explicit CronLocalSearch(const CronFields& fields) noexcept : dates_(fields), times_(fields) {}

    // Whether the rule names no local time at all.
    [[nodiscard]] bool never() const noexcept { return times_.empty() || dates_.empty(); }

    [[nodiscard]] bool contains(std::int64_t local) const noexcept;

    // The first local time of the rule at or after one, or kNoneLater; the last one at or before, or kNoneEarlier.
    // Must not be called if never() is true.
    [[nodiscard]] std::int64_t at_or_after(std::int64_t local) const noexcept;
    [[nodiscard]] std::int64_t at_or_before(std::int64_t local) const noexcept;

private:
    CronDates dates_;
    CronTimesOfDay times_;
};

}  // namespace uvsched
