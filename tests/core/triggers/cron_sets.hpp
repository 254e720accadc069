// The sets of cron fields as texts that tests can spell: "0-3,15" (three in a row and more are a range).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/triggers/cron/fields.hpp"

namespace uvsched {

template <class Has>
std::string list_of(int first, int last, Has has) {
    std::string out;
    for (int value = first; value <= last; ++value) {
        if (!has(value)) continue;
        int end = value;
        while (end < last && has(end + 1)) ++end;
        if (end - value < 2) end = value;
        out += (out.empty() ? "" : ",") + std::to_string(value);
        if (end != value) out += "-" + std::to_string(end);
        value = end;
    }
    return out;
}

inline std::string list_of(std::uint64_t set) {
    return list_of(0, 63, [&](int value) { return (set >> value & 1) != 0; });
}

inline std::string list_of(const std::array<std::uint64_t, 4>& years) {
    return list_of(0, 255,
                   [&](int value) { return (years[static_cast<std::size_t>(value) / 64] >> (value % 64) & 1) != 0; });
}

// "5:2" is the second Friday, "5:0" the last.
inline std::string list_of(const CronNthWeekdays& nth) {
    std::string out;
    for (std::size_t day = 0; day < 7; ++day) {
        for (unsigned which = 0; which < 8; ++which) {
            if ((nth.of[day] >> which & 1) == 0) continue;
            out += (out.empty() ? "" : ",") + std::to_string(day) + ":" + std::to_string(which);
        }
    }
    return out;
}

// "*", or the parts that are not empty: "1-5 end:0,3 near:15 lw nth:5:2".
inline std::string list_of(const CronDayOfMonth& days) {
    if (days.any) return days == CronDayOfMonth{} ? "*" : "* and more";
    std::string out = list_of(days.days);
    if (days.from_end != 0) out += " end:" + list_of(days.from_end);
    if (days.nearest != 0) out += " near:" + list_of(days.nearest);
    if (days.last_weekday) out += " lw";
    if (days.nth != CronNthWeekdays{}) out += " nth:" + list_of(days.nth);
    return out.starts_with(' ') ? out.substr(1) : out;
}

inline std::string list_of(const CronDayOfWeek& days) {
    if (days.any) return days == CronDayOfWeek{} ? "*" : "* and more";
    std::string out = list_of(std::uint64_t{days.days});
    if (days.nth != CronNthWeekdays{}) out += " nth:" + list_of(days.nth);
    return out.starts_with(' ') ? out.substr(1) : out;
}

}  // namespace uvsched
