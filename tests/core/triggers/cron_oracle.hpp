// The slow way to a cron rule's instants: second by second, or minute by minute, by the rules of docs/triggers.md
// ("When the clocks change"). From the engine it uses only the plain fields and TimeZone::offset_seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "core/triggers/cron/schedule.hpp"

class CronOracle {
public:
    CronOracle(const uvsched::CronFields& fields, uvsched::TimeZone zone, uvsched::CronGap gap,
               uvsched::CronOverlap overlap)
        : fields_(fields), zone_(std::move(zone)), gap_(gap), overlap_(overlap) {}

    // The fires in the seconds [first, last], looked for each `step` seconds. 1 or 60; with 60, all changes and times
    // of the rule must lie on whole minutes.
    [[nodiscard]] std::vector<uvsched::Instant> walk(std::int64_t first, std::int64_t last, std::int64_t step) const {
        std::vector<uvsched::Instant> out;
        const bool one_pass = !fields_.wild && overlap_ == uvsched::CronOverlap::first;
        std::int64_t repeated_until =
            INT64_MIN;  // local: what lies before it was there, and counted, in the first pass
        const std::int64_t begin = first - (4 * 3600);
        std::int64_t before = offset(begin - step);
        for (std::int64_t second = begin; second <= last; second += step) {
            const std::int64_t now = offset(second);
            const std::int64_t local = second + now;
            bool fires = false;
            if (now > before) {
                if (!fields_.wild && gap_ == uvsched::CronGap::run_at_end && now - before <= 3 * 3600) {
                    for (std::int64_t lost = second + before; lost < local; lost += step) {
                        fires = fires || (lost >= repeated_until && matches(lost));
                    }
                }
                repeated_until = INT64_MIN;
            }
            if (now < before) repeated_until = one_pass && before - now <= 3 * 3600 ? second + before : INT64_MIN;
            fires = fires || (local >= repeated_until && matches(local));
            if (fires && second >= first) out.push_back(second * uvsched::kSecond);
            before = now;
        }
        return out;
    }

private:
    [[nodiscard]] std::int64_t offset(std::int64_t second) const {
        return zone_.offset_seconds(second * uvsched::kSecond);
    }

    [[nodiscard]] bool matches(std::int64_t local) const {
        const std::int64_t time = (local % 86'400 + 86'400) % 86'400;
        if ((fields_.seconds >> (time % 60) & 1) == 0 || (fields_.minutes >> (time / 60 % 60) & 1) == 0 ||
            (fields_.hours >> (time / 3600) & 1) == 0) {
            return false;
        }
        const std::chrono::sys_days date{std::chrono::days{(local - time) / 86'400}};
        const std::chrono::year_month_day ymd{date};
        const int year = static_cast<int>(ymd.year());
        if (year < 1970 || year > 2199) return false;
        const auto bit = static_cast<std::size_t>(year - 1970);
        if ((fields_.years[bit / 64] >> (bit % 64) & 1) == 0) return false;
        if ((fields_.months >> static_cast<unsigned>(ymd.month()) & 1) == 0) return false;
        const bool by_month = (fields_.day_of_month.days >> static_cast<unsigned>(ymd.day()) & 1) != 0;
        const bool by_week = (fields_.day_of_week.days >> std::chrono::weekday{date}.c_encoding() & 1) != 0;
        if (fields_.day_of_month.any && fields_.day_of_week.any) return true;
        if (fields_.day_of_month.any) return by_week;
        if (fields_.day_of_week.any) return by_month;
        return fields_.days == uvsched::CronDays::either ? by_month || by_week : by_month && by_week;
    }

    uvsched::CronFields fields_;
    uvsched::TimeZone zone_;
    uvsched::CronGap gap_;
    uvsched::CronOverlap overlap_;
};
