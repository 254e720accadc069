// CronSchedule: the instants of a cron rule in a zone. Pure arithmetic; it knows no text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/time/zone.hpp"
#include "core/triggers/cron/fields.hpp"
#include "core/triggers/cron/local_search.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// What a match in a gap gives, and which pass of an overlap counts (docs/triggers.md, "When the clocks change"). Both
// apply to changes of up to 3 hours, and neither to a wild rule.
enum class CronGap : std::uint8_t { run_at_end, skip };
enum class CronOverlap : std::uint8_t { first, both };

// Immutable; thread-safe. next, previous and why allocate nothing.
class CronSchedule {
public:
    CronSchedule(const CronFields& fields, TimeZone zone, CronGap gap = CronGap::run_at_end,
                 CronOverlap overlap = CronOverlap::first);

    // The first instant of the rule after a time, and the last one before it; for any int64. If no date can ever match,
    // they give nullopt at once.
    [[nodiscard]] std::optional<Instant> next(Instant after) const;
    [[nodiscard]] std::optional<Instant> previous(Instant before) const;

    // Why an instant that next() or previous() gave is one. The end of a gap is a match if the fields name it.
    [[nodiscard]] Why why(Instant instant) const;

    [[nodiscard]] const TimeZone& zone() const noexcept { return zone_; }

private:
    // The local time from which the times of a stretch of the zone count: after the second pass, if second passes do
    // not count. If a gap cuts such a second pass short, the times in it are not made up for.
    [[nodiscard]] std::int64_t counts_from(std::size_t stretch) const noexcept;

    // Whether a stretch begins with a gap whose end gives a fire for the matches in it.
    [[nodiscard]] bool gap_counts(std::size_t stretch) const noexcept;

    CronLocalSearch search_;
    TimeZone zone_;
    const ZoneTable* table_;  // of zone_
    bool never_;
    bool gap_fires_;  // matches in a gap of up to 3 hours fire at its end
    bool one_pass_;   // the second pass of an overlap of up to 3 hours does not count
};

}  // namespace uvsched
