// CronSchedule: the instants of a cron rule in a zone. Pure arithmetic; it knows no text.
#pragma once

#include <memory>
#include <optional>

#include "core/time/zone.hpp"
#include "core/triggers/cron/fields.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// What a gap that swallowed a match gives, and which pass of an overlap counts (SEMANTICS: "DST and other offset
// changes"). Both up to 3 hours; neither for a wild rule.
enum class CronGap : std::uint8_t { run_at_end, skip };
enum class CronOverlap : std::uint8_t { first, both };

// Immutable; thread-safe.
class CronSchedule {
public:
    CronSchedule(const CronFields& fields, TimeZone zone, CronGap gap = CronGap::run_at_end,
                 CronOverlap overlap = CronOverlap::first);

    // The smallest instant of the rule strictly after, the largest strictly before; for any int64. Nothing at once
    // where no date can ever match.
    [[nodiscard]] std::optional<Instant> next(Instant after) const;
    [[nodiscard]] std::optional<Instant> previous(Instant before) const;

    // Why an instant that the two gave is one.
    [[nodiscard]] Why why(Instant instant) const;

    [[nodiscard]] const TimeZone& zone() const noexcept { return zone_; }

private:
    CronFields fields_;
    TimeZone zone_;
    CronGap gap_;
    CronOverlap overlap_;
};

}  // namespace uvsched
