// CronTimesOfDay: the times of day of a cron rule, as seconds since midnight.
#pragma once

#include <cstdint>

#include "core/triggers/cron/bits.hpp"
#include "core/triggers/cron/fields.hpp"

namespace uvsched {

// Immutable.
class CronTimesOfDay {
public:
    static constexpr int kNone = -1;

    explicit CronTimesOfDay(const CronFields& fields) noexcept
        : seconds_(fields.seconds & kSixty), minutes_(fields.minutes & kSixty), hours_(fields.hours & kDayHours) {}

    [[nodiscard]] bool empty() const noexcept { return seconds_ == 0 || minutes_ == 0 || hours_ == 0; }

    // Must not be called if the rule is empty.
    [[nodiscard]] int first() const noexcept {
        return bits::least(hours_) * 3600 + bits::least(minutes_) * 60 + bits::least(seconds_);
    }
    [[nodiscard]] int last() const noexcept {
        return bits::greatest(hours_) * 3600 + bits::greatest(minutes_) * 60 + bits::greatest(seconds_);
    }

    // The first time at or after `time`, and the last one at or before it (0 to 86399); kNone if there is none.
    [[nodiscard]] int at_or_after(int time) const noexcept {
        const Parts parts(time);
        if (bits::has(hours_, parts.hour)) {
            if (bits::has(minutes_, parts.minute)) {
                if (const std::uint64_t rest = seconds_ >> parts.second; rest != 0) return time + bits::least(rest);
            }
            if (const std::uint64_t rest = bits::above(minutes_, parts.minute); rest != 0) {
                return parts.hour * 3600 + bits::least(rest) * 60 + bits::least(seconds_);
            }
        }
        const std::uint64_t rest = bits::above(hours_, parts.hour);
        return rest == 0 ? kNone : bits::least(rest) * 3600 + bits::least(minutes_) * 60 + bits::least(seconds_);
    }
    [[nodiscard]] int at_or_before(int time) const noexcept {
        const Parts parts(time);
        if (bits::has(hours_, parts.hour)) {
            if (bits::has(minutes_, parts.minute)) {
                if (const std::uint64_t rest = bits::below(seconds_, parts.second + 1); rest != 0) {
                    return time - parts.second + bits::greatest(rest);
                }
            }
            if (const std::uint64_t rest = bits::below(minutes_, parts.minute); rest != 0) {
                return parts.hour * 3600 + bits::greatest(rest) * 60 + bits::greatest(seconds_);
            }
        }
        const std::uint64_t rest = bits::below(hours_, parts.hour);
        return rest == 0 ? kNone
                         : bits::greatest(rest) * 3600 + bits::greatest(minutes_) * 60 + bits::greatest(seconds_);
    }

private:
    static constexpr std::uint64_t kSixty = (std::uint64_t{1} << 60) - 1;
    static constexpr std::uint64_t kDayHours = (std::uint64_t{1} << 24) - 1;

    struct Parts {
        explicit Parts(int time) noexcept : hour(time / 3600), minute(time / 60 % 60), second(time % 60) {}
        int hour;
        int minute;
        int second;
    };

    std::uint64_t seconds_;
    std::uint64_t minutes_;
    std::uint64_t hours_;
};

}  // namespace uvsched
