// CronTrigger: due by a cron string (OCPS) or by keyword fields (asyncz).
#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/triggers/cron/schedule.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched {

// The keyword fields as given; nullopt: not given.
struct CronKeywords {
    std::optional<std::string> year{}, month{}, day{}, week{}, day_of_week{}, hour{}, minute{}, second{};
};

struct CronOptions {
    std::optional<std::string> expression{};  // one of the two
    std::optional<CronKeywords> keywords{};
    TimeZone zone{};
    std::optional<Instant> start_at{};
    std::optional<Instant> end_at{};  // inclusive
    Micros jitter = 0;
    CronGap gap = CronGap::run_at_end;
    CronOverlap overlap = CronOverlap::first;
    std::string key{};  // decides the values of `H`; empty: not known yet
};

// Throws Error(invalid) that names the field, the text, the expected form, and the column (counted in characters from 1
// in the untrimmed text): `minute: "61" is not in 0-59 (column 1)`. "@reboot" gives a trigger of kind boot.
[[nodiscard]] TriggerPtr make_cron_trigger(const CronOptions& options);

}  // namespace uvsched
