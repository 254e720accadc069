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

// What a gap that swallowed a match gives, and which pass of an overlap counts (SEMANTICS: "DST and other offset
// changes"). Both up to 3 hours; neither for a wild rule.
enum class CronGap : std::uint8_t { run_at_end, skip };
enum class CronOverlap : std::uint8_t { first, both };

// Immutable; thread-safe. next, previous and why allocate nothing.
class CronSchedule {
public:
    CronSchedule(const CronFields& fields, TimeZone zone, CronGap gap = CronGap::run_at_end,
                 CronOverlap overlap = CronOverlap::first);

    // The smallest instant of the rule strictly after, the largest strictly before; for any int64. Nothing at once
    // where no date can ever match.
    [[nodiscard]] std::optional<Instant> next(Instant after) const;
    [[nodiscard]] std::optional<Instant> previous(Instant before) const;

    // Why an instant that the two gave is one. The end of a gap that the fields name themselves is a match.
    [[nodiscard]] Why why(Instant instant) const;

    [[nodiscard]] const TimeZone& zone() const noexcept { return zone_; }

private:
    // Where, on the local line, the times of a stretch of the zone begin to count: behind the second pass where that
    // doesn't. A gap that cuts such a second pass short swallows nothing of it.
    [[nodiscard]] std::int64_t counts_from(std::size_t stretch) const noexcept;

    // Whether the change that a stretch begins with is a gap that gives a fire for what it swallowed.
    [[nodiscard]] bool gap_counts(std::size_t stretch) const noexcept;

    CronLocalSearch search_;
    TimeZone zone_;
    const ZoneTable* table_;  // of zone_
    bool never_;
    bool gap_fires_;  // a gap of up to 3 hours gives what it swallowed
    bool one_pass_;   // the second pass of an overlap of up to 3 hours doesn't count
};

}  // namespace uvsched
