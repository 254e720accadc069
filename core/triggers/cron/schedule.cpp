#include "core/triggers/cron/schedule.hpp"

#include <algorithm>
#include <utility>

#include "core/time/zone_table.hpp"

namespace uvsched {
namespace {

// Three hours. Longer gaps and overlaps are not clock changes that a rule should bridge.
constexpr std::int64_t kLongestChange = 10'800;

// Two days: no local time is farther than this from its instant.
constexpr std::int64_t kFarthestLocal = 172'800;

// The whole second that an instant lies in.
constexpr std::int64_t second_of(Instant instant) { return instant / kSecond - (instant % kSecond < 0 ? 1 : 0); }

}  // namespace

CronSchedule::CronSchedule(const CronFields& fields, TimeZone zone, CronGap gap, CronOverlap overlap)
    : search_(fields),
      zone_(std::move(zone)),
      table_(&zone_.table()),
      never_(search_.never()),
      gap_fires_(!fields.wild && gap == CronGap::run_at_end),
      one_pass_(!fields.wild && overlap == CronOverlap::first) {}

std::int64_t CronSchedule::counts_from(std::size_t stretch) const noexcept {
    const std::int64_t begin = table_->begin(stretch);
    if (!one_pass_ || stretch == 0) return begin + table_->offset(stretch);
    const std::int64_t before = table_->offset(stretch - 1);
    const std::int64_t repeated = before - table_->offset(stretch);
    return begin + (repeated > 0 && repeated <= kLongestChange ? before : table_->offset(stretch));
}

bool CronSchedule::gap_counts(std::size_t stretch) const noexcept {
    return gap_fires_ && stretch != 0 && table_->offset(stretch) - table_->offset(stretch - 1) <= kLongestChange;
}

// Local times run on within a stretch, and from its end to where the next begins to count. So the first match `found`
// at or after `from` is the next one too, unless the stretch it was looked for in ends before it and the clock is then
// set forward past it, or back to before `from`. Each stretch begins later on the local line than the one before it: no
// overlap is longer than the stretch whose end it repeats (no other data is read).
std::optional<Instant> CronSchedule::next(Instant after) const {
    if (never_) return std::nullopt;
    const std::int64_t second = second_of(after) + 1;
    std::size_t at = table_->find(second - 1);
    std::int64_t from = std::max(second + table_->offset(at), counts_from(at));
    std::int64_t found = search_.at_or_after(from);
    while (found >= table_->end(at) + table_->offset(at)) {
        if (table_->end(at) - kFarthestLocal >= from) {
            // No later stretch leads back to before `from`: none but those around `found` can matter.
            if (found == CronLocalSearch::kNoneLater) return std::nullopt;
            if (const std::size_t leap = table_->find(found - kFarthestLocal); leap > at) {
                at = leap;
                continue;
            }
        }
        const std::int64_t begin = counts_from(++at);
        if (found < begin && gap_counts(at)) return table_->begin(at) * kSecond;
        if (found < begin || begin < from) {
            from = begin;
            found = search_.at_or_after(from);
        }
    }
    return (found - table_->offset(at)) * kSecond;
}

// The same backwards: `found` is the last match at or before `to`.
std::optional<Instant> CronSchedule::previous(Instant before) const {
    if (never_ || before == kEarliest) return std::nullopt;
    const std::int64_t second = second_of(before - 1);
    std::size_t at = table_->find(second);
    std::int64_t to = second + table_->offset(at);
    std::int64_t found = search_.at_or_before(to);
    while (found < counts_from(at)) {
        const std::int64_t change = table_->begin(at);
        if (change + kFarthestLocal <= to) {
            if (found == CronLocalSearch::kNoneEarlier) return std::nullopt;
            if (const std::size_t leap = table_->find(found + kFarthestLocal); leap < at) {
                at = leap;
                continue;
            }
        }
        const bool counts = gap_counts(at);
        const std::int64_t end = change + table_->offset(--at);
        if (counts && found >= std::max(end, counts_from(at))) return change * kSecond;
        if (end > to + 1 || end <= found) {
            to = end - 1;
            found = search_.at_or_before(to);
        }
    }
    return (found - table_->offset(at)) * kSecond;
}

Why CronSchedule::why(Instant instant) const {
    const std::int64_t second = second_of(instant);
    const std::size_t at = table_->find(second);
    const std::int64_t local = second + table_->offset(at);
    if (!search_.contains(local)) return Why::gap;
    if (at != 0 && local < table_->begin(at) + table_->offset(at - 1)) return Why::second_pass;
    if (at + 1 != table_->size() && local >= table_->end(at) + table_->offset(at + 1)) return Why::first_pass;
    return Why::match;
}

}  // namespace uvsched
