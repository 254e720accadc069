#include "core/triggers/cron/local_search.hpp"

#include <algorithm>

namespace uvsched {
namespace {

constexpr std::int64_t kSecondsOfDay = 86'400;
constexpr std::int64_t kLocalEnd = (std::int64_t{kCronLastDay} + 1) * kSecondsOfDay;

constexpr std::int64_t local_time(int day, int time) { return day * kSecondsOfDay + time; }

}  // namespace

bool CronLocalSearch::contains(std::int64_t local) const noexcept { return !never() && at_or_after(local) == local; }

std::int64_t CronLocalSearch::at_or_after(std::int64_t local) const noexcept {
    if (local >= kLocalEnd) return kNoneLater;
    local = std::max<std::int64_t>(local, 0);
    const int day = static_cast<int>(local / kSecondsOfDay);
    const CronDate date = date_of(day);
    if (dates_.contains(date)) {
        const int time = times_.at_or_after(static_cast<int>(local % kSecondsOfDay));
        if (time != CronTimesOfDay::kNone) return local_time(day, time);
    }
    const int later = dates_.after(date);
    return later == CronDates::kNone ? kNoneLater : local_time(later, times_.first());
}

std::int64_t CronLocalSearch::at_or_before(std::int64_t local) const noexcept {
    if (local < 0) return kNoneEarlier;
    local = std::min(local, kLocalEnd - 1);
    const int day = static_cast<int>(local / kSecondsOfDay);
    const CronDate date = date_of(day);
    if (dates_.contains(date)) {
        const int time = times_.at_or_before(static_cast<int>(local % kSecondsOfDay));
        if (time != CronTimesOfDay::kNone) return local_time(day, time);
    }
    const int earlier = dates_.before(date);
    return earlier == CronDates::kNone ? kNoneEarlier : local_time(earlier, times_.last());
}

}  // namespace uvsched
